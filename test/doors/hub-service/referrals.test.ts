/** Referrals that are kept here are found by their numbers, with the times that they are for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { createStage, guids, lpu, type Stage } from './stage.ts';

let stage: Stage;
let idPat: string;
beforeAll(async () => {
  stage = await createStage({ quarters: 4 });
  idPat = await stage.patient('Направленова');
  await refer('УО-1', { text: 'кардиология' });
  await refer('УО-2', { coding: [{ system: 'urn:oid:1.2.643.5.1.13.13.11.1066', code: '27' }] });
  await refer('УО-3', undefined, { status: 'revoked' });
  await refer('УО-4');
  await refer('УО-4');
});
afterAll(() => stage.close());

async function refer(number: string, performerType?: object, more: object = {}) {
  const body = {
    ...{
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: `Patient/${idPat}` },
    },
    ...{ identifier: [{ system: 'urn:uo', value: number }], authoredOn: '2026-11-02', priority: 'routine' },
    ...{ reasonCode: [{ text: 'Боль в груди' }], ...(performerType && { performerType }), ...more },
  };
  const { status } = await ask(stage.hub, 'POST', 'ServiceRequest', {
    token: await stage.hub.token({ clinics: ['one'] }),
    body,
  });
  expect(status).toBe(201);
}

const inspect = (doctorsReferal: string, more: object = {}) =>
  stage.call('InspectDoctorsReferral2', { idLpu: lpu.one, doctorsReferal, surname: 'НАПРАВЛЕНОВА', ...more });

test('CheckReferral tells whose it is and what it is for', async () => {
  const { result } = await stage.call('CheckReferral', { doctorsReferral: ' УО-1 ' });
  expect(result.Referral).toEqual({
    Patient: {
      Person: {
        ...{ BirthDate: '1980-02-29T00:00:00', IdPatientMis: idPat },
        HumanName: { FamilyName: 'Направленова', GivenName: 'Мария', MiddleName: 'Олеговна' },
      },
    },
    ReferralInfo: { Date: '2026-11-02T00:00:00', IdMq: 'УО-1', Priority: 'routine', Reason: 'Боль в груди' },
  });
});

test('InspectDoctorsReferral2 gives the times of its specialty, by name or federal code, and they can be booked', async () => {
  const { result } = await inspect('УО-1');
  expect(result).toMatchObject({ IdLpu: lpu.one, IdPat: idPat, ListSpeciality: [{ NameSpeciality: 'Кардиология' }] });
  const [{ ListAppointment: times }] = result.ListSpeciality![0]!.ListDoctor as [
    { ListAppointment: { IdAppointment: string }[] },
  ];
  expect(times).toHaveLength(3);
  const { result: coded } = await inspect('УО-2', { idLpu: undefined });
  expect(coded.ListSpeciality!.map((s) => s.NameSpeciality)).toEqual(['Терапия', 'Кардиология']);
  const booking = { idLpu: lpu.one, idPat, idAppointment: times[0]!.IdAppointment, doctorsReferral: 'УО-1' };
  expect((await stage.call('SetAppointment', booking)).result.Success).toBe(true);
});

test('what there is not, what does not stand, whose it is not', async () => {
  expect((await inspect('УО-9')).errors).toEqual([99]);
  expect((await inspect('УО-3')).errors).toEqual([99]);
  expect((await inspect('УО-4')).errors).toEqual([99]);
  expect((await inspect('УО-1', { surname: 'Другая' })).errors).toEqual([20]);
  expect((await inspect('УО-1', { surname: undefined })).errors).toEqual([4]);
  expect((await inspect('')).errors).toEqual([4]);
  expect((await stage.call('CheckReferral', {})).errors).toEqual([4]);
  expect((await stage.call('CheckReferral', { guid: guids.portal, doctorsReferral: 'УО-1' })).errors).toEqual([99]);
});
