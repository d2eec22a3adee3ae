/** A regional registry books at a clinic of 1С, through a hub that is a process and is killed: all three have the same books. */
import { type Client, createClientAsync } from 'soap';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createOnecHub, type OnecHub } from '../../support/onec-hub.ts';
import { type Concentrator, openConcentrator } from './concentrator.ts';
import { guids, lpu } from './stage.ts';

let concentrator: Concentrator;
let database: TestDatabase;
let hub: OnecHub;
let client: Client;
beforeAll(async () => {
  concentrator = await openConcentrator();
  database = await createDatabase();
  const notify = { url: concentrator.url, guid: 'aaaaaaaa-2222-4333-8444-555555555555', timeoutSeconds: 5 };
  const caller = { guid: guids.concentrator, clinics: { demo: { idLpu: lpu.one } }, notify };
  const hubService = { callers: { concentrator: caller } };
  hub = await createOnecHub({ databaseUrl: database.url, grace: 3000, doctors: 3, hubService });
  const address = hub.base.replace(/\/fhir$/, '/HubService.svc');
  client = await createClientAsync(`${address}?wsdl`);
  client.setEndpoint(address);
}, 120_000);
afterAll(async () => {
  await hub.stop();
  await database.drop();
  await concentrator.close();
});

type Result = Record<string, Record<string, object | object[]>> & { Success: boolean; IdPat: string };

async function call(operation: string, parameters: object): Promise<Result> {
  const given = { idLpu: lpu.one, ...parameters, guid: guids.concentrator };
  const [answer] = (await client[`${operation}Async`](given)) as [Record<string, Result>];
  const result = answer[`${operation}Result`]!;
  expect(result, operation).toMatchObject({ Success: true });
  return result;
}

const itemsOf = <T>(list: object | object[] | undefined): T[] => [list ?? []].flat() as T[];

/** Numbers 1 to 4 stand (protocols/onec.md §1.4). */
async function heldByOnec(surname: string): Promise<number> {
  const { bookings } = (await hub.control('GET', 'state?source=site')) as {
    bookings: { surname: string; status: number }[];
  };
  return bookings.filter((b) => b.surname === surname && [1, 2, 3, 4].includes(Number(b.status))).length;
}

test('booked and cancelled in 1С; told of by a hub that was killed in between', async () => {
  const patient = {
    Birthday: '1980-02-29T00:00:00',
    CellPhone: '+79000000001',
    Name: 'Мария',
    Surname: 'Региональнова',
  };
  const { IdPat: idPat } = await call('AddNewPatient', { patient });
  const { ListSpeciality } = await call('GetAvailableDoctors', { idPat });
  const [specialty] = itemsOf<{ Docs: { Doctor3: object[] } }>(ListSpeciality!['Speciality3']);
  const [doctor] = itemsOf<{ IdDoc: string; CountFreeTicket: number }>(specialty!.Docs.Doctor3);
  expect(doctor!.CountFreeTicket).toBeGreaterThan(0);
  const { ListAppointments } = await call('GetAvaibleAppointments', { idDoc: doctor!.IdDoc, idPat });
  const times = itemsOf<{ IdAppointment: string }>(ListAppointments!['Appointment']);
  const idAppointment = times.at(-1)!.IdAppointment;
  await call('SetAppointment', { idAppointment, idPat });
  await hub.killHub();
  expect(await heldByOnec(patient.Surname)).toBe(1);
  await hub.startHub();
  await call('SetAppointment', { idAppointment, idPat });
  expect(await heldByOnec(patient.Surname)).toBe(1);
  const { ListHistoryVisit } = await call('GetPatientHistory', { idPat });
  const [visit] = itemsOf<{ IdAppointment: string }>(ListHistoryVisit!['HistoryVisit']);
  const [told] = await concentrator.accepted(visit!.IdAppointment, 1);
  expect(told!.parameters).toMatchObject({ patient: { Surname: patient.Surname }, appointmentSource: 'Прочее' });
  await call('CreateClaimForRefusal', { idPat, idAppointment: visit!.IdAppointment });
  await hub.killHub();
  await hub.startHub();
  const all = await concentrator.accepted(visit!.IdAppointment, 2);
  expect(all.at(-1)!.parameters.status).toBe('запись_отменена_по_инициативе_пациента');
  expect(await heldByOnec(patient.Surname)).toBe(0);
}, 180_000);
