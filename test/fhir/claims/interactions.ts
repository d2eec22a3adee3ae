/** Interactions of a type, each tried as claimed; those that are not claimed are refused. https://hl7.org/fhir/R4/http.html */
import type { Resource } from '../../../src/store/resource.ts';
import { type Answer, type Ask, expectRefusal, expectStatus } from './server.ts';

export interface TypeClaims {
  readonly type: string;
  readonly interaction: readonly { readonly code: string }[];
  readonly versioning: string;
  readonly readHistory: boolean;
  readonly updateCreate: boolean;
  readonly conditionalCreate: boolean;
  readonly conditionalRead: string;
  readonly conditionalUpdate: boolean;
  readonly conditionalDelete: string;
  readonly referencePolicy: readonly string[];
  readonly extension?: readonly { readonly url: string; readonly valueBoolean?: boolean }[];
}

export interface Trial {
  readonly ask: Ask;
  readonly claims: TypeClaims;
  /** One that is kept already. */
  readonly sample: Resource;
  /** A new one, valid, that can be sent. */
  make(): Resource;
  /** What a change of it looks like, and the same as a patch. */
  change(resource: Resource): { readonly whole: Resource; readonly operations: readonly object[] };
}

const absent = '00000000-0000-4000-8000-00000000dead';

type Try = (trial: Trial) => Promise<void>;

export const interactions: Readonly<Record<string, Try>> = {
  async read({ ask, claims: { type }, sample }) {
    const answer = await ask('GET', `${type}/${sample.id}`);
    expectStatus(answer, [200], `read of ${type}`);
    expectStamp(answer, type);
    if (answer.body.id !== sample.id) throw new Error(`read of ${type} answered another resource`);
    expectRefusal(await ask('GET', `${type}/${absent}`), [404], `read of a ${type} that is not there`);
    expectStatus(await ask('HEAD', `${type}/${sample.id}`), [200], `HEAD of ${type}`);
  },
  async vread({ ask, claims: { type }, sample }) {
    const { versionId } = sample.meta!;
    const answer = await ask('GET', `${type}/${sample.id}/_history/${versionId}`);
    expectStatus(answer, [200], `vread of ${type}`);
    if (answer.body.meta?.versionId !== versionId) throw new Error(`vread of ${type} answered another version`);
    const other = await ask('GET', `${type}/${sample.id}/_history/9999`);
    expectRefusal(other, [404], `vread of a version that ${type} never had`);
  },
  async 'history-instance'({ ask, claims: { type }, sample }) {
    expectHistory(await ask('GET', `${type}/${sample.id}/_history`), [sample], `history of a ${type}`);
    expectRefusal(await ask('GET', `${type}/${absent}/_history`), [404], `history of a ${type} that is not there`);
  },
  async 'history-type'({ ask, claims: { type }, sample }) {
    expectHistory(await ask('GET', `${type}/_history?_count=1000`), [sample], `history of ${type}`);
  },
  async 'search-type'({ ask, claims: { type }, sample }) {
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `_id=${sample.id}` };
    for (const answer of [await ask('GET', `${type}?_id=${sample.id}`), await ask('POST', `${type}/_search`, form)]) {
      expectStatus(answer, [200], `search of ${type}`);
      const ids = (answer.body.entry ?? []).map((e) => e.resource.id);
      if (answer.body['type'] !== 'searchset' || ids.join() !== sample.id) throw new Error(`${type}: found ${ids}`);
      if (!answer.body.link?.some((l) => l.relation === 'self')) throw new Error(`${type}: a search without self`);
    }
  },
  async create(trial) {
    const { ask, claims } = trial;
    const answer = await createOne(trial);
    const place = answer.headers['location']?.split('/fhir/')[1];
    if (place === undefined) throw new Error(`create of ${claims.type} answered no Location`);
    expectStatus(await ask('GET', place), [200], `what the Location of ${claims.type} says`);
    const wrong = { ...trial.make(), noSuchElement: 1 };
    expectRefusal(await ask('POST', claims.type, { body: wrong }), [400], `create of a ${claims.type} that is invalid`);
    const headers = { 'content-type': 'application/fhir+json' };
    expectRefusal(
      await ask('POST', claims.type, { body: '', headers }),
      [400],
      `create of a ${claims.type} of nothing`,
    );
  },
  async update(trial) {
    const { ask, claims } = trial;
    const { body } = await createOne(trial);
    const { whole } = trial.change(body);
    const old = { 'if-match': 'W/"9998"' };
    expectRefusal(await ask('PUT', at(body), { body: whole, headers: old }), [412], `update of an old ${claims.type}`);
    const answer = await ask('PUT', at(body), { body: whole, headers: { 'if-match': etag(body) } });
    expectStatus(answer, [200], `update of ${claims.type}`);
    if (answer.body.meta?.versionId === body.meta?.versionId) throw new Error(`${claims.type}: no new version`);
    const away = await ask('PUT', `${claims.type}/${absent}`, { body: { ...whole, id: absent } });
    if (claims.updateCreate) expectStatus(away, [201], `update as create of ${claims.type}`);
    else expectRefusal(away, [404, 405, 422], `update of a ${claims.type} that is not there`);
  },
  async patch(trial) {
    const { ask, claims } = trial;
    const { body } = await createOne(trial);
    const headers = { 'content-type': 'application/json-patch+json', 'if-match': etag(body) };
    expectRefusal(await ask('PATCH', at(body), { body: '', headers }), [400], `patch of a ${claims.type} by nothing`);
    const answer = await ask('PATCH', at(body), { body: trial.change(body).operations, headers });
    expectStatus(answer, [200], `patch of ${claims.type}`);
    const again = await ask('PATCH', at(body), { body: trial.change(body).operations, headers });
    expectRefusal(again, [412], `patch of an old ${claims.type}`);
  },
  async delete(trial) {
    const { ask, claims } = trial;
    const { body } = await createOne(trial);
    expectStatus(await ask('DELETE', at(body)), [200, 204], `delete of ${claims.type}`);
    expectRefusal(await ask('GET', at(body)), [404, 410], `read of a ${claims.type} that is deleted`);
  },
};

