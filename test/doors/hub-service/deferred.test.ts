/** Requests of the журнал отложенной записи, as a concentrator asks a clinic about them (protocols/regiz.md §4). */
import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { createStage, lpu } from './stage.ts';

const stage = await createStage();
const { hub } = stage;
afterAll(() => stage.close());

const { doctor, slots } = await stage.times();
const requestOf = (IdPatient: string, PARequest: object) => ({
  IdPar: '7800000001',
  PARequest: { IdLpu: String(lpu.one), ...PARequest },
  PARequestPatient: { IdPatient },
});

test('times of the doctor that is named, or of a speciality', async () => {
  const idPat = await stage.patient('Отложенная');
  const { result } = await stage.call('GetAvailableAppointmentsByPARequest', {
    attachedPARequest: requestOf(idPat, { IdDoc: doctor }),
  });
  expect(result).toMatchObject({ Success: true, IdLpu: lpu.one, IdPat: idPat });
  const [speciality, ...others] = result.ListSpeciality!;
  expect(others).toEqual([]);
  expect(speciality!.ListDoctor!.map((d) => d.IdDoc)).toEqual([doctor]);
  expect(speciality!.ListDoctor![0]!.ListAppointment!.map((a) => a.IdAppointment)).toEqual(slots);
  const { result: byName } = await stage.call('GetAvailableAppointmentsByPARequest', {
    attachedPARequest: requestOf(idPat, { IdSpeciality: speciality!.IdSpeciality! }),
    idLpu: lpu.one,
  });
  expect(byName.ListSpeciality!.map((s) => s.IdSpeciality)).toEqual([speciality!.IdSpeciality]);
  const none = await stage.call('GetAvailableAppointmentsByPARequest', { attachedPARequest: requestOf(idPat, {}) });
  expect(none.result).toMatchObject({ Success: true });
  expect(none.result.ListSpeciality ?? []).toEqual([]);
});

test('a booking by a request is one, and is the patient’s', async () => {
  const idPat = await stage.patient('Записанная');
  const parameters = { attachedPARequest: requestOf(idPat, { IdDoc: doctor }), idAppointment: slots.at(-1)! };
  for (const _ of [1, 2])
    expect((await stage.call('SetAppointmentByPARequest', parameters)).result).toMatchObject({
      Success: true,
      Type: 1,
    });
  const { body } = await ask(hub, 'GET', `Appointment?patient=${idPat}`);
  const [{ resource }] = body['entry'] as [{ resource: Record<string, unknown> }];
  expect([body['total'], resource['status'], resource['comment']]).toEqual([1, 'booked', 'Направление № 7800000001']);
  const other = await stage.patient('Опоздавшая');
  const late = { ...parameters, attachedPARequest: requestOf(other, { IdDoc: doctor }) };
  expect((await stage.call('SetAppointmentByPARequest', late)).errors).toEqual([39]);
});

test.each(['GetAvailableAppointmentsByPARequest', 'SetAppointmentByPARequest'] as const)(
  '%s needs a request with its patient, of one of the caller’s clinics',
  async (operation) => {
    const idPat = await stage.patient('Чужая');
    const attached = requestOf(idPat, { IdDoc: doctor });
    const told = async (attachedPARequest?: object, more: object = {}) =>
      (
        await stage.call(operation, {
          idAppointment: slots[0]!,
          ...(attachedPARequest && { attachedPARequest }),
          ...more,
        })
      ).errors;
    expect(await told()).toEqual([4]);
    expect(await told({ IdPar: '1', PARequest: {} })).toEqual([4]);
    expect(await told(requestOf(randomUUID(), {}))).toEqual([20]);
    expect(await told(attached, { idLpu: lpu.two })).toEqual([99]);
    expect(await told({ ...attached, PARequest: { IdLpu: 'сорок четыре' } })).toEqual([99]);
  },
);

test('of a request that has changed the journal is asked at once; of another clinic’s it is not', async () => {
  const insert = (clinic: number, reference: string) =>
    hub.pool.query(
      `insert into waiting (id, clinic, patient, target, state, reference) values ($1, $2, $3, 'PractitionerRole/x', 'waiting', $4)`,
      [randomUUID(), clinic, randomUUID(), reference],
    );
  const numbers = ['one', 'two'].map((key) => hub.clinics.byKey(key)!.number);
  await insert(numbers[0]!, '78-1');
  await insert(numbers[1]!, '78-2');
  for (const IdPar of ['78-1', '78-2', '78-3'])
    expect((await stage.call('HandlePARequestChanged', { info: { IdPar, PARequestStatus: 3 } })).result).toMatchObject({
      Success: true,
    });
  const { rows } = await hub.pool.query('select reference, next_at is not null as due, state from waiting order by 1');
  expect(rows).toEqual([
    { reference: '78-1', due: true, state: 'waiting' },
    { reference: '78-2', due: false, state: 'waiting' },
  ]);
  expect((await stage.call('HandlePARequestChanged', { info: {} })).errors).toEqual([4]);
});
