/** Claims that are about no one type: operations, formats, patches, Bundles, compartments, parameters of the result. */

import type { Json } from '../../../src/r4/json.ts';
import { compartmentParameters } from '../../../src/r4/table.ts';
import { readXml } from '../../../src/r4/xml/read.ts';
import { writeXml } from '../../../src/r4/xml/write.ts';
import type { Resource } from '../../../src/store/resource.ts';
import { type Answer, type Ask, expectRefusal, expectStatus } from './server.ts';
import type { Kept, Links } from './tries.ts';

/**
 * Called with nothing it does its work or says what it lacks; called with what it does not know it refuses.
 * @param places where it may be called: `Slot`, `Slot/id`, or nothing for the whole system
 * @returns at how many of the places it can be called
 */
export async function tryOperation(ask: Ask, name: string, places: readonly string[]): Promise<number> {
  let count = 0;
  for (const place of places) {
    const path = [place, `$${name}`].filter((step) => step !== '').join('/');
    const empty = await ask('POST', path, { body: { resourceType: 'Parameters' } });
    if (empty.status === 404 && /no such operation/.test(empty.body.issue?.[0]?.diagnostics ?? '')) continue;
    count++;
    if (empty.status >= 500) throw new Error(`${path} without parameters answered ${empty.status}`);
    if (empty.status >= 400) expectRefusal(empty, [400, 404, 410, 412, 422], `${path} without parameters`);
    const strange = { resourceType: 'Parameters', parameter: [{ name: 'no-such-parameter', valueString: 'x' }] };
    expectRefusal(await ask('POST', path, { body: strange }), [400], `${path} with an unknown parameter`);
    const read = await ask('GET', `${path}?no-such-parameter=x`);
    expectRefusal(read, read.status === 405 ? [405] : [400], `GET ${path} with an unknown parameter`);
  }
  return count;
}

/** Answers in it, by Accept and by `_format`; a media type also comes in. */
export async function tryFormat(ask: Ask, format: string, sample: Resource, fresh: Resource): Promise<void> {
  const path = `${sample.resourceType}/${sample.id}`;
  const byQuery = await ask('GET', `${path}?_format=${encodeURIComponent(format)}`);
  expectFormat(byQuery, format, sample);
  if (!format.includes('/')) return;
  expectFormat(await ask('GET', path, { headers: { accept: format } }), format, sample);
  const body = format.includes('xml') ? writeXml(fresh as unknown as Json, false) : JSON.stringify(fresh);
  const created = await ask('POST', fresh.resourceType, { body, headers: { 'content-type': format } });
  expectStatus(created, [201], `create in ${format}`);
}

function expectFormat(answer: Answer, format: string, sample: Resource): void {
  expectStatus(answer, [200], `an answer in ${format}`);
  const wanted = format.includes('xml') ? 'application/fhir+xml' : 'application/fhir+json';
  const type = answer.headers['content-type'] ?? '';
  if (!type.startsWith(wanted)) throw new Error(`${format} was asked for and ${type} answered`);
  const read = wanted === 'application/fhir+json' ? answer.body : readXml(String(answer.body['text']));
  const found = 'value' in read ? (read['value'] as unknown as Resource) : (read as Resource);
  if (found.id !== sample.id) throw new Error(`${format}: another resource was answered`);
}

/** By media type: what adds `language` to a resource. */
const patches: Readonly<Record<string, string>> = {
  'application/json-patch+json': JSON.stringify([{ op: 'add', path: '/language', value: 'ru' }]),
  'application/fhir+json': JSON.stringify(pathPatch()),
  'application/fhir+xml': writeXml(pathPatch() as Json, false),
};

function pathPatch(): object {
  const part = [
    { name: 'type', valueCode: 'add' },
    { name: 'path', valueString: 'Patient' },
    { name: 'name', valueString: 'language' },
    { name: 'value', valueCode: 'ru' },
  ];
  return { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] };
}

export async function tryPatchFormat(ask: Ask, format: string, fresh: Resource): Promise<void> {
  const { body: made } = await ask('POST', 'Patient', { body: fresh });
  const body = patches[format];
  if (body === undefined) throw new Error(`${format} is claimed for patches, and nobody knows how to try it`);
  const answer = await ask('PATCH', `Patient/${made.id}`, { body, headers: { 'content-type': format } });
  expectStatus(answer, [200], `a patch in ${format}`);
  if (answer.body['language'] !== 'ru') throw new Error(`a patch in ${format} changed nothing`);
}

type Try = (ask: Ask, fresh: () => Resource) => Promise<void>;

