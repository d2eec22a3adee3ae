/**
 * Three clients as strangers use them, over HTTP: each does the same, with what its library has for it and nothing of ours but a
 * token. What trips one of them is a fault of the hub.
 */
import { MedplumClient } from '@medplum/core';
import type { Bundle, Communication, Encounter, Patient, Resource } from '@medplum/fhirtypes';
import { Client } from 'fhir-kit-client';
import smart from 'fhirclient';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSampleHub, type SampleHub } from '../support/sample-hub.ts';

let hub: SampleHub;
let base: string;
let token: string;
beforeAll(async () => {
  hub = await createSampleHub(null);
  base = `${await hub.app.listen({ host: '127.0.0.1', port: 0 })}/fhir`;
  token = await hub.token();
});
afterAll(() => hub.close());

/** What a session needs of a client. */
interface Session {
  /** All pages of a search, as many Bundles as there are pages. */
  pages(type: string, query: Record<string, string>): Promise<Bundle[]>;
  read(type: string, id: string): Promise<Resource>;
  vread(type: string, id: string, version: string): Promise<Resource>;
  create(resource: Resource): Promise<Resource>;
  /** Once, though it is called twice. */
  createOnce(resource: Resource, condition: string): Promise<Resource>;
  patch(type: string, id: string, operations: object[]): Promise<Resource>;
  /** Only when the version is this one. */
  update(resource: Resource, version: string): Promise<Resource>;
  history(type: string, id: string): Promise<Bundle>;
  perform(bundle: Bundle): Promise<Bundle>;
  remove(type: string, id: string): Promise<unknown>;
  /** Status of the error that a call ended with. */
  statusOf(error: unknown): number | undefined;
}

const snils = 'urn:oid:1.2.643.100.3';

function patientOf(name: string, identifier?: string): Patient {
  return {
    resourceType: 'Patient',
    name: [{ family: name, given: ['Мария', 'Ивановна'] }],
    gender: 'female',
    ...(identifier !== undefined && { identifier: [{ system: snils, value: identifier }] }),
  };
}

const messageTo = (patient: string): Communication => ({
  resourceType: 'Communication',
  status: 'in-progress',
  subject: { reference: patient },
  payload: [{ contentString: 'Придите натощак.' }],
});

const entriesOf = (bundles: readonly Bundle[], mode: string) =>
  bundles.flatMap((b) => (b.entry ?? []).filter((e) => e.search?.mode === mode).map((e) => e.resource!));

function play(open: () => Session, name: string, identifier: string): void {
  test('walks the pages of a search, with what is included', async () => {
    const session = open();
    const bundles = await session.pages('Encounter', { _count: '2', _include: 'Encounter:patient' });
    expect(bundles.length).toBe(3);
    const encounters = entriesOf(bundles, 'match') as Encounter[];
    expect(new Set(encounters.map((e) => e.id))).toEqual(new Set(hub.samples.get('Encounter')));
    const included = new Set(entriesOf(bundles, 'include').map((r) => `${r.resourceType}/${r.id}`));
    const wanted = encounters.map((e) => e.subject?.reference).filter((r) => r?.startsWith('Patient/'));
    expect(wanted.length).toBeGreaterThan(0);
    expect(included).toEqual(new Set(wanted));
  });

  test('creates, reads, changes and deletes', async () => {
    const session = open();
    const made = (await session.create(patientOf(name))) as Patient;
    expect(made).toMatchObject({ ...patientOf(name), meta: { versionId: '1' } });
    const id = made.id!;
    expect(await session.read('Patient', id)).toEqual(made);
    const operations = [{ op: 'replace', path: '/name/0/family', value: `${name}-вторая` }];
    const patched = (await session.patch('Patient', id, operations)) as Patient;
    expect(patched).toMatchObject({ name: [{ family: `${name}-вторая` }], meta: { versionId: '2' } });
    const updated = await session.update({ ...patched, birthDate: '1980-02-29' }, '2');
    expect(updated).toMatchObject({ birthDate: '1980-02-29', meta: { versionId: '3' } });
    const late = await session.update({ ...patched, birthDate: '1999-01-01' }, '2').catch((e: unknown) => e);
    expect(session.statusOf(late)).toBe(412);
    expect(await session.vread('Patient', id, '1')).toEqual(made);
    const { type, entry } = await session.history('Patient', id);
    expect(type).toBe('history');
    expect(entry!.map((e) => (e.resource as Patient).meta!.versionId)).toEqual(['3', '2', '1']);
    await session.remove('Patient', id);
    const gone = await session.read('Patient', id).catch((e: unknown) => e);
    expect(session.statusOf(gone)).toBe(410);
  });

  test('creates on a condition, once', async () => {
    const session = open();
    const condition = `identifier=${snils}|${identifier}`;
    const [one, other] = [
      await session.createOnce(patientOf(name, identifier), condition),
      await session.createOnce(patientOf(name, identifier), condition),
    ];
    expect(one.id).toBeDefined();
    expect(other.id).toBe(one.id);
  });

  test('sends a batch, in which one entry may fail, and a transaction, in which none may', async () => {
    const session = open();
    const post = (resource: Resource, fullUrl?: string) => ({
      ...(fullUrl !== undefined && { fullUrl }),
      resource,
      request: { method: 'POST' as const, url: resource.resourceType },
    });
    const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a';
    const done = await session.perform({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [post(messageTo(urn)), post(patientOf(name), urn)],
    });
    expect(done.type).toBe('transaction-response');
    const [message, patient] = done.entry!.map((e) => e.resource!) as [Communication, Patient];
    expect(message.subject).toEqual({ reference: `Patient/${patient.id}` });
    const batch = await session.perform({
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: `Patient/${patient.id}` } },
        post(messageTo('Patient/00000000-0000-4000-8000-00000000dead')),
      ],
    });
    expect(batch.entry!.map((e) => e.response!.status.slice(0, 3))).toEqual(['200', '422']);
    expect(batch.entry![1]!.response!.outcome!.resourceType).toBe('OperationOutcome');
    const lost = { ...done, type: 'transaction' as const, entry: [post(messageTo('Patient/nobody'))] };
    const refused = await session.perform(lost).catch((e: unknown) => e);
    expect(session.statusOf(refused)).toBe(422);
  });
}

