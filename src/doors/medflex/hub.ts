/** The hub as any client sees it: FHIR R4 over HTTP, and nothing else. */
import { withDeadline } from '../../deadline.ts';
import type { HubAccess } from './hub-access.ts';
import { type Bundle, bundle, operationOutcome } from './resources.ts';
import type { MedflexSettings } from './settings.ts';

export interface HubAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface HubRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base. Nothing of a person belongs there: it stands in the logs of proxies. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | URLSearchParams;
}

export interface Hub {
  /** Any answer, errors too. @throws Error when none came, or one that is no JSON: what became of a write is not known then */
  ask(request: HubRequest): Promise<HubAnswer>;
  /** All pages of a search. @throws HubRefusal, Error */
  search(type: string, query: URLSearchParams): AsyncGenerator<Bundle>;
  /** One page of a search by values that no address may hold. @throws HubRefusal, Error */
  find(type: string, query: URLSearchParams): Promise<Bundle>;
}

/** The hub has answered with an error. */
export class HubRefusal extends Error {
  override name = 'HubRefusal';
  readonly status: number;
  /** The hub's own code (docs/index.md#errors). */
  readonly code: string;

  constructor({ status, body }: HubAnswer) {
    super(`the hub answers ${status} ${codeOf(body)}`);
    this.status = status;
    this.code = codeOf(body);
  }
}

export function codeOf(body: unknown): string {
  const { data } = operationOutcome.safeParse(body);
  return data?.issue[0]?.details?.coding?.[0]?.code ?? '';
}

export function textOf(body: unknown): string {
  return operationOutcome.safeParse(body).data?.issue[0]?.diagnostics ?? '';
}

export function createHub({ url, timeoutSeconds }: MedflexSettings['hub'], access: HubAccess): Hub {
  const send = ({ method, path, headers, body }: HubRequest): Promise<HubAnswer> =>
    withDeadline(timeoutSeconds * 1000, async (signal) => {
      const isForm = body instanceof URLSearchParams;
      const answer = await fetch(`${url}/${path}`, {
        method,
        headers: {
          accept: 'application/fhir+json',
          authorization: `Bearer ${await access.token(signal)}`,
          ...(body !== undefined && !isForm && { 'content-type': 'application/fhir+json' }),
          ...headers,
        },
        ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
        // A token must not be carried elsewhere.
        redirect: 'error',
        signal,
      });
      return { status: answer.status, body: (await answer.json()) as unknown };
    });
  const ask: Hub['ask'] = async (request) => {
    const answer = await send(request);
    if (answer.status !== 401) return answer;
    access.forget();
    return send(request);
  };
  const page = async (request: HubRequest) => {
    const answer = await ask(request);
    if (answer.status !== 200) throw new HubRefusal(answer);
    return bundle.parse(answer.body);
  };
  return {
    ask,
    find: (type, query) => page({ method: 'POST', path: `${type}/_search`, body: query }),
    async *search(type, query) {
      for (let next: string | undefined = `?${query}`; next !== undefined; ) {
        const found = await page({ method: 'GET', path: `${type}${next}` });
        yield found;
        const link = found.link.find((l) => l.relation === 'next');
        // The hub may call itself by another name than the door calls it by: only the query is followed.
        next = link && new URL(link.url).search;
      }
    },
  };
}
