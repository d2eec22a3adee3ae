/** The pretend РЕГИЗ as the one that calls: here another sandbox plays the MIS. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { people, scale } from './client.ts';

let sandbox: Sandbox;
let mis: Sandbox;

beforeAll(async () => {
  sandbox = await startRegizSandbox(scale);
  mis = await startRegizSandbox({ ...scale, seed: 2, guids: ['5a4d0b0c-0000-4000-8000-000000000002'] });
});
afterAll(async () => {
  await sandbox.close();
  await mis.close();
});
beforeEach(() => mis.clearFaults());

async function control(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${sandbox.origin}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const target = () => ({ url: mis.url, guid: mis.guid });
const way = (more: object = {}) => ({
  ...{ target: target(), patient: people.anna, visitStart: '2026-12-01T00:00:00', visitEnd: '2026-12-07T00:00:00' },
  ...more,
});

const operations = (walk: Record<string, unknown>) =>
  (walk['steps'] as { operation: string }[]).map((s) => s.operation);

test.each(['/Hub24/HubService.svc', '/hub25/HubService.svc/soap12'])(
  '%s: from districts to a cancelled booking',
  async (path) => {
    const soap = path.endsWith('soap12') ? '1.2' : '1.1';
    const { body } = await control(
      'walk',
      way({ target: { ...target(), url: mis.origin + path, soap }, idSpesiality: '5' }),
    );
    expect(operations(body)).toEqual([
      ...['GetDistrictList', 'GetLPUList', 'CheckPatient', 'GetSpesialityList', 'GetDoctorList', 'GetAvailableDates'],
      ...[
        'GetAvaibleAppointments',
        'SetAppointment',
        'GetPatientHistory',
        'CreateClaimForRefusal',
        'GetPatientHistory',
      ],
    ]);
    expect(body).not.toHaveProperty('stopped');
    const histories = (body['steps'] as { idHistory: number }[]).map((s) => s.idHistory);
    expect(new Set(histories).size).toBe(1);
    expect(mis.bookings({ id: String(body['booking']) })).toMatchObject([{ status: 'refused', slot: body['slot'] }]);
  },
);

test('an unknown patient is added; the way may end before', async () => {
  const patient = { Surname: 'Странников', Name: 'Глеб', Birthday: '1991-01-01T00:00:00' };
  const { body } = await control('walk', way({ patient, until: 'slots', idLpu: 46 }));
  expect(operations(body).slice(2, 4)).toEqual(['CheckPatient', 'AddNewPatient']);
  expect(body).toMatchObject({ idLpu: 46, idPat: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(operations(body).at(-1)).toBe('GetAvaibleAppointments');
});

test.each([
  ['a business error', 'business-error', 'GetDoctorList: 99 Непредвиденная ошибка'],
  ['a wrong order of elements', 'disordered', /GetDoctorList: .*(out of order|no such element)/],
  ['a page instead', 'html-200', /GetDoctorList: .*(XML|envelope|message)/],
  ['a reset', 'commit-then-reset', /GetDoctorList: TypeError: fetch failed/],
])('%s of the other side stops it and is told', async (_name, fault, said) => {
  mis.fault({ fault, times: 1, operations: ['GetDoctorList'] });
  const { body } = await control('walk', way());
  expect(body['stopped']).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
});

test('one operation by hand, and a bad order of ours', async () => {
  const call = { target: target(), operation: 'CheckPatient', ask: { idLpu: 45, pat: people.anna } };
  expect((await control('call', call)).body).toMatchObject({ success: true, result: { IdPat: '50001' } });
  expect((await control('call', { ...call, operation: 'GetAvaibleDates' })).status).toBe(400);
  expect((await control('call', { ...call, target: { url: 'nowhere' } })).status).toBe(400);
});