/** What is claimed beside the interactions. @returns their names, for the count */
export const manners: Readonly<Record<string, Try>> = {
  conditionalPatch,
  referencePolicy,
  async versioning({ ask, claims, sample }) {
    if (claims.versioning === 'no-version') return;
    expectStamp(await ask('GET', at(sample)), claims.type);
  },
  async readHistory({ ask, claims, sample }) {
    const answer = await ask('GET', `${at(sample)}/_history/${sample.meta!.versionId}`);
    if (claims.readHistory) expectStatus(answer, [200], `readHistory of ${claims.type}`);
    else expectRefusal(answer, [404, 405], `vread of ${claims.type}, which is not claimed`);
  },
  async conditionalRead({ ask, claims, sample }) {
    const { headers } = await ask('GET', at(sample));
    const full = claims.conditionalRead === 'full-support';
    const known = await ask('GET', at(sample), { headers: { 'if-none-match': headers['etag'] ?? '' } });
    const since = await ask('GET', at(sample), { headers: { 'if-modified-since': headers['last-modified'] ?? '' } });
    expectStatus(
      known,
      [full || claims.conditionalRead === 'not-match' ? 304 : 200],
      `If-None-Match of ${claims.type}`,
    );
    expectStatus(since, [full || claims.conditionalRead === 'modified-since' ? 304 : 200], 'If-Modified-Since');
    const other = await ask('GET', at(sample), { headers: { 'if-none-match': 'W/"9999"' } });
    expectStatus(other, [200], `If-None-Match of ${claims.type} with another version`);
  },
  async conditionalCreate(trial) {
    const { ask, claims } = trial;
    if (!claims.conditionalCreate) return;
    const body = trial.make();
    const headers = { 'if-none-exist': tagOf(body) };
    const [first, second] = [
      await ask('POST', claims.type, { body, headers }),
      await ask('POST', claims.type, { body, headers }),
    ];
    expectStatus(first, [201], `conditional create of ${claims.type}`);
    expectStatus(second, [200], `conditional create of a ${claims.type} that is there`);
    if (first.body.id !== second.body.id) throw new Error(`conditional create of ${claims.type} made two`);
  },
  async conditionalUpdate(trial) {
    const { ask, claims } = trial;
    if (!claims.conditionalUpdate) {
      const answer = await ask('PUT', `${claims.type}?_id=${absent}`, { body: trial.make() });
      return expectRefusal(answer, [404, 405, 412], `conditional update of ${claims.type}, which is not claimed`);
    }
    const { body } = await createOne(trial);
    const { whole } = trial.change(body);
    expectStatus(await ask('PUT', `${claims.type}?_id=${body.id}`, { body: whole }), [200], `conditional update`);
    const many = await ask('PUT', `${claims.type}?_lastUpdated=gt2020-01-01`, { body: whole });
    expectRefusal(many, [412], `conditional update of several ${claims.type}`);
  },
  async conditionalDelete(trial) {
    const { ask, claims } = trial;
    if (claims.conditionalDelete === 'not-supported') {
      const answer = await ask('DELETE', `${claims.type}?_id=${absent}`);
      return expectRefusal(answer, [404, 405, 412], `conditional delete of ${claims.type}, which is not claimed`);
    }
    const [one, other] = [await createOne(trial), await createOne(trial)];
    const several = `${claims.type}?_id=${one.body.id},${other.body.id}`;
    const answer = await ask('DELETE', several);
    if (claims.conditionalDelete === 'single') expectRefusal(answer, [412], `conditional delete of several`);
    else expectStatus(answer, [200, 204], `conditional delete of several`);
    expectStatus(await ask('DELETE', `${claims.type}?_id=${one.body.id}`), [200, 204], 'conditional delete of one');
    expectRefusal(await ask('GET', at(one.body)), [404, 410], `read of a ${claims.type} that is deleted`);
  },
};

