/** The operations of `Integration`: parameters in, text of `m:return` out. protocols/onec.md §1.2. */
import { randomUUID } from 'node:crypto';
import { book, cancel, readAppointment, reserve, statusOf, statusTexts } from './appointment.ts';
import { answerClinics, answerEmployees, answerPrices, writeDocument } from './directory-answer.ts';
import { type Arguments, bookingPlace, durationOf, patientOf, reservePlace, windowOf } from './parameters.ts';
import { Refusal, sentences } from './refusal.ts';
import { answerSchedule, type ScheduleForm } from './schedule-answer.ts';
import { emptyGuid } from './specialties.ts';
import type { State } from './state.ts';
import type { OperationName } from './wsdl.ts';

/** 1С puts a single space where there is no error. */
const noError = ' ';

export const writes: ReadonlySet<string> = new Set<OperationName>([
  'GetReserve',
  'BookAnAppointment',
  'BookAnAppointmentWithParams',
  'FastBookAnAppointment',
  'CancelBookAnAppointment',
]);

type RefusalShape = 'sentence' | 'ОтветНаЗаписьССайта' | 'РезультатВыполнения';

interface Operation {
  /** Where a refusal is put: one of the shapes of §1.5. */
  refusal: RefusalShape;
  run(state: State, args: Arguments): string;
}

const operations: Readonly<Record<OperationName, Operation>> = {
  GetListClinic: { refusal: 'sentence', run: answerClinics },
  GetListEmployees: { refusal: 'sentence', run: answerEmployees },
  GetNomenclatureAndPrices: {
    refusal: 'ОтветНаЗаписьССайта',
    run: (state, args) => answerPrices(state, args.text('Clinic').toLowerCase()),
  },
  GetEnlargementSchedule: { refusal: 'sentence', run: schedule('envelope') },
  GetSchedule: { refusal: 'sentence', run: schedule('title') },
  GetSchedule20: { refusal: 'sentence', run: schedule('guid') },
  GetReserve: { refusal: 'ОтветНаЗаписьССайта', run: runReserve },
  BookAnAppointment: { refusal: 'ОтветНаЗаписьССайта', run: runBook },
  BookAnAppointmentWithParams: { refusal: 'ОтветНаЗаписьССайта', run: runBook },
  FastBookAnAppointment: { refusal: 'ОтветНаЗаписьССайта', run: runWaiting },
  GetAppointmentStatus: { refusal: 'sentence', run: runStatus },
  CancelBookAnAppointment: { refusal: 'РезультатВыполнения', run: runCancel },
};

export interface Answer {
  text: string;
  /** False when 1С gave a definite "no" and nothing was changed. */
  done: boolean;
}

/** Executes an operation. What it writes is committed on return. */
export function execute(state: State, name: OperationName, args: Arguments): Answer {
  const operation = operations[name];
  try {
    return { text: operation.run(state, args), done: true };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { text: writeRefusal(operation.refusal, error.message), done: false };
  }
}

export function writeRefusal(shape: RefusalShape, sentence: string): string {
  if (shape === 'sentence') return sentence;
  return writeDocument(shape, 'S1', { Результат: 'false', ОписаниеОшибки: sentence });
}

/** @param guid УИД, or undefined where the vendor's answer has none */
export function writeBooked(guid?: string): string {
  const id = guid === undefined ? {} : { УИД: guid };
  return writeDocument('ОтветНаЗаписьССайта', 'S1', { Результат: 'true', ОписаниеОшибки: noError, ...id });
}

function schedule(form: ScheduleForm): Operation['run'] {
  return (state, args) => {
    const employees = args.property('Employees').toLowerCase().split(';');
    return answerSchedule(state, windowOf(args), form, {
      clinic: args.property('Clinic').toLowerCase(),
      employees: employees.map((e) => e.trim()).filter((e) => e !== ''),
      format: args.property('Format'),
    });
  };
}

function runReserve(state: State, args: Arguments): string {
  return writeBooked(reserve(state, reservePlace(state, args)));
}

function runBook(state: State, args: Arguments): string {
  const guid = args.text('GUID').toLowerCase();
  const minutes = durationOf(state, args);
  const place = bookingPlace(state, args, minutes);
  const booked = book(state, place, patientOf(args), guid === emptyGuid ? '' : guid, 'site');
  if (args.tellsGuid) return writeBooked(booked);
  return state.settings().bookAnswer === 'ok' ? 'Ok' : writeBooked();
}

function runWaiting(state: State, args: Arguments): string {
  if (args.text('PatientSurname') === '' && args.text('Phone') === '') throw new Refusal(sentences.waiting);
  const guid = randomUUID();
  const fields = JSON.stringify(args.plain());
  state.run('INSERT INTO waiting VALUES (?, ?, ?)', guid, fields, Math.floor(state.clock()));
  return writeBooked(state.settings().waitingAnswer === 'with-id' ? guid : undefined);
}

function runStatus(state: State, args: Arguments): string {
  const row = readAppointment(state, args.text('GUID'));
  if (row === undefined) throw new Refusal(sentences.guid);
  const status = statusOf(state, row);
  return writeDocument('ОтветНаЗапросСтатусаЗаявки', 'S1', {
    Результат: String(status),
    ОписаниеРезультата: statusTexts[status],
  });
}

function runCancel(state: State, args: Arguments): string {
  cancel(state, args.text('GUID').toLowerCase());
  return writeDocument('РезультатВыполнения', 'S1', { Результат: 'true', ОписаниеОшибки: noError });
}
