/** What fuzzed requests are made of: the routes of a hub as its CapabilityStatement tells them, and what is right there. */
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes';
import { generateResource } from '../r4/generate.ts';
import { orderOf } from '../support/order.ts';
import { randomOf } from '../support/random.ts';
import type { Parameter } from './fuzz-query.ts';
import type { Ground, Route } from './fuzz-request.ts';
import { person, type Target } from './target.ts';

export async function createGround(target: Target): Promise<Ground> {
  const statement = JSON.parse((await target.send(target.get('metadata'))).body) as CapabilityStatement;
  const [rest] = statement.rest!;
  const resources = rest!.resource!;
  const { patient, appointment } = target.people[0]!;
  const kept = await Promise.all(Object.values(keptBases(patient)).map((base) => create(target, base)));
  const ids = new Map<string, string[]>();
  for (const { type, interaction = [] } of resources)
    if (interaction.some(({ code }) => code === 'search-type')) ids.set(type!, await idsOf(target, type!));
  const operations = (rest!.operation ?? []).map((o) => `$${o.name}`);
  return {
    routes: [
      ...['', 'metadata', '_history', ...operations].flatMap((path) => routesAt(path, operations)),
      ...resources.flatMap((resource) => resourceRoutes(resource, resources)),
    ],
    bases: basesOf(
      target,
      kept,
      resources.filter(isWritten).map((r) => r.type!),
    ),
    sensible: sensibleOf(target, [patient, appointment, ...kept]),
    ids,
    token: target.token,
  };
}

const isWritten = ({ interaction = [] }: CapabilityStatementRestResource) =>
  interaction.some(({ code }) => code === 'create' || code === 'update' || code === 'patch');

function routesAt(path: string, operations: readonly string[]): Route[] {
  const route = (method: string, takes?: string): Route => ({
    ...{ name: `${method} ${path}`, method, path, takes },
    parameters: [{ name: '_format', type: 'token' }],
  });
  if (path === '') return often(10, route('POST', 'Bundle'));
  return operations.includes(path) ? [route('GET'), route('POST', 'Parameters')] : [route('GET')];
}

const often = (times: number, route: Route): Route[] => Array.from({ length: times }, () => route);

const atInstance: Readonly<Record<string, string>> = { read: 'GET', update: 'PUT', patch: 'PATCH', delete: 'DELETE' };

/** Conditional interactions are those of an instance, asked of the type. */
function resourceRoutes(
  { type, interaction = [], searchParam = [], operation = [] }: CapabilityStatementRestResource,
  all: readonly CapabilityStatementRestResource[],
): Route[] {
  const parameters: Parameter[] = searchParam.map((p) => ({ name: p.name!, type: p.type! }));
  const route = (method: string, path: string, takes?: string): Route => ({
    ...{ name: `${method} ${path}`, method, path, takes, parameters },
  });
  const routes = interaction.flatMap(({ code }) => {
    const method = atInstance[code!];
    const takes = code === 'update' ? type : code === 'patch' ? `${type} patch` : undefined;
    if (method === 'GET') return [route(method, `${type}/:id`)];
    if (method === 'DELETE') return [route(method, `${type}/:id`), route(method, type!)];
    if (method !== undefined) return [...often(6, route(method, `${type}/:id`, takes)), route(method, type!, takes)];
    if (code === 'create') return often(8, route('POST', type!, type));
    if (code === 'search-type') return [...often(4, route('GET', type!)), route('POST', `${type}/_search`)];
    if (code === 'vread') return [route('GET', `${type}/:id/_history/:version`)];
    return [route('GET', code === 'history-type' ? `${type}/_history` : `${type}/:id/_history`)];
  });
  const within = ['Patient', 'Practitioner', 'Encounter'].includes(type!)
    ? all.map((r) => `${type}/:id/${r.type}`)
    : [];
  const called = operation.flatMap(({ name }) => [`${type}/$${name}`, `${type}/:id/$${name}`]);
  return [
    ...routes,
    ...within.map((path) => route('GET', path)),
    ...called.flatMap((path) => [route('GET', path), route('POST', path, 'Parameters')]),
  ];
}