/** Interactions of the whole system. */
export const systemInteractions: Readonly<Record<string, Try>> = {
  async batch(ask, fresh) {
    const { body } = await ask('POST', '', { body: bundle('batch', [fresh(), { resourceType: 'Patient', no: 1 }]) });
    if (statuses(body) !== '201,400') throw new Error(`a batch of a good and a bad one answered ${statuses(body)}`);
  },
  async transaction(ask, fresh) {
    const good = await ask('POST', '', { body: bundle('transaction', [fresh(), fresh()]) });
    if (statuses(good.body) !== '201,201') throw new Error(`a transaction answered ${statuses(good.body)}`);
    const [first] = [fresh()];
    const bad = bundle('transaction', [first!, { resourceType: 'Patient', no: 1 }]);
    expectRefusal(await ask('POST', '', { body: bad }), [400], 'a transaction of a good and a bad one');
    const [tag] = first!.meta!['tag'] as { system: string; code: string }[];
    const left = await ask('GET', `Patient?_tag=${tag!.system}|${tag!.code}`);
    if (left.body.entry !== undefined) throw new Error('a transaction that failed has left something behind');
  },
  async 'history-system'(ask) {
    const { status, body } = await ask('GET', '_history?_count=5');
    if (status !== 200 || body['type'] !== 'history' || body.entry?.length !== 5) throw new Error(`answered ${status}`);
  },
  async 'search-system'(ask) {
    expectStatus(await ask('GET', '?_type=Patient&_count=1'), [200], 'a search of the whole system');
  },
};

const bundle = (type: string, resources: readonly Resource[]) => ({
  resourceType: 'Bundle',
  type,
  entry: resources.map((resource) => ({ resource, request: { method: 'POST', url: resource.resourceType } })),
});

const statuses = (body: Resource) =>
  ((body['entry'] ?? []) as { response: { status: string } }[]).map((e) => e.response.status.slice(0, 3)).join();

/** `Patient/id/Appointment` finds exactly what is in the compartment of that Patient. @returns how many it found */
export async function tryCompartment(ask: Ask, url: string, links: Links, kept: Kept): Promise<number> {
  const type = [...kept.keys()].find((t) => url === `http://hl7.org/fhir/CompartmentDefinition/${t.toLowerCase()}`);
  if (type === undefined) throw new Error(`${url} is the compartment of nothing that is served`);
  let count = 0;
  for (const member of [...kept.keys()].filter((t) => t !== type)) {
    const codes = compartmentParameters(type, member) ?? [];
    for (const { id } of kept.get(type)!.slice(0, 2)) {
      const own = links.filter((l) => l.target === `${type}/${id}` && codes.includes(l.code));
      const wanted = new Set(own.map((l) => l.source).filter((s) => s.startsWith(`${member}/`)));
      const answer = await ask('GET', `${type}/${id}/${member}?_count=1000`);
      if (codes.length === 0) {
        expectRefusal(answer, [404], `${type}/${id}/${member}, which no compartment has,`);
        continue;
      }
      expectStatus(answer, [200], `${type}/${id}/${member}`);
      const found = new Set((answer.body.entry ?? []).map((e) => `${member}/${e.resource.id}`));
      if (found.size !== wanted.size || [...wanted].some((w) => !found.has(w)))
        throw new Error(`${type}/${id}/${member} found ${found.size} instead of ${wanted.size}`);
      count += wanted.size;
    }
  }
  return count;
}

/** A good value of each parameter of the result, and a bad one of those that can have one. */
const results: Readonly<Record<string, readonly [good: string, bad?: string]>> = {
  _count: ['2', 'many'],
  _sort: ['-_lastUpdated', 'no-such-parameter'],
  _total: ['accurate', 'perhaps'],
  _include: ['Appointment:patient', 'Appointment:no-such-parameter'],
  _revinclude: ['Encounter:appointment', 'Encounter:no-such-parameter'],
  _elements: ['status', 'no-such-element'],
  _summary: ['true', 'perhaps'],
  _contained: ['false', 'perhaps'],
  _format: ['json', 'tabular'],
  _pretty: ['true', 'perhaps'],
  '_has:Encounter:appointment:_id': ['1'],
};

export async function tryResultParameter(ask: Ask, name: string): Promise<void> {
  const [, [good, bad]] = Object.entries(results).find(([n]) => n.split(':')[0] === name) ?? [name, ['', undefined]];
  if (good === '') throw new Error(`${name} is claimed, and nobody knows how to try it`);
  const sent = Object.keys(results).find((n) => n.split(':')[0] === name)!;
  expectStatus(await ask('GET', `Appointment?${sent}=${good}`), [200], `${name}=${good}`);
  if (bad !== undefined) expectRefusal(await ask('GET', `Appointment?${name}=${bad}`), [400, 406], `${name}=${bad}`);
}
