/** The JSON services of the pretend РЕГИЗ: process engine, index of patients, dictionaries. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { roles, stages, transitions, workflowId } from '../../../sandbox/regiz/workflow.ts';
import { get, idOf, people, scale } from './client.ts';

let sandbox: Sandbox;
let empty: string;

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 1 });
  empty = sandbox.snapshot();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.restore(empty);
  sandbox.clearFaults();
});

type Json = Record<string, unknown>;

async function call(path: string, body?: unknown, authorization = `N3 ${sandbox.guid}`) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(sandbox.origin + path, { ...init, headers: { authorization } });
  return { status: response.status, body: (await response.json()) as Json };
}

const tm = (path: string, body?: unknown) => call(`/tm-core/api/${path}`, body).then((answer) => answer.body);
const doctor = { organization: 'oid', SNILS: '00000060004' };
const request = {
  serviceRequest: {
    ...{ urgency: { code: '1' }, reasonCode: { code: 'I10' }, complaints: 'Давление' },
    performerOrganization: { code: 'oid' },
  },
};
const first = {
  ...{ workflowId, name: 'Телемедицинская консультация', initialTransitionId: transitions[0]!.id },
  ...{ roleContext: { [roles.requester]: doctor }, processContext: request },
};
const begin = async () => String((await tm('Commands/StartNewProcess', first))['processId']);

const move = (processId: string, name: string, processContext: Json = {}, role: keyof typeof roles = 'consultant') =>
  tm('Commands/MoveToStage', {
    ...{ processId, transitionId: transitions.find((t) => t.name === name)!.id, processContext },
    roleContext: { [roles[role]]: doctor },
  });
const stageOf = async (id: string) => ((await tm(`Queries/GetProcess/${id}`))['result'] as Json)['currentStageId'];

test('a consultation goes from request to conclusion; the context grows on the way', async () => {
  const id = await begin();
  expect(await stageOf(id)).toBe(stages.requested);
  expect(await move(id, 'Принять')).toEqual({ success: true, message: null, errorCode: null });
  await move(id, 'Назначить время', { appointment: { start: '2026-12-02T10:00:00' } });
  expect(await stageOf(id)).toBe(stages.scheduled);
  await move(id, 'Дать заключение', { conclusion: { text: 'Наблюдение' } });
  expect(await stageOf(id)).toBe(stages.done);
  const { result } = await tm('Queries/GetProcessContext', {
    ProcessId: id,
    RoleContext: { [roles.requester]: doctor },
  });
  expect(result).toMatchObject({ ...request, conclusion: { text: 'Наблюдение' } });
  expect(await move(id, 'Отозвать', {}, 'requester')).toMatchObject({ success: false });
});

test.each([
  ['no role', { roleContext: {} }, 'Role context is required'],
  ['the wrong role', { roleContext: { [roles.consultant]: doctor } }, 'Invalid role context'],
  ['an empty role', { roleContext: { [roles.requester]: {} } }, 'is not a role schema'],
  ['an empty context', { processContext: {} }, 'serviceRequest.urgency.code, serviceRequest.reasonCode.code'],
  ['another workflow', { workflowId: 'x' }, 'Workflow not found'],
  [
    'a code that no dictionary has',
    { processContext: { serviceRequest: { ...request.serviceRequest, urgency: { code: '77' } } } },
    'отсутствует в справочнике',
  ],
])('a process is not begun with %s', async (_name, change, said) => {
  const answer = await tm('Commands/StartNewProcess', { ...first, ...change });
  expect(answer).toMatchObject({ success: false, message: expect.stringContaining(said) });
});

test('a step out of its turn, by another, or without its fields is refused and changes nothing', async () => {
  const id = await begin();
  expect(await move(id, 'Дать заключение', { conclusion: { text: '…' } })).toMatchObject({ success: false });
  expect(await move(id, 'Принять', {}, 'requester')).toMatchObject({ message: 'Invalid role context' });
  expect(await move(id, 'Отклонить')).toMatchObject({ message: expect.stringContaining('rejection.comment') });
  expect(await move('nobody', 'Принять')).toMatchObject({ success: false });
  expect(await stageOf(id)).toBe(stages.requested);
});

test('pages of processes are those that the role may move or read', async () => {
  const ids = [await begin(), await begin(), await begin()];
  await move(ids[0]!, 'Отклонить', { rejection: { comment: 'Не к нам' } });
  const list = async (query: string, role: string, skip = 0) => {
    const { result } = await tm(`Queries/${query}`, { roleContext: { [role]: doctor }, skip, take: 1 });
    return result as { total: number; items: { processId: string }[] };
  };
  expect(await list('GetTransitionAvailableProcesses', roles.consultant)).toMatchObject({
    total: 2,
    items: [{ processId: ids[1] }],
  });
  expect((await list('GetTransitionAvailableProcesses', roles.consultant, 1)).items).toMatchObject([
    { processId: ids[2] },
  ]);
  expect((await list('GetReadAvailableProcesses', roles.requester)).total).toBe(3);
  expect(await tm('Queries/GetOverdueStages', {})).toMatchObject({ result: { total: 0 } });
});

test.each(['', 'N3 nobody', 'Bearer x'])('the token «%s» is refused with 401', async (authorization) => {
  const paths = ['/tm-core/api/_version', '/mpi/fhir/Patient?family=Примерова'];
  for (const path of paths) expect((await call(path, undefined, authorization)).status).toBe(401);
});

test('a body that is no JSON object is 400', async () => {
  for (const body of ['[', '[]', '"x"', 'null']) {
    const headers = { authorization: `N3 ${sandbox.guid}` };
    const url = `${sandbox.origin}/tm-core/api/Commands/StartNewProcess`;
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(400);
  }
});

test('the index has each person once, with the ids of all clinics', async () => {
  const { body } = await call('/mpi/fhir/Patient?family=Приме&birthdate=1980-02-29');
  expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: 1 });
  const [{ resource }] = body['entry'] as [{ resource: Json }];
  expect(resource).toMatchObject({ name: [{ family: 'Примерова', given: ['Анна', 'Ивановна'] }], gender: 'female' });
  const values = (resource['identifier'] as { value: string }[]).map((i) => i.value);
  for (const idLpu of [44, 45, 46]) expect(values).toContain(await idOf(sandbox, idLpu, 'anna'));
  const id = encodeURIComponent(`urn:oid:1.2.643.5.1.13.2.7.100.5|${values[0]}`);
  expect((await call(`/mpi/fhir/Patient?identifier=${id}`)).body).toMatchObject({ total: 1 });
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'id', valueString: resource['id'] }] };
  expect((await call('/mpi/fhir/Patient/$getpatient', parameters)).body).toEqual(resource);
  expect((await call('/mpi/fhir/Patient')).status).toBe(400);
});

test('a patient is posted with a name, a birth date after 1900 and an organisation', async () => {
  const patient = {
    ...{ resourceType: 'Patient', name: [{ family: 'Новосёлов', given: ['Яков'] }], birthDate: '1999-09-09' },
    managingOrganization: { reference: 'Organization/1' },
  };
  const made = await call('/mpi/fhir/Patient', patient);
  expect([made.status, made.body['id']]).toEqual([201, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect((await call('/mpi/fhir/Patient?family=Новосёлов')).body).toMatchObject({ total: 1 });
  for (const change of [{ birthDate: '1899-01-01' }, { name: [] }, { managingOrganization: undefined }])
    expect((await call('/mpi/fhir/Patient', { ...patient, ...change })).status).toBe(400);
  expect((await call('/mpi/fhir/Patient?family=Новосёлов')).body).toMatchObject({ total: 1 });
});

test('dictionaries are expanded and looked up, with urn:oid: and without', async () => {
  const ask = (system: string, code = '') => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'system', valueString: system }, ...(code === '' ? [] : [{ name: 'code', valueString: code }])],
  });
  const path = '/nsi/fhir/term/ValueSet/';
  for (const system of ['urn:oid:1.2.643.2.69.1.1.1.50', '1.2.643.2.69.1.1.1.50']) {
    const { body } = await call(`${path}$expand?_format=json`, ask(system));
    expect(body).toMatchObject({ resourceType: 'ValueSet', expansion: { total: 9 } });
  }
  const clinics = await get(sandbox, 'GetLPUInfo');
  const [clinic] = clinics['LpuCollection'] as unknown as { PublicGuid: string; FullName: string }[];
  const found = await call(`${path}$lookup`, ask('1.2.643.2.69.1.1.1.64', clinic!.PublicGuid));
  expect(JSON.stringify(found.body)).toContain(clinic!.FullName.slice(0, 10));
  expect((await call(`${path}$lookup`, ask('1.2.643.2.69.1.1.1.50', '77'))).status).toBe(404);
  expect((await call(`${path}$expand`, ask('1.2.3'))).status).toBe(404);
});

test('the connection’s faults fit these services, too', async () => {
  sandbox.fault({ fault: 'commit-then-reset', times: 1, operations: ['Tm.StartNewProcess'] });
  await expect(begin()).rejects.toThrow();
  const { result } = await tm('Queries/GetReadAvailableProcesses', { roleContext: { [roles.requester]: doctor } });
  expect(result).toMatchObject({ total: 1 });
  sandbox.fault({ fault: 'soap-fault-500', times: 1, operations: ['Mpi.Search'] });
  const failed = await call(`/mpi/fhir/Patient?family=${people.anna.Surname}`);
  expect([failed.status, failed.body['resourceType']]).toEqual([500, 'OperationOutcome']);
});