const as = <T>(answer: unknown) => answer as T;

/** fhir-kit-client knows no more of a resource than that it has a type. */
function kit(): Session {
  const client = new Client({ baseUrl: base, bearerToken: token });
  const walk = async (bundle: Bundle): Promise<Bundle[]> => {
    const next = client.nextPage({ bundle: as(bundle) });
    return next === undefined ? [bundle] : [bundle, ...(await walk(as(await next)))];
  };
  return {
    pages: async (resourceType, searchParams) => walk(as(await client.search({ resourceType, searchParams }))),
    read: async (resourceType, id) => as(await client.read({ resourceType, id })),
    vread: async (resourceType, id, version) => as(await client.vread({ resourceType, id, version })),
    create: async (body) => as(await client.create({ resourceType: body.resourceType, body: as(body) })),
    createOnce: async (body, condition) => {
      const options = { headers: { 'If-None-Exist': condition } };
      return as(await client.create({ resourceType: body.resourceType, body: as(body), options }));
    },
    patch: async (resourceType, id, operations) =>
      as(await client.patch({ resourceType, id, jsonPatch: as(operations) })),
    update: async (body, version) => {
      const options = { headers: { 'If-Match': `W/"${version}"` } };
      return as(await client.update({ resourceType: body.resourceType, id: body.id!, body: as(body), options }));
    },
    history: async (resourceType, id) => as(await client.history({ resourceType, id })),
    perform: async (body) =>
      as(await (body.type === 'batch' ? client.batch({ body: as(body) }) : client.transaction({ body: as(body) }))),
    remove: (resourceType, id) => client.delete({ resourceType, id }),
    statusOf: (error) => (error as { response?: { status?: number } }).response?.status,
  };
}

