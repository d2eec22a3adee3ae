/** An independent client, the package `soap`, reads our WSDL and goes the whole way, in both versions of SOAP. */
import type { AddressInfo } from 'node:net';
import { type Client, createClientAsync } from 'soap';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { createStage, guids, lpu, type Stage } from './stage.ts';

let stage: Stage;
let wsdl: string;
let origin: string;
beforeAll(async () => {
  stage = await createStage();
  await stage.hub.app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(stage.hub.app.server.address() as AddressInfo).port}`;
  wsdl = `${origin}/HubService.svc?wsdl`;
});
afterAll(() => stage.close());

type Answer = Record<string, Record<string, unknown>>;

async function call(client: Client, operation: string, parameters: object): Promise<Record<string, unknown>> {
  const given = { idLpu: lpu.one, ...parameters, guid: guids.concentrator };
  const [answer] = (await client[`${operation}Async`](given)) as [Answer];
  const result = answer[`${operation}Result`]!;
  expect(result, operation).toMatchObject({ Success: true });
  return result;
}

test.each([
  ['1.1', 'HubService.svc', false, 'Перваяя'],
  ['1.2', 'HubService.svc/soap12', true, 'Втораяя'],
])('SOAP %s: found or added, booked, listed, cancelled', async (_, path, forceSoap12Headers, Surname) => {
  const client = await createClientAsync(wsdl, { forceSoap12Headers });
  client.setEndpoint(`${origin}/${path}`);
  const patient = { Birthday: '1980-02-29T00:00:00', Name: 'Мария', SecondName: 'Олеговна', Surname };
  const { IdPat: idPat } = await call(client, 'AddNewPatient', { patient });
  expect(await call(client, 'CheckPatient', { pat: patient })).toMatchObject({ IdPat: idPat });
  const specialties = await call(client, 'GetSpesialityList', { idPat });
  const [{ IdSpesiality: idSpesiality }] = (specialties['ListSpesiality'] as { Spesiality: [{ IdSpesiality: string }] })
    .Spesiality;
  const doctors = await call(client, 'GetDoctorList', { idSpesiality, idPat });
  const { IdDoc: idDoc } = [(doctors['Docs'] as { Doctor: { IdDoc: string } }).Doctor].flat()[0]!;
  const { AvailableDateList } = await call(client, 'GetAvailableDates', { idDoc, idPat });
  const days = [(AvailableDateList as { dateTime: Date | Date[] }).dateTime].flat();
  expect(days).toHaveLength(1);
  const { ListAppointments } = await call(client, 'GetAvaibleAppointments', { idDoc, idPat });
  const [{ IdAppointment: idAppointment }] = (ListAppointments as { Appointment: [{ IdAppointment: string }] })
    .Appointment;
  await call(client, 'SetAppointment', { idAppointment, idPat });
  const { ListHistoryVisit } = await call(client, 'GetPatientHistory', { idPat });
  const { IdAppointment: booked } = [
    (ListHistoryVisit as { HistoryVisit: { IdAppointment: string } }).HistoryVisit,
  ].flat()[0]!;
  const token = await stage.hub.token({ clinics: ['one'] });
  const status = async () => (await ask(stage.hub, 'GET', `Appointment/${booked}`, { token })).body['status'];
  expect(await status()).toBe('booked');
  await call(client, 'CreateClaimForRefusal', { idPat, idAppointment: booked });
  expect(await status()).toBe('cancelled');
});