async function create(target: Target, base: Record<string, unknown>): Promise<string> {
  const { status, body } = await target.send(target.write('POST', String(base['resourceType']), JSON.stringify(base)));
  if (status !== 201) throw new Error(`not created: ${body}`);
  return (JSON.parse(body) as { id: string }).id;
}

async function idsOf(target: Target, type: string): Promise<string[]> {
  const { body } = await target.send(target.get(`${type}?_count=5`));
  const { entry = [] } = JSON.parse(body) as { entry?: { resource: { id: string } }[] };
  return entry.map((e) => e.resource.id);
}

function keptBases(patient: string) {
  const subject = { reference: `Patient/${patient}` };
  return {
    ServiceRequest: {
      ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject },
      code: { coding: [{ system: 'urn:x', code: 'a' }], text: 'Кардиолог' },
      quantityQuantity: { value: 1.5, unit: 'ч', system: 'http://unitsofmeasure.org', code: 'h' },
      occurrencePeriod: { start: '2026-12-01', end: '2026-12-31' },
    },
    Encounter: {
      ...{ resourceType: 'Encounter', status: 'finished', subject },
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      period: { start: '2026-12-01T09:00:00+03:00', end: '2026-12-01T09:30:00+03:00' },
      length: { value: 30, system: 'http://unitsofmeasure.org', code: 'min' },
    },
    Communication: {
      ...{ resourceType: 'Communication', status: 'completed', subject, sent: '2026-12-01T09:00:00Z' },
      payload: [{ contentString: 'текст' }],
    },
  };
}

/** @param written types that clients write; those nobody has thought of here get random resources */
function basesOf(target: Target, kept: readonly string[], written: readonly string[]): Map<string, unknown[]> {
  const { patient, appointment } = target.people[0]!;
  const others = keptBases(patient);
  const withId = (base: object, id: string) => ({ ...base, id });
  const full = {
    ...person,
    id: patient,
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div>' },
    contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }],
    extension: [{ url: 'urn:x', valueDecimal: 1.5 }],
    managingOrganization: { reference: '#o' },
    name: [{ family: 'Т', given: ['A', null], _given: [null, { extension: [{ url: 'urn:y', valueCode: 'z' }] }] }],
    maritalStatus: { text: 'x' },
  };
  const orders = [20, 21, 22, 23, 24, 25].map((n) => orderOf(target.slot(n), patient));
  const map = new Map<string, unknown[]>([
    ['Patient', [person, full, withId(person, patient)]],
    [
      'Appointment',
      [
        ...orders,
        ...orders.map((o) => withId(o, appointment)),
        { ...withId(orders[0]!, appointment), status: 'cancelled' },
      ],
    ],
    ...Object.entries(others).map(([type, base], i): [string, unknown[]] => [type, [base, withId(base, kept[i]!)]]),
    ['Parameters', parametersOf(target)],
    ['Subscription', subscriptions],
  ]);
  const random = randomOf(1);
  for (const type of written) {
    const made = Array.from({ length: 10 }, () => generateResource(random, type));
    if (!map.has(type)) map.set(type, made);
    map.set(`${type} patch`, patches(type));
  }
  const entries = [...map].filter(([type]) => !type.includes(' ') && type !== 'Parameters').map(([, list]) => list[0]);
  map.set('Bundle', bundles(entries, patient));
  map.set('any', [...map.values()].flat());
  return map;
}

const subscriptions = ['rest-hook', 'websocket'].map((type) => ({
  ...{ resourceType: 'Subscription', status: 'requested', reason: 'x', criteria: 'Slot?status=free' },
  channel: { type, endpoint: 'https://example.org/hook', payload: 'application/fhir+json', header: ['X: y'] },
}));