/** Claimed by an extension, for R4 has no element for it. */
async function conditionalPatch(trial: Trial): Promise<void> {
  const { ask, claims } = trial;
  const claimed = claims.extension?.some((e) => e.url.endsWith('conditionalPatch') && e.valueBoolean);
  const headers = { 'content-type': 'application/json-patch+json' };
  if (!claimed) {
    const answer = await ask('PATCH', `${claims.type}?_id=${absent}`, { body: [], headers });
    return expectRefusal(answer, [404, 405], `conditional patch of ${claims.type}, which is not claimed`);
  }
  const { body } = await createOne(trial);
  const request = { body: trial.change(body).operations, headers };
  expectStatus(await ask('PATCH', `${claims.type}?_id=${body.id}`, request), [200], 'conditional patch');
  const many = await ask('PATCH', `${claims.type}?_lastUpdated=gt2020-01-01`, request);
  expectRefusal(many, [412], `conditional patch of several ${claims.type}`);
}

/** `enforced`: what refers to nothing is refused; `logical`: what refers by identifier is kept. */
async function referencePolicy({ ask, claims, make }: Trial): Promise<void> {
  if (!claims.referencePolicy.includes('enforced') || !claims.interaction.some((i) => i.code === 'create')) return;
  const text = JSON.stringify(make());
  const [, reference] = /"reference":"(Patient\/[^"]+)"/.exec(text) ?? [];
  if (reference === undefined) return;
  const body = JSON.parse(text.replace(reference, `Patient/${absent}`)) as Resource;
  expectRefusal(await ask('POST', claims.type, { body }), [422], `${claims.type} that refers to nobody`);
}

/** Method → how it is asked. */
const asks: Readonly<Record<string, (trial: Trial) => readonly [method: string, path: string, body?: unknown]>> = {
  read: ({ sample }) => ['GET', at(sample)],
  vread: ({ sample }) => ['GET', `${at(sample)}/_history/${sample.meta!.versionId}`],
  'history-instance': ({ sample }) => ['GET', `${at(sample)}/_history`],
  'history-type': ({ claims }) => ['GET', `${claims.type}/_history`],
  'search-type': ({ claims }) => ['GET', claims.type],
  create: ({ claims, sample }) => ['POST', claims.type, sample],
  update: ({ sample }) => ['PUT', at(sample), sample],
  patch: ({ sample }) => ['PATCH', at(sample), []],
  delete: ({ sample }) => ['DELETE', at(sample)],
};

/** 405 with the methods that there are, or 404. @returns the names of those that are not claimed */
export async function tryUnclaimed(trial: Trial): Promise<string[]> {
  const claimed = new Set(trial.claims.interaction.map((i) => i.code));
  const others = Object.keys(asks).filter((code) => !claimed.has(code));
  for (const code of others) {
    const [method, path, body] = asks[code]!(trial);
    const headers: Record<string, string> = method === 'PATCH' ? { 'content-type': 'application/json-patch+json' } : {};
    const what = `${code} of ${trial.claims.type}, which is not claimed,`;
    const answer = await trial.ask(method, path, { ...(body !== undefined && { body }), headers });
    expectRefusal(answer, [404, 405], what);
    if (answer.status === 405) expectAllow(answer, method, what);
  }
  return others;
}

function expectAllow({ headers }: Answer, method: string, what: string): void {
  const allowed = (headers['allow'] ?? '').split(',').map((m) => m.trim());
  if (allowed.join('') === '' || allowed.includes(method))
    throw new Error(`${what} answered Allow: ${headers['allow']}`);
}

function expectHistory({ status, body }: Answer, wanted: readonly Resource[], what: string): void {
  const ids = new Set((body.entry ?? []).map((e) => e.resource?.id));
  if (status !== 200 || body['type'] !== 'history' || !wanted.every((r) => ids.has(r.id)))
    throw new Error(`${what} answered ${status} ${body['type']} with ${ids.size} resources`);
}

function expectStamp({ headers, body }: Answer, type: string): void {
  const { versionId, lastUpdated } = body.meta ?? {};
  if (versionId === undefined || lastUpdated === undefined || headers['etag'] !== `W/"${versionId}"`)
    throw new Error(`${type}: version ${versionId} of ${lastUpdated} with the ETag ${headers['etag']}`);
  if (Math.abs(Date.parse(headers['last-modified'] ?? '') - Date.parse(lastUpdated)) >= 1000)
    throw new Error(`${type}: Last-Modified ${headers['last-modified']} and lastUpdated ${lastUpdated}`);
}

async function createOne(trial: Trial): Promise<Answer> {
  const answer = await trial.ask('POST', trial.claims.type, { body: trial.make() });
  expectStatus(answer, [201], `create of ${trial.claims.type}`);
  return answer;
}

const at = (r: Resource) => `${r.resourceType}/${r.id}`;
const etag = (r: Resource) => `W/"${r.meta!.versionId}"`;

function tagOf({ meta }: Resource): string {
  const [tag] = meta!['tag'] as { system: string; code: string }[];
  return `_tag=${tag!.system}|${tag!.code}`;
}
