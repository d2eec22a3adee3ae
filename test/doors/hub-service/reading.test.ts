/** What a concentrator reads of a clinic: doctors, days and times, in the clinic's own zone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { handlers } from '../../../src/doors/hub-service/handlers.ts';
import { freeText } from '../../../src/doors/hub-service/schedule.sql.ts';
import { viewerValues } from '../../../src/store/visibility.ts';
import { begin } from '../../support/memory-mis.ts';
import { createStage, guids, lpu, moscow, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

const idLpu = lpu.one;
const first = begin + 6 * 3_600_000;

describe('directories', () => {
  test('GetVersion needs no guid', async () => {
    const { result, errors } = await stage.call('GetVersion');
    expect(result).toMatchObject({ Success: true, ServiceVersion: '0.0.0' });
    expect(errors).toEqual([]);
  });

  test('GetErrorList has the dictionary in its ErrorList', async () => {
    const { result } = await stage.call('GetErrorList', { idHistory: 5 });
    expect(result).toMatchObject({ Success: true, IdHistory: 5 });
    expect(result.ErrorList!.map((e) => e.IdError)).toEqual([1, 4, 20, 21, 33, 35, 36, 38, 39, 41, 75, 99]);
  });

  test('GetDistrictList, GetLPUList: the clinics of the caller alone, by district', async () => {
    const { result: districts } = await stage.call('GetDistrictList');
    expect(districts.Districts).toEqual([{ DistrictName: 'Невский', IdDistrict: 7 }]);
    const { result } = await stage.call('GetLPUList', { idDistrict: 7 });
    expect(result.ListLPU).toEqual([
      {
        ...{ District: 7, IdLPU: 44, IsActive: true, LPUFullName: 'Поликлиника', LPUShortName: 'Поликлиника' },
        ...{ LPUType: 1, Oid: '1.2.3' },
      },
    ]);
    const { result: none, body } = await stage.call('GetLPUList', { idDistrict: 8 });
    expect(none).toMatchObject({ Success: true, ListLPU: [] });
    expect(body).toContain('<h:ErrorList i:nil="true"/>');
    const { result: other } = await stage.call('GetLPUList', { guid: guids.portal });
    expect(other.ListLPU!.map((l) => l.IdLPU)).toEqual([lpu.two]);
  });

  test('GetLPUInfo: one, all, none', async () => {
    const { result } = await stage.call('GetLPUInfo', {});
    expect(result.LpuCollection).toMatchObject([{ Id: 44, FullName: 'Поликлиника', DistrictName: 'Невский' }]);
    expect((await stage.call('GetLPUInfo', { idLpu: lpu.two })).errors).toEqual([99]);
  });
});

describe('doctors', () => {
  test('GetSpesialityList counts what is free, in local time', async () => {
    const { result } = await stage.call('GetSpesialityList', { idLpu });
    expect(result.ListSpesiality).toMatchObject([
      {
        ...{ NameSpesiality: 'Терапия', FerIdSpesiality: '27', CountFreeTicket: 40, CountFreeParticipantIE: 40 },
        ...{ NearestDate: moscow(first), LastDate: moscow(first + 39 * 900_000) },
      },
      { NameSpesiality: 'Кардиология', CountFreeTicket: 3 },
    ]);
  });

  test('GetDoctorList: of a specialty; of one that there is not, an empty list', async () => {
    const { result: all } = await stage.call('GetSpesialityList', { idLpu });
    const [{ IdSpesiality: idSpesiality }] = all.ListSpesiality as [{ IdSpesiality: string }];
    const { result } = await stage.call('GetDoctorList', { idLpu, idSpesiality });
    expect(result.Docs).toMatchObject([{ Name: 'Соколова Анна Петровна', CountFreeTicket: 40 }]);
    const { result: none, body } = await stage.call('GetDoctorList', { idLpu, idSpesiality: 'нет такой' });
    expect(none).toMatchObject({ Success: true, Docs: [] });
    expect(body).toContain('<h:Docs></h:Docs>');
    expect((await stage.call('GetDoctorList', { idLpu })).errors).toEqual([4]);
  });

  test('GetAvailableDoctors, GetDocListFullTree, GetPositionList, GetDoctorList2 tell the same doctors', async () => {
    const { result: available } = await stage.call('GetAvailableDoctors', { idLpu, ferIdSpeciality: '27' });
    const doctors = available.ListSpeciality!.flatMap((s) => s.Docs!.map((d) => d.IdDoc));
    expect(doctors).toHaveLength(2);
    const { result: tree } = await stage.call('GetDocListFullTree', { idLpu });
    expect(tree.ListDoctor!.flatMap((s) => s.ListEssence!.map((d) => d.IdEssence))).toEqual(doctors);
    const { result: positions } = await stage.call('GetPositionList', { idLpu });
    expect(positions.ListPosition).toMatchObject([
      { NamePosition: 'Терапия', CountFreeTicket: 40 },
      { CountFreeTicket: 3 },
    ]);
    const idPosition = positions.ListPosition![0]!.IdPosition!;
    const { result: two } = await stage.call('GetDoctorList2', { idLpu, idPosition });
    expect(two.Docs).toMatchObject([{ IdDoc: doctors[0], LastName: 'Соколова Анна Петровна', PositionId: idPosition }]);
    expect((await stage.call('GetAvailableDoctors', { idLpu, ferIdSpeciality: '999' })).result.ListSpeciality).toEqual(
      [],
    );
  });

  test('GetFullInfoById: doctor, specialty, clinic, and the patient where one is asked for', async () => {
    const { doctor } = await stage.times();
    const idPat = await stage.patient();
    const { result } = await stage.call('GetFullInfoById', { idLpu, idDoc: doctor, idPat });
    expect(result).toMatchObject({
      Doc: { IdDoc: doctor, CountFreeTicket: 40 },
      DoctorsSpesiality: { NameSpesiality: 'Терапия' },
      LPU: { IdLPU: 44 },
      Pat: { IdPat: idPat, Surname: 'Тестова', Name: 'Мария', SecondName: 'Олеговна', Birthday: '1980-02-29T00:00:00' },
    });
    expect((await stage.call('GetFullInfoById', { idLpu, idDoc: idPat, idPat })).errors).toEqual([99]);
  });
});

describe('times', () => {
  const day = moscow(first).slice(0, 10);

  test('GetAvaibleAppointments: slots with their ids, the day that is named as the end included', async () => {
    const { doctor } = await stage.times();
    const asked = { idLpu, idDoc: doctor, visitStart: `${day}T00:00:00`, visitEnd: `${day}T00:00:00` };
    const { result } = await stage.call('GetAvaibleAppointments', asked);
    expect(result.ListAppointments).toHaveLength(40);
    expect(result.ListAppointments![0]).toMatchObject({
      VisitStart: moscow(first),
      VisitEnd: moscow(first + 900_000),
    });
    const narrow = { ...asked, visitStart: moscow(first + 900_000), visitEnd: moscow(first + 3 * 900_000) };
    expect((await stage.call('GetAvaibleAppointments', narrow)).result.ListAppointments).toHaveLength(2);
    const none = { ...asked, visitStart: '2020-01-01T00:00:00', visitEnd: '2020-01-02T00:00:00' };
    expect((await stage.call('GetAvaibleAppointments', none)).result.ListAppointments).toEqual([]);
    expect(
      (await stage.call('GetAvaibleAppointments', { ...asked, visitStart: '2026-02-31T00:00:00' })).errors,
    ).toEqual([4]);
    expect((await stage.call('GetAvaibleAppointments', { idLpu })).errors).toEqual([4]);
    const byReferral = { idLpu, idDoc: doctor, startVisit: asked.visitStart, endVisit: asked.visitEnd };
    const { result: same } = await stage.call('GetAppointmentsDemandDoctorsReferal', byReferral);
    expect(same.ListAppointments).toEqual(result.ListAppointments);
  });

  test('GetAvailableDates: days, at midnight', async () => {
    const { doctor } = await stage.times();
    const { result } = await stage.call('GetAvailableDates', { idLpu, idDoc: doctor });
    expect(result.AvailableDateList).toEqual([`${day}T00:00:00`]);
    const past = { idLpu, idDoc: doctor, visitStart: '2020-01-01T00:00:00', visitEnd: '2020-01-02T00:00:00' };
    expect((await stage.call('GetAvailableDates', past)).result.AvailableDateList).toEqual([]);
  });

  test('GetWorkingTime: from the first to the last time of a day, and whether it can be booked', async () => {
    const { doctor } = await stage.times();
    const asked = { idLpu, idDoc: doctor, visitStart: `${day}T00:00:00`, visitEnd: `${day}T00:00:00` };
    const { result } = await stage.call('GetWorkingTime', asked);
    expect(result.WorkingTimeList).toEqual([
      { RecordableDay: true, VisitStart: moscow(first), VisitEnd: moscow(first + 40 * 900_000) },
    ]);
  });

  test('counting looks at the free times of the doctors that are asked for, by their index', async () => {
    const client = await stage.hub.pool.connect();
    try {
      await client.query('begin');
      await client.query('set local enable_seqscan = off');
      const values = [...viewerValues({ clinics: [1], keys: null, types: null, closed: [] }), [], new Date()];
      const { rows } = await client.query<Record<string, string>>(`explain ${freeText}`, values);
      const plan = rows.map((r) => r['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index (Only )?Scan using slot_free on slot/);
      expect(plan).toMatch(/Index Cond: .*schedule = x\.id.*start_at >/);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('for whom it is', () => {
  test('what is for patients of the clinic alone is not shown to another, and cannot be booked by him', async () => {
    const { doctor, slots } = await stage.times();
    const idPat = await stage.patient();
    await stage.call('SetAppointment', { idLpu, idPat, idAppointment: slots[1]! });
    const insert = `insert into schedule_availability (schedule, clinic, rule) values ($1, $2, 'attached')`;
    await stage.hub.pool.query(insert, [doctor, stage.hub.clinic.number]);
    try {
      const { result } = await stage.call('GetSpesialityList', { idLpu, idPat });
      expect(result.ListSpesiality!.map((s) => s.NameSpesiality)).toEqual(['Кардиология']);
      expect((await stage.call('GetAvaibleAppointments', { idLpu, idPat, idDoc: doctor })).errors).toEqual([99]);
      expect((await stage.call('SetAppointment', { idLpu, idPat, idAppointment: slots[0]! })).errors).toEqual([36]);
      // What stands is not judged again.
      expect((await stage.call('SetAppointment', { idLpu, idPat, idAppointment: slots[1]! })).result.Success).toBe(
        true,
      );
    } finally {
      await stage.hub.pool.query('delete from schedule_availability');
    }
    const { result } = await stage.call('GetSpesialityList', { idLpu, idPat });
    expect(result.ListSpesiality).toHaveLength(2);
  });
});

test('every operation of the contract answers: what is not served says so', async () => {
  for (const operation of Object.keys(hubContract.operations) as (keyof typeof hubContract.operations)[]) {
    const { status, result } = await stage.call(operation, {} as never);
    expect(status, operation).toBe(200);
    const { Success, ErrorList = [] } = result as { Success?: boolean; ErrorList?: { ErrorDescription?: string }[] };
    const isServed = operation in handlers || operation === 'GetErrorList';
    if (!isServed) expect(ErrorList[0]?.ErrorDescription, operation).toBe('Операция не поддерживается');
    expect(Success === true || ErrorList.length === 1, operation).toBe(true);
  }
});

test('both versions of SOAP, nil for what is absent', async () => {
  const { result } = await stage.call('GetLPUList', { idHistory: 9 }, { version: '1.2', absent: 'nil' });
  expect(result).toMatchObject({ Success: true, IdHistory: 9 });
});
