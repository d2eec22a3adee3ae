/** Sends the requests and looks through every answer for what is not the asker's. */
import type { Asker, Ground, Secret } from './ground.ts';
import type { Request } from './requests.ts';

export interface Found {
  readonly asker: string;
  readonly request: string;
  readonly what: string;
}

export interface Scan {
  readonly sent: number;
  readonly found: readonly Found[];
  /** Canaries of the asker's own that were met: else nothing could have been found. */
  readonly own: number;
}

export async function scan(ground: Ground, asker: Asker, requests: readonly Request[]): Promise<Scan> {
  const hidden = hiddenFrom(ground, asker);
  const shown = ground.secrets.filter((s) => asker.sees(s));
  const found: Found[] = [];
  const met = new Set<string>();
  let sent = 0;
  const send = async (request: Request) => {
    sent++;
    return ask(ground, asker.token, request);
  };
  for (const request of requests) {
    const name = `${request.method} ${request.path}`;
    const note = (what: string) => found.push({ asker: asker.name, request: name, what });
    const answer = await send(request);
    for (const what of leaksIn(answer.payload, request, hidden)) note(what);
    for (const { canary } of shown) if (answer.payload.includes(canary)) met.add(canary);
    if (answer.statusCode >= 500) note(`${answer.statusCode}`);
    const isKnown = hidden.some((s) => s.isMentioned && request.path.includes(s.id));
    if (request.twin === undefined || isKnown) continue;
    const twin = await send(request.twin);
    if (twin.statusCode !== answer.statusCode) note(`${answer.statusCode}, of nothing ${twin.statusCode}`);
    else if (shapeOf(twin.payload) !== shapeOf(answer.payload)) note('another body than of nothing');
  }
  return { sent, found, own: met.size };
}

/** What the asker must not learn of. The id of what he sees mentioned is none of it; its content is. */
export function hiddenFrom({ secrets }: Ground, asker: Asker): readonly Secret[] {
  const mentioned = new Set(secrets.filter((s) => asker.sees(s)).flatMap((s) => s.mentions ?? []));
  return secrets.filter((s) => !asker.sees(s)).map((s) => (mentioned.has(s.id) ? { ...s, isMentioned: true } : s));
}

async function ask(ground: Ground, token: string, { method, path, body, headers = {} }: Request) {
  return ground.hub.app.inject({
    method,
    url: `/fhir/${encodeURI(path).replaceAll('%25', '%')}`,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
}

/** Ids are told back to the one who has sent them; canaries were never sent. */
export function* leaksIn(
  payload: string,
  request: Pick<Request, 'path' | 'body'>,
  hidden: readonly Secret[],
): Generator<string> {
  const sent = `${request.path} ${JSON.stringify(request.body ?? '')}`;
  for (const { canary, id, type, isMentioned } of hidden) {
    if (payload.includes(canary)) yield canary;
    if (!isMentioned && !sent.includes(id) && payload.includes(id)) yield `${type}/${id}`;
  }
}

/** What is made anew each time is no difference. */
const shapeOf = (payload: string) =>
  payload
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
