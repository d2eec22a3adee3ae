/** A portal's whole way through a HubService: from the districts to a booking, and back. protocols/regiz.md §6. */
import { z } from 'zod';
import type { Data, DataObject } from './data.ts';
import { listOf, numberOf, textOf } from './data.ts';
import { callHub, type Outcome, targetSchema } from './hub-client.ts';

export const walkSchema = z.strictObject({
  target: targetSchema,
  /** `Patient` of the contract. */
  patient: z.record(z.string(), z.string()),
  /** The first clinic, specialty and doctor with free tickets when they are not given. */
  idLpu: z.number().int().optional(),
  idSpesiality: z.string().optional(),
  idDoc: z.string().optional(),
  visitStart: z.string(),
  visitEnd: z.string(),
  /** Adds the patient when the clinic does not know him. */
  add: z.boolean().default(true),
  /** How far: to the slots, to the booking, or through its cancelling. */
  until: z.enum(['slots', 'book', 'cancel']).default('cancel'),
});

export interface Walk {
  steps: Outcome[];
  idLpu?: number;
  idPat?: string;
  idDoc?: string;
  /** Id of the slot that was booked. */
  slot?: string;
  visitStart?: string;
  /** Id of the booking as GetPatientHistory tells it. */
  booking?: string;
  /** What the way ended at; absent when it went through. */
  stopped?: string;
}

type Step = (operation: string, ask: DataObject) => Promise<DataObject>;

class Stop extends Error {}

/** Never throws for what the other side does: the walk tells at which step it stopped. */
export async function walkHub(given: z.input<typeof walkSchema>): Promise<Walk> {
  const asked = walkSchema.parse(given);
  const walk: Walk = { steps: [] };
  let idHistory: number | undefined;
  const step: Step = async (operation, ask) => {
    const outcome = await callHub(asked.target, operation, { ...ask, idHistory });
    walk.steps.push(outcome);
    idHistory ??= outcome.idHistory;
    if (outcome.success !== true) throw new Stop(`${operation}: ${reasonOf(outcome)}`);
    return outcome.result;
  };
  try {
    await goToSlots(walk, asked, step);
    if (asked.until !== 'slots') await goThroughBooking(walk, asked, step);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    walk.stopped = error.message;
  }
  return walk;
}

function reasonOf({ problem, errors, status }: Outcome): string {
  return problem ?? (errors.map((e) => `${e.code} ${e.text}`).join('; ') || `HTTP ${status}`);
}

/** @throws Stop when the list holds nobody like this */
function chosen(result: DataObject, list: string, what: string, fits: (one: DataObject) => boolean): DataObject {
  const found = listOf(result, list).find((one: Data) => fits(one as DataObject));
  if (found === undefined) throw new Stop(`no ${what}`);
  return found as DataObject;
}

const hasTickets = (one: DataObject) => (numberOf(one, 'CountFreeTicket') ?? 0) > 0;

async function goToSlots(walk: Walk, asked: z.output<typeof walkSchema>, step: Step): Promise<void> {
  await step('GetDistrictList', {});
  const clinics = await step('GetLPUList', {});
  const clinic = chosen(clinics, 'ListLPU', 'clinic', (c) =>
    asked.idLpu === undefined ? c['IsActive'] === true : c['IdLPU'] === asked.idLpu,
  );
  const idLpu = numberOf(clinic, 'IdLPU')!;
  const idPat = await findPatient(walk, asked, step, idLpu);
  Object.assign(walk, { idLpu, idPat });
  const specialties = await step('GetSpesialityList', { idLpu, idPat });
  const specialty = chosen(specialties, 'ListSpesiality', 'specialty', (s) =>
    asked.idSpesiality === undefined ? hasTickets(s) : textOf(s, 'IdSpesiality') === asked.idSpesiality,
  );
  const doctors = await step('GetDoctorList', { idSpesiality: textOf(specialty, 'IdSpesiality'), idLpu, idPat });
  const doctor = chosen(doctors, 'Docs', 'doctor', (d) =>
    asked.idDoc === undefined ? hasTickets(d) : textOf(d, 'IdDoc') === asked.idDoc,
  );
  walk.idDoc = textOf(doctor, 'IdDoc');
  const { visitStart, visitEnd } = asked;
  await step('GetAvailableDates', { idDoc: walk.idDoc, idLpu, idPat, visitStart, visitEnd });
  const slots = await step('GetAvaibleAppointments', { idDoc: walk.idDoc, idLpu, idPat, visitStart, visitEnd });
  const slot = chosen(slots, 'ListAppointments', 'slot', () => true);
  Object.assign(walk, { slot: textOf(slot, 'IdAppointment'), visitStart: textOf(slot, 'VisitStart') });
}

async function findPatient(walk: Walk, asked: z.output<typeof walkSchema>, step: Step, idLpu: number) {
  try {
    return textOf(await step('CheckPatient', { pat: asked.patient, idLpu }), 'IdPat');
  } catch (error) {
    const unknown = walk.steps.at(-1)!.errors.some(({ code }) => code === 20);
    if (!(error instanceof Stop) || !unknown || !asked.add) throw error;
    return textOf(await step('AddNewPatient', { patient: asked.patient, idLpu }), 'IdPat');
  }
}

async function goThroughBooking(walk: Walk, asked: z.output<typeof walkSchema>, step: Step): Promise<void> {
  const { idLpu, idPat, slot, visitStart, idDoc } = walk;
  await step('SetAppointment', { idAppointment: slot, idLpu, idPat });
  const history = await step('GetPatientHistory', { idLpu, idPat });
  const visit = chosen(history, 'ListHistoryVisit', 'visit in the history', (v) => {
    const doctor = v['DoctorRendingConsultation'] as DataObject | undefined;
    return textOf(v, 'VisitStart') === visitStart && textOf(doctor, 'IdDoc') === idDoc;
  });
  walk.booking = textOf(visit, 'IdAppointment');
  if (asked.until !== 'cancel') return;
  await step('CreateClaimForRefusal', { idLpu, idPat, idAppointment: walk.booking });
  await step('GetPatientHistory', { idLpu, idPat });
}
