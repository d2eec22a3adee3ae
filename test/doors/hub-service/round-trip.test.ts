/**
 * The pretend concentrator of the region, the hub and the pretend 1С, each a process: it reads the schedule of the clinic on 1С by our
 * HubService, books, and hears that the visit was given up in FHIR. It refuses answers whose elements are out of order.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createOnecHub, type OnecHub } from '../../support/onec-hub.ts';
import { createRegizSandbox, type RegizSandbox } from '../../support/regiz-sandbox.ts';

const guid = '11111111-2222-4333-8444-555555555555';
const idLpu = 144;

let region: RegizSandbox;
let database: TestDatabase;
let hub: OnecHub;
beforeAll(async () => {
  region = await createRegizSandbox();
  database = await createDatabase();
  const notify = { url: region.url, guid: region.guid, timeoutSeconds: 5 };
  const hubService = { callers: { concentrator: { guid, clinics: { demo: { idLpu } }, notify } } };
  hub = await createOnecHub({ databaseUrl: database.url, grace: 3000, doctors: 3, hubService });
}, 120_000);
afterAll(async () => {
  await hub.stop();
  await database.drop();
  await region.dispose();
});

interface Walk {
  readonly steps: { operation: string; success?: boolean; problem?: string; errors: object[] }[];
  readonly stopped?: string;
  readonly visitStart: string;
  readonly booking: string;
}

const local = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19);

async function walk(
  surname: string,
  target: { contract: string; soap: string },
  until: 'book' | 'cancel',
): Promise<Walk> {
  const url = hub.base.replace(/\/fhir$/, `/HubService.svc${target.soap === '1.2' ? '/soap12' : ''}`);
  return (await region.control('POST', 'walk', {
    target: { url, guid, ...target },
    patient: {
      Surname: surname,
      Name: 'Мария',
      SecondName: 'Тестовна',
      Birthday: '1980-02-29T00:00:00',
      CellPhone: '+79000000001',
    },
    ...{ idLpu, visitStart: local(1), visitEnd: local(13), until },
  })) as unknown as Walk;
}

async function fhir(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${hub.base}/${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/fhir+json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The page that a registrar of 1С looks at, of all doctors on a day. */
async function occupancy(day: string): Promise<string> {
  const { body } = await fhir('GET', 'Practitioner?_count=50');
  const names = (body['entry'] as { resource: { name: [{ text: string }] } }[]).map((e) => e.resource.name[0].text);
  const pages = names.map((doctor) =>
    fetch(`${hub.sandbox}/occupancy?${new URLSearchParams({ format: 'text', day, doctor })}`).then((r) => r.text()),
  );
  return (await Promise.all(pages)).join('\n');
}

interface Notification {
  readonly idAppointment: string;
  readonly source: string;
  readonly patient: { readonly Surname: string };
  readonly statuses: readonly { readonly status: string }[];
}

const heard = async (booking: string) =>
  ((await region.control('GET', 'state'))['notifications'] as Notification[]).find((n) => n.idAppointment === booking);

test.each([
  ['Hub24, SOAP 1.1', 'Кругова', { contract: 'hub24', soap: '1.1' }],
  ['Hub25, SOAP 1.2', 'Дальняя', { contract: 'hub25', soap: '1.2' }],
] as const)(
  '%s: booked by the region, given up in FHIR, and the region hears of it',
  async (_name, surname, target) => {
    const path = await walk(surname, target, 'book');
    expect([path.stopped, path.steps.flatMap((s) => s.problem ?? [])]).toEqual([undefined, []]);
    expect(path.steps.map((s) => s.operation)).toContain('SetAppointment');
    const day = path.visitStart.slice(0, 10);
    expect(await occupancy(day)).toContain(`${surname} Мария Тестовна`);
    const appointment = await fhir('GET', `Appointment/${path.booking}`);
    expect([appointment.status, appointment.body['status']]).toEqual([200, 'booked']);
    await expect
      .poll(() => heard(path.booking), { timeout: 30_000 })
      .toMatchObject({
        source: 'Прочее',
        patient: { Surname: surname },
      });
    const cancelled = await fhir('PUT', `Appointment/${path.booking}`, { ...appointment.body, status: 'cancelled' });
    expect([cancelled.status, cancelled.body['status']]).toEqual([200, 'cancelled']);
    expect(await occupancy(day)).not.toContain(surname);
    await expect
      .poll(async () => (await heard(path.booking))?.statuses.map(({ status }) => status), { timeout: 30_000 })
      .toEqual(['запись_отменена_по_инициативе_пациента']);
  },
  120_000,
);

test('the whole way, with its cancelling by the region', async () => {
  const path = await walk('Возвратова', { contract: 'hub25', soap: '1.1' }, 'cancel');
  expect([path.stopped, path.steps.flatMap((s) => s.problem ?? [])]).toEqual([undefined, []]);
  expect(path.steps.at(-2)?.operation).toBe('CreateClaimForRefusal');
  const { body } = await fhir('GET', `Appointment/${path.booking}`);
  expect(body['status']).toBe('cancelled');
}, 120_000);
