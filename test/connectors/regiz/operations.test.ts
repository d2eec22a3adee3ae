/** Every operation of the contract through the typed client, before the sandbox: what is sent arrives, what is answered is read. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import type { Settings } from '../../../sandbox/regiz/settings.ts';
import type { HubOperation, HubParameters, HubResult } from '../../../src/connectors/regiz/contract/hub.ts';
import { hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { type Link, openLink } from '../../../src/connectors/regiz/link.ts';
import { regizSettings } from '../../../src/connectors/regiz/settings.ts';
import { contextOf } from '../../support/connection.ts';
import { now } from './stage.ts';

const lpu = 44;
/** Of the first referral that the sandbox begins with: it may be booked by. */
const referral = '78000000000001';
const person = { Surname: 'Примерова', Name: 'Анна', SecondName: 'Ивановна', Birthday: '1980-02-29T00:00:00' };
const days = { visitStart: '2026-12-01T00:00:00', visitEnd: '2026-12-03T23:59:59' };

/** What one operation has told and the next ones ask with. */
interface Told {
  patient: string;
  speciality: string;
  doctor: string;
  slot: string;
  booking: string;
  request: string;
  requestedSlot: string;
}

interface Case<O extends HubOperation> {
  readonly write?: true;
  parameters(told: Told): Omit<HubParameters<O>, 'guid' | 'idHistory'>;
  /** Members of the result, by a good answer whose lists are full. */
  readonly good: object;
  keep?(told: Told, result: HubResult<O>): void;
}

const some = expect.arrayContaining([expect.anything()]);
const text = expect.any(String);
const slotsOf = (told: Told) => ({ idDoc: told.doctor, idLpu: lpu, idPat: told.patient });
const tickets = { CountFreeTicket: expect.any(Number), NearestDate: expect.stringMatching(/T00:00:00$/) };
const listed = { IdDoc: text, Name: text, Snils: expect.stringMatching(/^[\d-]+ \d\d$/), ...tickets };
const oneOf = (item: object) => expect.arrayContaining([expect.objectContaining(item)]);
const cardiology = oneOf({ FerIdSpeciality: '13', ListDoctor: oneOf({ ListAppointment: oneOf({ Room: text }) }) });
const patient2 = { ...person, Gender: 'F' };
const wanted = (told: Told) => ({
  PARequest: { IdLpu: String(lpu), IdSpeciality: told.speciality, NameSpeciality: 'Хирургия' },
  PARequestInfo: { Claim: '1' },
  PARequestPatient: { IdPatient: told.patient, LastName: 'Примерова', FirstName: 'Анна' },
  PASource: 1,
  PreferredIntervals: [{ StartDate: '2026-12-01T00:00:00', EndDate: '2026-12-31T00:00:00' }],
});