function patches(type: string): unknown[] {
  const part = (name: string, value: object) => ({ name, ...value });
  const operation = (...parts: object[]) => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'operation', part: parts }],
  });
  return [
    [{ op: 'add', path: '/language', value: 'ru' }],
    [
      { op: 'test', path: '/resourceType', value: type },
      { op: 'remove', path: '/identifier/0' },
    ],
    [
      { op: 'copy', from: '/identifier', path: '/identifier/-' },
      { op: 'move', from: '/extension', path: '/x' },
    ],
    [{ op: 'replace', path: '/status', value: 'cancelled' }],
    operation(
      part('type', { valueCode: 'replace' }),
      part('path', { valueString: `${type}.language` }),
      part('value', { valueCode: 'ru' }),
    ),
    operation(
      part('type', { valueCode: 'delete' }),
      part('path', { valueString: `${type}.identifier.where(system = 'x')` }),
    ),
    operation(
      part('type', { valueCode: 'add' }),
      part('path', { valueString: type }),
      part('name', { valueString: 'extension' }),
      part('value', { valueDecimal: 1.5 }),
    ),
  ];
}

function parametersOf(target: Target): unknown[] {
  const { patient, appointment } = target.people[0]!;
  const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
  const reference = (to: string) => ({ valueReference: { reference: to } });
  return [
    parameters({ name: 'resource', resource: person }, { name: 'count', valueInteger: 3 }),
    parameters(
      { name: 'start', valueDateTime: '2026-12-01' },
      { name: 'end', valueDateTime: '2026-12-02T10:00:00+03:00' },
    ),
    parameters({ name: 'appointment-reference', ...reference(`Appointment/${appointment}`) }),
    parameters({ name: 'appointment-resource', resource: orderOf(target.slot(26), patient) }),
    parameters(
      { name: 'slot-reference', ...reference(`Slot/${target.slot(27)}`) },
      { name: 'slot-status', valueCode: 'busy-tentative' },
    ),
    parameters(
      { name: 'url', valueUri: 'http://hl7.org/fhir/ValueSet/slotstatus' },
      { name: 'filter', valueString: 'б' },
    ),
    parameters({ name: 'system', valueUri: 'http://hl7.org/fhir/slotstatus' }, { name: 'code', valueCode: 'free' }),
    parameters({ name: 'coding', valueCoding: { system: 'http://hl7.org/fhir/slotstatus', code: 'free' } }),
    person,
    parameters(),
  ];
}

function bundles(resources: readonly unknown[], patient: string): unknown[] {
  const urn = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
  const typeOf = (r: unknown) => (r as { resourceType: string }).resourceType;
  const created = resources.map((resource) => ({
    fullUrl: urn,
    resource,
    request: { method: 'POST', url: typeOf(resource) },
  }));
  const read = ['Patient?_count=1', `Patient/${patient}`, 'metadata', '$x', `Patient/${patient}/_history`, '/'].map(
    (url) => ({
      request: { method: 'GET', url },
    }),
  );
  const circular = (n: number) => ({
    fullUrl: `urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e${n}`,
    resource: {
      ...person,
      link: [{ other: { reference: `urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e${1 - n}` }, type: 'seealso' }],
    },
    request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:nobody|1' },
  });
  const nested = { resource: { resourceType: 'Bundle', type: 'batch' }, request: { method: 'POST', url: '/' } };
  const entries = [
    read,
    created.slice(0, 1),
    [...created.slice(2), ...read],
    [circular(0), circular(1)],
    [nested],
    [...created, created[0]],
  ];
  return entries.flatMap((entry) => ['batch', 'transaction'].map((type) => ({ resourceType: 'Bundle', type, entry })));
}

function sensibleOf(target: Target, ids: readonly string[]): unknown[] {
  const { patient } = target.people[0]!;
  return [
    ...ids,
    `Patient/${patient}`,
    `Slot/${target.slot(28)}`,
    `Slot/${target.slot(0, 'two')}`,
    ...['booked', 'cancelled', 'proposed', 'free', 'busy', 'active', 'finished', 'male', 'ru', 'Тестова', 'тес'],
    ...['urn:oid:1.2.643.100.3|00012345677', 'phone', '+79990000001', '2026-12-01', 'ge2020', 'true', '30'],
    { reference: `Patient/${patient}` },
    { text: 'x' },
    [{ value: '1' }],
    { value: 1.5, code: 'min', system: 'http://unitsofmeasure.org' },
    { start: '2026-12-02', end: '2026-12-01' },
    { resourceType: 'Patient' },
    [{ url: 'urn:x', valueString: 'y' }],
  ];
}
