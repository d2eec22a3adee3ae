/** `kill -9` while a region is told of consultations (protocols/regiz.md §3.2, §3.4): what was on its way is there once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { roles, stages, transitions, workflowId } from '../../sandbox/regiz/workflow.ts';
import type { Resource } from '../../src/store/resource.ts';
import { caseUrl, processSystem, stageUrl } from '../../src/workflows/encounter-own.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createProcessHub, guard, type ProcessHub } from '../support/process-hub.ts';

const guid = '5a4d0b0c-0000-4000-8000-000000000001';
const lpu = '1.2.643.5.1.13.13.12.2.78.9944';
const workflow = { id: workflowId, name: 'Консультация', role: roles.requester, start: transitions[0]!.id };
const grace = { graceMilliseconds: 2000 };
const connection = (origin: string) => ({
  ...{ url: `${origin}/Hub25/HubService.svc`, lpu: 44, guid, guard, timeouts: { write: 20_000 } },
  cases: {
    ...{ url: `${origin}/EMK5/EMKService.svc`, patients: `${origin}/EMK5/PixService.svc`, guid, lpu, ...grace },
    ...{ form: 1, goal: 1, initiator: 1, speciality: 27, position: 73 },
  },
  consultations: {
    ...{ url: `${origin}/tm-core/api`, guid, organization: lpu, followMilliseconds: 500, ...grace },
    workflows: { consultation: { ...workflow, stages: { [stages.requested]: 'planned' } } },
  },
});

let database: TestDatabase;
let hub: ProcessHub;
beforeAll(async () => {
  database = await createDatabase();
  hub = await createProcessHub(
    { databaseUrl: database.url, grace: 2000 },
    {
      mis: 'regiz',
      sandboxArgs: ['--doctors', '4', '--guid', guid],
      connection,
      bookings: async () => [],
    },
  );
}, 120_000);
afterAll(async () => {
  await hub?.stop();
  await database?.drop();
});

async function fhir(path: string, body?: object): Promise<Resource> {
  const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/fhir+json' };
  const post = body && { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${hub.base}/${path}`, { headers, ...post });
  const answer = (await response.json()) as Resource;
  expect(response.ok, JSON.stringify(answer)).toBe(true);
  return answer;
}

interface State {
  readonly cases: readonly { readonly idCaseMis: string; readonly writes: number }[];
  readonly processes: readonly { readonly id: string; readonly name: string }[];
}
const stateOf = async () => (await hub.control('GET', 'state')) as unknown as State;
const codeOf = (encounter: Resource, url: string) =>
  (
    encounter['extension'] as { url: string; valueCodeableConcept: { coding?: { code: string }[] } }[] | undefined
  )?.find((one) => one.url === url)?.valueCodeableConcept.coding?.[0]?.code;

async function doctor(): Promise<string> {
  const found = await fhir('Practitioner?_count=50');
  const numbered = (found as unknown as { entry: { resource: Resource }[] }).entry.find(({ resource }) =>
    (resource['identifier'] as { system: string }[] | undefined)?.some((i) => i.system === 'urn:oid:1.2.643.100.3'),
  );
  return numbered!.resource.id!;
}

test('a case and a process whose answers a killed hub was waiting for stand in the region once', async () => {
  for (const operation of ['Emk.AddCase', 'Tm.StartNewProcess'])
    await hub.control('POST', 'faults', { fault: 'commit-then-hang', operations: [operation], times: 1 });
  const patient = await fhir('Patient', {
    ...{ resourceType: 'Patient', name: [{ family: 'Прерванная', given: ['Анна'] }] },
    ...{ gender: 'female', birthDate: '1990-02-03' },
  });
  const subject = { reference: `Patient/${patient.id}` };
  const request = await fhir('ServiceRequest', {
    ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'plan', subject },
    performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '1.2.643.5.1.13.13.12.2.78.9945' } }],
  });
  const encounter = {
    resourceType: 'Encounter',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' },
    ...{ subject, participant: [{ individual: { reference: `Practitioner/${await doctor()}` } }] },
    period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:20:00Z' },
    priority: { coding: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.30', code: '1' }] },
    reasonCode: [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10' }], text: 'Болит голова' }],
  };
  const type = [{ coding: [{ system: 'https://medmost.ru/fhir/CodeSystem/regiz-workflow', code: 'consultation' }] }];
  const basedOn = [{ reference: `ServiceRequest/${request.id}` }];
  const closed = (await fhir('Encounter', { ...encounter, status: 'finished' })).id!;
  const planned = (await fhir('Encounter', { ...encounter, status: 'planned', type, basedOn })).id!;
  const both = async () => {
    const { cases, processes } = await stateOf();
    return [cases.length, processes.length];
  };
  await expect.poll(both, { timeout: 20_000, interval: 20 }).toEqual([1, 1]);
  await hub.killHub();
  await hub.startHub();
  const patience = { timeout: 60_000, interval: 250 };
  await expect.poll(async () => codeOf(await fhir(`Encounter/${closed}`), caseUrl), patience).toBe('accepted');
  await expect.poll(async () => codeOf(await fhir(`Encounter/${planned}`), stageUrl), patience).toBe(stages.requested);
  const { cases, processes } = await stateOf();
  expect(cases).toMatchObject([{ idCaseMis: closed, writes: 2 }]);
  expect(processes.map(({ name }) => name)).toEqual([`Консультация medmost ${planned}`]);
  const numbers = (await fhir(`Encounter/${planned}`))['identifier'];
  expect(numbers).toEqual([{ system: processSystem, value: processes[0]!.id }]);
}, 150_000);