/** In this order: each finds what it needs in the answers of those before it. */
const cases: { readonly [O in HubOperation]: Case<O> } = {
  GetVersion: { parameters: () => ({}), good: { DatabaseVersion: text, ServiceVersion: text } },
  GetErrorList: { parameters: () => ({}), good: { ErrorList: oneOf({ IdError: 39, ErrorDescription: text }) } },
  GetDistrictList: { parameters: () => ({}), good: { Districts: oneOf({ IdDistrict: 1, Okato: 40262000 }) } },
  GetLPUList: { parameters: () => ({ idDistrict: 1 }), good: { ListLPU: [expect.objectContaining({ IdLPU: lpu })] } },
  GetLPUInfo: { parameters: () => ({ idLpu: lpu }), good: { LpuCollection: oneOf({ Id: lpu, Phone: text }) } },
  GetOrgList: { parameters: () => ({}), good: { OrgList: oneOf({ Hub_ID: lpu }) } },
  GetLpuToRFSZIList: { parameters: () => ({}), good: { LpuListToRfiszs: oneOf({ InfoStand: false }) } },
  CheckPatient: {
    parameters: () => ({ pat: person, idLpu: lpu }),
    good: { IdPat: text },
    keep(told, { IdPat }) {
      told.patient = IdPat!;
    },
  },
  SearchTop10Patient: {
    parameters: () => ({ pat: person, idLpu: lpu }),
    good: { ListPatient: [expect.objectContaining(person)] },
  },
  AddNewPatient: {
    write: true,
    parameters: () => ({ patient: { ...person, Name: 'Новая' }, idLpu: lpu, approvedByTfoms: true }),
    good: { IdPat: text },
  },
  UpdatePhoneByIdPat: {
    write: true,
    parameters: ({ patient }) => ({ idLpu: lpu, idPat: patient, homePhone: '', cellPhone: '+79000000001' }),
    good: {},
  },
  GetPatientsAreas: {
    parameters: ({ patient }) => ({ idLpu: String(lpu), idPat: patient }),
    good: { PatientsAreaList: [{ Area: '1', AreaType: 'Терапевтический' }] },
  },
  GetSpesialityList: {
    parameters: ({ patient }) => ({ idLpu: lpu, idPat: patient }),
    good: { ListSpesiality: oneOf({ NameSpesiality: 'Хирургия', FerIdSpesiality: text, ...tickets }) },
    keep(told, { ListSpesiality = [] }) {
      told.speciality = ListSpesiality.find(({ NameSpesiality }) => NameSpesiality === 'Хирургия')!.IdSpesiality!;
    },
  },
  GetDoctorList: {
    parameters: ({ patient, speciality }) => ({ idSpesiality: speciality, idLpu: lpu, idPat: patient }),
    good: { Docs: oneOf(listed) },
    keep(told, { Docs = [] }) {
      told.doctor = Docs[0]!.IdDoc!;
    },
  },
  GetAvailableDoctors: {
    parameters: ({ speciality }) => ({ idLpu: lpu, idSpeciality: speciality }),
    good: { ListSpeciality: [expect.objectContaining({ NameSpeciality: 'Хирургия', Docs: oneOf(listed) })] },
  },
  GetDocListFullTree: {
    parameters: () => ({ idLpu: lpu }),
    good: { ListDoctor: oneOf({ ListEssence: oneOf({ NameEssence: text }) }) },
  },
  GetPositionList: {
    parameters: () => ({ idLpu: lpu }),
    good: { ListPosition: oneOf({ NamePosition: 'врач-хирург', FedIdPosition: '122', IdPosition: text }) },
  },
  GetDoctorList2: {
    parameters: () => ({ idLpu: lpu, fedIdPosition: '122' }),
    good: { Docs: oneOf({ LastName: text, AgeGroup: ['Дети', 'Взрослые'], PositionId: text }) },
  },
  GetFullInfoById: {
    parameters: (told) => slotsOf(told),
    good: { Doc: expect.objectContaining(listed), LPU: expect.objectContaining({ IdLPU: lpu, IsActive: true }) },
  },
  GetWorkingTime: {
    parameters: ({ doctor }) => ({ idDoc: doctor, idLpu: lpu, ...days }),
    good: { WorkingTimeList: oneOf({ RecordableDay: true, VisitStart: text, VisitEnd: text }) },
  },
  GetAvailableDates: {
    parameters: (told) => ({ ...slotsOf(told), ...days }),
    good: { AvailableDateList: expect.arrayContaining(['2026-12-01T00:00:00']) },
  },
  GetAvaibleAppointments: {
    parameters: (told) => ({ ...slotsOf(told), ...days }),
    good: { ListAppointments: oneOf({ IdAppointment: text, VisitStart: text, VisitEnd: text, Room: text }) },
    keep(told, { ListAppointments = [] }) {
      told.slot = ListAppointments[0]!.IdAppointment!;
      told.requestedSlot = ListAppointments[1]!.IdAppointment!;
    },
  },
  GetAppointmentsDemandDoctorsReferal: {
    parameters: (told) => ({
      ...slotsOf(told),
      appType: 'консультация',
      startVisit: days.visitStart,
      endVisit: days.visitEnd,
    }),
    good: { ListAppointments: some },
  },
  GetAvailableAppointmentsInfo: {
    parameters: () => ({ patient2, info: { ProfileMedService: '13' }, idLpu: String(lpu) }),
    good: { IdLpu: lpu, IdPat: text, ListSpeciality: cardiology },
  },
  CheckReferral: {
    parameters: () => ({ doctorsReferral: referral }),
    good: { Referral: { ReferralInfo: { IdMq: referral }, Patient: { Person: { HumanName: { GivenName: 'Анна' } } } } },
  },
  InspectDoctorsReferal: {
    parameters: () => ({ idLpu: lpu, doctorsReferal: referral }),
    good: { IdLpu: lpu, Id_Patient: text, Type: 'консультация' },
  },
  InspectDoctorsReferral2: {
    parameters: () => ({ idLpu: lpu, doctorsReferal: referral, surname: 'Примерова' }),
    good: { IdLpu: lpu, IdPat: text, ListSpeciality: cardiology },
  },
  SetAppointment: {
    write: true,
    parameters: ({ slot, patient }) => ({ idAppointment: slot, idLpu: lpu, idPat: patient }),
    good: { Type: 'отсутстствует_неопределено' },
  },
  GetPatientHistory: {
    parameters: ({ patient }) => ({ idLpu: lpu, idPat: patient }),
    good: {
      ListHistoryVisit: [expect.objectContaining({ DoctorRendingConsultation: expect.objectContaining(listed) })],
    },
    keep(told, { ListHistoryVisit = [] }) {
      told.booking = ListHistoryVisit[0]!.IdAppointment!;
    },
  },
  CheckIn: { parameters: ({ booking }) => ({ idAppointment: booking }), good: { Count: 0, Office: text } },
  GetTodayAppointments: {
    parameters: () => ({}),
    good: {
      SchedulerOfDoctorList: oneOf({ ShedulerOfDoctorItemCollection: oneOf({ Pat: expect.objectContaining({}) }) }),
    },
  },
  SendNotificationAboutAppointment: {
    write: true,
    parameters: ({ doctor, patient, booking }) => ({
      doctor: { IdDoc: doctor },
      spesiality: { NameSpesiality: 'Хирургия' },
      idLpu: lpu,
      patient: { IdPat: patient },
      appointment: { $type: 'NoticeAppointment', IdAppointment: booking, VisitStart: '2026-12-01T09:00:00' },
      appointmentSource: 'Регистратура',
      member: '5a4d0b0c-0000-4000-8000-00000000000f',
    }),
    good: { IdNotification: '998001' },
  },
  SendNotificationAboutAppointmentStatus: {
    write: true,
    parameters: ({ patient, booking }) => ({
      idNotification: '998001',
      idLpu: lpu,
      idPat: patient,
      idAppointment: booking,
      status: 'посещение_состоялось',
      eventDatetime: '2026-12-01T09:15:00',
    }),
    good: {},
  },
  PatientNotification: {
    write: true,
    parameters: ({ patient, booking }) => ({
      idAppointment: booking,
      visitStart: '2026-12-01T09:00:00',
      idLpu: lpu,
      idPat: patient,
      contacts: [{ ContactValue: '+79000000001', IdContactType: 1, IsPref: true }],
    }),
    good: {},
  },
  CreateClaimForRefusal: {
    write: true,
    parameters: ({ patient, booking }) => ({ idLpu: lpu, idPat: patient, idAppointment: booking }),
    good: {},
  },
  SetWaitingList: {
    write: true,
    parameters: ({ doctor, speciality }) => ({
      idDoc: doctor,
      idSpesiality: speciality,
      idLpu: lpu,
      rule: { Start: '2026-12-01T00:00:00', End: '2026-12-31T00:00:00' },
      claim: 'нет_удобного_времени',
      namePat: 'Примерова Анна',
      birthday: person.Birthday,
      phone: '+79000000001',
    }),
    good: { GuidClaim: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  },
  GetStatusAnalysis: { parameters: () => ({ idAnalysis: '17' }), good: { Status: { key: 17, value: text } } },
  GetHubUserByGuid: {
    parameters: () => ({ usersGuid: '5a4d0b0c-0000-4000-8000-000000000001' }),
    good: { HubUserList: [{ UserName: text, UserPosition: text, PublicGuid: text }] },
  },
  RegisterPARequest: {
    write: true,
    parameters: (told) => ({ request: wanted(told) }),
    good: { IdPar: text },
    keep(told, { IdPar }) {
      told.request = IdPar!;
    },
  },
  SearchActivePARequests: {
    parameters: ({ patient }) => ({ filter: { IdPatients: [patient] } }),
    good: { Count: 1, ActivePARequests: [expect.objectContaining({ PreferredIntervals: some })] },
  },
  SearchPARequests: {
    parameters: ({ patient }) => ({ filter: { IdInfos: [{ IdLpu: String(lpu), IdPatient: patient }] } }),
    good: { Count: 1, PARequests: [expect.objectContaining({ PARequestStatus: 1 })] },
  },
  SearchCtoPARequests: {
    parameters: () => ({ filter: { PatientLastName: 'Примерова', IntervalStart: '2026-12-05T00:00:00' } }),
    good: { Count: 1, PARequests: oneOf({ PARequestInfo: { Claim: '1' } }) },
  },
  GetAvailableAppointmentsByPARequest: {
    parameters: ({ request }) => ({ attachedPARequest: { IdPar: request }, idLpu: lpu }),
    good: { IdLpu: lpu, IdPat: text, ListSpeciality: oneOf({ NameSpeciality: 'Хирургия' }) },
  },
  SetAppointmentByPARequest: {
    write: true,
    parameters: ({ request, requestedSlot }) => ({
      idAppointment: requestedSlot,
      attachedPARequest: { IdPar: request },
      idLpu: lpu,
    }),
    good: { Type: 1 },
  },
  HandlePARequestChanged: {
    write: true,
    parameters: ({ request }) => ({ info: { IdPar: request, PARequestStatus: 1 } }),
    good: {},
  },
  CancelPARequest: {
    write: true,
    parameters: ({ request }) => ({ request: { IdPar: request, DeactivationReason: 1, PASource: 1 } }),
    good: { CancellationResult: true, IdPar: text },
  },
};

const names = Object.keys(cases) as HubOperation[];
/** Operations that gave what was expected, by what the answers were like. */
const exercised = new Map<string, Set<string>>();

function opened(sandbox: Sandbox, more: Record<string, unknown> = {}): Link {
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const settings = regizSettings.parse({ url: sandbox.url, lpu, guid: sandbox.guid, guard, ...more });
  return openLink(
    settings,
    contextOf(() => now),
  );
}

function ask<O extends HubOperation>(link: Link, operation: O, told: Told): Promise<HubResult<O>> {
  const { write, parameters }: Case<O> = cases[operation];
  return link[write ? 'write' : 'read'](operation, parameters(told), { signal: AbortSignal.timeout(20_000) });
}

async function play<O extends HubOperation>(link: Link, operation: O, told: Told): Promise<HubResult<O>> {
  const result = await ask(link, operation, told);
  const { keep }: Case<O> = cases[operation];
  keep?.(told, result);
  return result;
}

const nothingTold = (): Told => ({
  ...{ patient: '', speciality: '', doctor: '', slot: '', booking: '', request: '', requestedSlot: '' },
});

const variants: Readonly<Record<string, Partial<Settings>>> = {
  'nil for null, empty lists as elements': { strictOrder: 'refuse' },
  'absent for null, empty lists as nil': { nulls: 'absent', emptyLists: 'nil', strictOrder: 'refuse' },
  'absent for null, absent for empty lists': { nulls: 'absent', emptyLists: 'absent', strictOrder: 'refuse' },
};

describe.each(Object.entries(variants))('%s', (variant, settings) => {
  test('every operation: what is sent is taken in its order, what is answered is read', async () => {
    const sandbox = await startRegizSandbox({ start: '2026-12-01', days: 3, doctors: 8, clock: () => now, settings });
    const link = opened(sandbox);
    const told = nothingTold();
    const done = new Set<string>();
    try {
      for (const operation of names) {
        const result = await play(link, operation, told);
        expect(result, operation).toMatchObject({ ...cases[operation].good, Success: true });
        done.add(operation);
      }
    } finally {
      exercised.set(variant, done);
      await link.close();
      await sandbox.close();
    }
  });
});

describe('before one sandbox', () => {
  let sandbox: Sandbox;
  let link: Link;
  let stranger: Link;
  const told = nothingTold();
  beforeAll(async () => {
    sandbox = await startRegizSandbox({ start: '2026-12-01', days: 3, doctors: 8, clock: () => now });
    link = opened(sandbox);
    stranger = opened(sandbox, { guid: '5a4d0b0c-0000-4000-8000-00000000dead' });
    // What is asked for deferred booking stays asked for.
    const last = ['SetAppointmentByPARequest', 'CancelPARequest'];
    for (const operation of names) if (!last.includes(operation)) await play(link, operation, told);
  });
  afterAll(async () => {
    await link.close();
    await stranger.close();
    await sandbox.close();
  });

  test('every operation: a business error comes with its number and its operation', async () => {
    const done = new Set<string>();
    for (const operation of names) {
      sandbox.fault({ fault: 'business-error', times: 1, operations: [operation], params: { code: 616 } });
      await expect(ask(link, operation, told), operation).rejects.toMatchObject({
        name: 'RefusedByHub',
        operation,
        id: 616,
      });
      done.add(operation);
    }
    exercised.set('a business error', done);
  });

  test('every operation that has a guid refuses a stranger with error 1', async () => {
    const guarded = names.filter((name) => 'guid' in hubContract.operations[name].parameters);
    expect(guarded).toHaveLength(44);
    for (const operation of guarded)
      await expect(ask(stranger, operation, told), operation).rejects.toMatchObject({ id: 1, operation });
  });

  test('every list may be empty: as an element, as nil, or absent', async () => {
    for (const emptyLists of ['empty', 'nil', 'absent'] as const) {
      sandbox.settings({ emptyLists });
      // Nothing fits: the sandbox itself has nothing to list.
      const call = { signal: AbortSignal.timeout(9000) };
      const none = { filter: { IdPar: 'none' } };
      expect((await link.read('SearchPARequests', none, call)).PARequests ?? []).toEqual([]);
      expect((await link.read('SearchActivePARequests', none, call)).ActivePARequests ?? []).toEqual([]);
      const stranger = { filter: { PatientLastName: 'Никто' } };
      expect((await link.read('SearchCtoPARequests', stranger, call)).PARequests ?? []).toEqual([]);
    }
    const fault = sandbox.faults().find(({ name }) => name === 'empty-list')!;
    const lists = (fault.operations as HubOperation[]).filter((name) => !name.endsWith('PARequests'));
    expect(lists.length).toBeGreaterThan(15);
    for (const operation of lists) {
      sandbox.fault({ fault: 'empty-list', times: 1, operations: [operation] });
      const result = await ask(link, operation, told);
      expect(result.Success, operation).toBe(true);
      const filled = Object.entries(result).filter(([, value]) => Array.isArray(value) && value.length > 0);
      expect(filled, operation).toEqual([]);
    }
    sandbox.settings({ emptyLists: 'empty' });
  });
});

afterAll(() => {
  for (const [variant, done] of exercised) {
    console.log(`${done.size} of ${names.length} operations exercised: ${variant}`);
    expect(done.size, variant).toBeGreaterThanOrEqual(44);
  }
  expect(exercised.size).toBe(Object.keys(variants).length + 1);
});