/** The SMART client, as it is made where nobody signs in: with a token in hand. */
function smartSession(): Session {
  const request = { url: '/', headers: {} };
  const state = { serverUrl: base, tokenResponse: { access_token: token } };
  const client = smart(as(request), as({})).client(as(state));
  const send = (method: string, url: string, body?: object, headers: Record<string, string> = {}) =>
    client.request(
      as({
        url,
        method,
        headers: { 'content-type': 'application/fhir+json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  return {
    pages: async (type, query) => as(await client.request(`${type}?${new URLSearchParams(query)}`, { pageLimit: 0 })),
    read: async (type, id) => as(await client.request(`${type}/${id}`)),
    vread: async (type, id, version) => as(await client.request(`${type}/${id}/_history/${version}`)),
    create: async (resource) => as(await client.create(as(resource))),
    createOnce: async (resource, condition) =>
      as(await client.create(as(resource), as({ headers: { 'if-none-exist': condition } }))),
    patch: async (type, id, operations) => as(await client.patch(`${type}/${id}`, as(operations))),
    update: async (resource, version) =>
      as(await client.update(as(resource), as({ headers: { 'if-match': `W/"${version}"` } }))),
    history: async (type, id) => as(await client.request(`${type}/${id}/_history`)),
    perform: async (bundle) => as(await send('POST', '', bundle)),
    remove: (type, id) => client.delete(`${type}/${id}`),
    statusOf: (error) =>
      (error as { statusCode?: number; status?: number }).statusCode ?? as<{ status?: number }>(error).status,
  };
}

function medplum(): Session {
  const client = new MedplumClient({
    baseUrl: base.replace(/fhir$/, ''),
    fhirUrlPath: 'fhir',
    accessToken: token,
    cacheTime: 0,
  });
  return {
    pages: async (type, query) => {
      const bundles: Bundle[] = [];
      let next: string | undefined = `${base}/${type}?${new URLSearchParams(query)}`;
      while (next !== undefined) {
        const bundle: Bundle = await client.get(next);
        bundles.push(bundle);
        next = bundle.link?.find((l) => l.relation === 'next')?.url;
      }
      return bundles;
    },
    read: (type, id) => client.readResource(as(type), id),
    vread: (type, id, version) => client.readVersion(as(type), id, version),
    create: (resource) => client.createResource(resource),
    createOnce: (resource, condition) => client.createResourceIfNoneExist(resource, condition),
    patch: (type, id, operations) => client.patchResource(as(type), id, as(operations)),
    update: (resource, version) => client.updateResource(as(resource), { headers: { 'If-Match': `W/"${version}"` } }),
    history: (type, id) => client.readHistory(as(type), id),
    perform: (bundle) => client.executeBatch(bundle),
    remove: (type, id) => client.deleteResource(as(type), id),
    statusOf: (error) => {
      const { outcome } = error as { outcome?: { issue?: { details?: { coding?: { code?: string }[] } }[] } };
      const code = outcome?.issue?.[0]?.details?.coding?.[0]?.code ?? '';
      return { 'version-mismatch': 412, gone: 410, 'reference-unknown': 422 }[code];
    },
  };
}

describe('fhir-kit-client', () => {
  play(kit, 'Китова', '00012345677');

  test('calls operations, by POST and by GET', async () => {
    const client = new Client({ baseUrl: base, bearerToken: token });
    const [subscription] = hub.samples.get('Subscription')!;
    const status = { resourceType: 'Subscription', id: subscription!, name: '$status' };
    for (const method of ['POST', 'GET'] as const)
      expect(await client.operation({ ...status, method })).toMatchObject({ resourceType: 'Bundle' });
    const input = { url: 'http://hl7.org/fhir/ValueSet/slotstatus' };
    const expand = { resourceType: 'ValueSet', name: 'expand', method: 'GET' as const, input: as<object>(input) };
    expect(await client.operation(as(expand))).toMatchObject({ resourceType: 'ValueSet', expansion: { total: 5 } });
  });
});
describe('fhirclient, of SMART', () => {
  play(smartSession, 'Смартова', '00000060004');

  test('gives all pages as one list, with the references followed', async () => {
    const client = smart(as({ url: '/', headers: {} }), as({})).client(
      as({ serverUrl: base, tokenResponse: { access_token: token } }),
    );
    const options = { pageLimit: 0, flat: true, resolveReferences: ['schedule'] };
    const slots = as<{ id: string; schedule: Resource }[]>(await client.request('Slot?_count=7', as(options)));
    expect(new Set(slots.map((s) => s.id))).toEqual(new Set([...hub.samples.get('Slot')!, ...hub.freeSlots]));
    expect(slots.every((s) => s.schedule.resourceType === 'Schedule')).toBe(true);
  });
});
describe('MedplumClient', () => {
  play(medplum, 'Медплумова', '00000060105');

  test('gives the resources of a search page by page', async () => {
    const client = new MedplumClient({ baseUrl: base.replace(/fhir$/, ''), fhirUrlPath: 'fhir', accessToken: token });
    const seen: string[] = [];
    for await (const page of client.searchResourcePages('Practitioner', '_count=4'))
      seen.push(...page.map((p) => p.id!));
    expect(new Set(seen)).toEqual(new Set(hub.samples.get('Practitioner')));
    const [patient] = hub.samples.get('Patient')!;
    const tag = await client.searchOne('Patient', '_tag=urn:sample:tag|tag-0');
    expect(tag?.id).toBe(patient);
    const record = await client.readPatientEverything(patient!);
    expect(record.entry!.some((e) => e.resource?.id === patient)).toBe(true);
  });
});
