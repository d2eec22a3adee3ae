/** Business errors: HTTP 200 with Success=false. A number means something else in each operation (protocols/regiz.md §1.5, §2.3). */
import type { HubOperation } from './contract/hub.ts';
import type { Code } from './settings.ts';

/** The service understood and said no. The description may hold names of people: it is never shown. */
export class RefusedByHub extends Error {
  readonly operation: HubOperation;
  /** IdError; of the first error, where several are told. */
  readonly id: number | undefined;

  constructor(operation: HubOperation, id: number | undefined) {
    super(`${operation} refused: ${id ?? 'without a number'}`);
    this.name = 'RefusedByHub';
    this.operation = operation;
    this.id = id;
  }
}

/** `unlisted` proves nothing about a write: 99 is any exception, 602 and 603 are timeouts on the way to the clinic. */
export type Meaning = Code['means'] | 'unlisted';

export interface Refusal {
  readonly meaning: Meaning;
  /** For the patient. */
  readonly text: string;
}

const takenText = 'Это время уже занято. Выберите другое.';
const closedText = 'Запись в эту клинику через интернет сейчас не настроена. Позвоните в регистратуру.';

const taken = (operation: HubOperation): Code[] =>
  [38, 39, 639].map((id) => ({ operation, id, means: 'taken', text: takenText }));

/** Those of one operation stand before those of all. */
const builtIn: readonly Code[] = [
  { operation: 'GetSpesialityList', id: 37, means: 'empty' },
  { operation: 'GetPositionList', id: 37, means: 'empty' },
  { operation: 'GetDoctorList', id: 38, means: 'empty' },
  { operation: 'GetDoctorList2', id: 38, means: 'empty' },
  { operation: 'GetAvailableDates', id: 39, means: 'empty' },
  { operation: 'GetAvaibleAppointments', id: 39, means: 'empty' },
  { operation: 'GetAvailableAppointmentsByPARequest', id: 37, means: 'empty' },
  { operation: 'GetAvailableAppointmentsByPARequest', id: 38, means: 'empty' },
  { operation: 'GetAvailableAppointmentsByPARequest', id: 39, means: 'empty' },
  { operation: 'GetPatientHistory', id: 20, means: 'empty' },
  ...taken('SetAppointment'),
  ...taken('SetAppointmentByPARequest'),
  { operation: 'CreateClaimForRefusal', id: 75, means: 'gone', text: 'Клиника не нашла эту запись.' },
  { id: 1, means: 'unsent', text: closedText },
  { id: 4, means: 'rule', text: 'Для записи в эту клинику не хватает сведений о пациенте.' },
  { id: 20, means: 'unknown-patient', text: 'Клиника не нашла вашу карту. Обратитесь в регистратуру.' },
  {
    id: 21,
    means: 'ambiguous-patient',
    text: 'В клинике несколько карт с такими данными. Обратитесь в регистратуру.',
  },
  {
    id: 22,
    means: 'rule',
    text: 'Данные не совпадают с записью акта гражданского состояния. Обратитесь в регистратуру.',
  },
  { id: 33, means: 'rule', text: 'Этот врач не принимает таких пациентов. Выберите другого.' },
  { id: 34, means: 'rule', text: 'Этот врач не принимает пациентов этого возраста. Выберите другого.' },
  { id: 35, means: 'rule', text: 'У вас уже есть запись к этому врачу.' },
  { id: 36, means: 'rule', text: 'Вы не прикреплены к участку этой клиники. Обратитесь в регистратуру.' },
  { id: 676, means: 'rule', text: 'Клиника не нашла направление.' },
];

/** What a refusal means. @param more the codes of the clinic's configuration */
export function refusalOf({ operation, id }: RefusedByHub, more: readonly Code[]): Refusal {
  const fits = (code: Code) => code.id === id && (code.operation === undefined || code.operation === operation);
  const found = [...more, ...builtIn].find(fits);
  return {
    meaning: found?.means ?? 'unlisted',
    text: found?.text ?? 'Клиника не приняла запись. Позвоните в регистратуру.',
  };
}
