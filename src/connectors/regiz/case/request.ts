/** What the mapping `Encounter` → ИЭМК makes, checked before anything is sent, and written as `PatientDto` and `CaseTmc` (protocols/regiz.md §3.1, §3.2). */
import { z } from 'zod';
import type { MisRecord } from '../../connector.ts';
import { UnfitRequest } from '../booking-request.ts';
import type { CaseTmc, MedicalStaff } from '../contract/emk.ts';
import type { PatientDto } from '../contract/pix.ts';
import { type Demand, day, lackingOf, person, text, time } from '../field.ts';
import type { CaseSettings } from './settings.ts';

/** Codes of the wire are numbers; a mapping's tables hold texts. */
const code = (most: number) => z.coerce.number().int().min(0).max(most).optional();

const snils = text(14);
const doctor = z.object({ ...person, snils, speciality: code(65_535), position: code(65_535) });

const schema = z.object({
  /** Local times. */
  open: time,
  close: time,
  /** By which the consultation is known to people: of the card, of the process. */
  history: text(64),
  number: text(64),
  comment: text(1000),
  form: code(255),
  goal: code(255),
  initiatorType: code(255),
  aidType: code(255),
  payment: code(255),
  result: code(255),
  visit: code(255),
  patient: z
    .object({
      ...person,
      snils,
      birthDate: day,
      sex: code(3),
      enp: text(16),
    })
    .prefault({}),
  doctor: doctor.prefault({}),
  /** Who has asked for the consultation, where that is another doctor. */
  initiator: doctor.optional(),
});

export type CaseRequest = z.infer<typeof schema>;

const demands: readonly Demand<CaseRequest>[] = [
  ['начало консультации', (r) => r.open],
  ['окончание консультации', (r) => r.close],
  ['пациент', (r) => r.patient.id],
  ['фамилия пациента', (r) => r.patient.family],
  ['имя пациента', (r) => r.patient.given],
  ['дата рождения пациента', (r) => r.patient.birthDate],
  ['пол пациента', (r) => r.patient.sex],
  ['фамилия врача', (r) => r.doctor.family],
  ['имя врача', (r) => r.doctor.given],
  ['специальность врача', (r) => r.doctor.speciality],
  ['должность врача', (r) => r.doctor.position],
];

/** @throws UnfitRequest when it lacks what the region demands */
export function parseCase(record: MisRecord, settings: CaseSettings): CaseRequest {
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw new UnfitRequest('Консультация неверно заполнена.');
  const known = <Doctor extends z.infer<typeof doctor>>(given: Doctor): Doctor => ({
    ...given,
    speciality: given.speciality ?? settings.speciality,
    position: given.position ?? settings.position,
  });
  const { initiator } = parsed.data;
  const request = {
    ...parsed.data,
    doctor: known(parsed.data.doctor),
    ...(initiator !== undefined && { initiator: known(initiator) }),
  };
  const lacking = lackingOf(demands, request);
  if (lacking.length > 0) throw new UnfitRequest(`Для передачи в ИЭМК нужно указать: ${lacking.join(', ')}.`);
  if (request.close! < request.open!) throw new UnfitRequest('Консультация окончена раньше, чем начата.');
  return request;
}

const snilsType = 223;
const enpType = 228;

const digits = (number: string): string => number.replace(/\D/g, '');

export function patientOf({ patient }: CaseRequest): PatientDto {
  const documents = [
    ...(patient.snils === undefined
      ? []
      : [{ DocN: digits(patient.snils), IdDocumentType: snilsType, ProviderName: 'ПФР' }]),
    ...(patient.enp === undefined ? [] : [{ DocN: patient.enp, IdDocumentType: enpType }]),
  ];
  return {
    BirthDate: `${patient.birthDate}T00:00:00`,
    ...(documents.length > 0 && { Documents: documents }),
    FamilyName: patient.family,
    GivenName: patient.given,
    IdPatientMIS: patient.id,
    MiddleName: patient.middle,
    Sex: patient.sex,
  };
}

/** @param own IdCaseMis, by which it is known there */
export function caseOf(settings: CaseSettings, request: CaseRequest, own: string): CaseTmc {
  const { lpu, confidentiality, role } = settings;
  const doctor = staffOf(lpu, request.doctor);
  const participant = { Doctor: doctor, IdRole: role };
  return {
    $type: 'CaseTmc',
    OpenDate: request.open,
    CloseDate: request.close,
    HistoryNumber: request.history ?? own,
    IdCaseMis: own,
    IdCaseAidType: request.aidType ?? settings.aidType,
    IdPaymentType: request.payment ?? settings.payment,
    Confidentiality: confidentiality,
    DoctorConfidentiality: confidentiality,
    CuratorConfidentiality: confidentiality,
    IdLpu: lpu,
    IdCaseResult: request.result ?? settings.result,
    Comment: request.comment,
    DoctorInCharge: doctor,
    Authenticator: participant,
    Author: participant,
    IdPatientMis: request.patient.id,
    CaseVisitType: request.visit ?? settings.visit,
    TmcID: request.number ?? own,
    TmcForm: request.form ?? settings.form,
    TmcGoal: request.goal ?? settings.goal,
    Initiator: {
      InitiatorType: request.initiatorType ?? settings.initiator,
      ...(request.initiator !== undefined && { Doctor: staffOf(lpu, request.initiator) }),
    },
  };
}

function staffOf(lpu: string, doctor: CaseRequest['doctor']): MedicalStaff {
  return {
    Person: {
      HumanName: { GivenName: doctor.given, MiddleName: doctor.middle, FamilyName: doctor.family },
      IdPersonMis: doctor.id,
      ...(doctor.snils !== undefined && {
        Documents: [
          { DocN: digits(doctor.snils), DocumentName: 'СНИЛС', IdDocumentType: snilsType, ProviderName: 'ПФР' },
        ],
      }),
    },
    IdLpu: lpu,
    IdSpeciality: doctor.speciality,
    IdPosition: doctor.position,
  };
}

/** Values that may stand nowhere but in the message itself. */
export const personalIn = ({ patient, doctor: of, initiator, comment }: CaseRequest): readonly string[] =>
  [patient, of, ...(initiator === undefined ? [] : [initiator])]
    .flatMap(({ family, given, middle, snils }) => [family, given, middle, snils, snils && digits(snils)])
    .concat(patient.birthDate, patient.enp, comment)
    .filter((value) => value !== undefined);
