/** The patient's bookings as the clinic tells them: there alone stands the id of a booking (protocols/regiz.md §1.6). */
import type { HubData } from './contract/hub.ts';
import type { Call, Link } from './link.ts';
import type { Reference } from './reference.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';
import { misInstant } from './time.ts';

type Visit = HubData<'HistoryVisit'>;

export interface History {
  readonly visits: readonly Visit[];
  readonly refusals: readonly Visit[];
}

/** @throws ExchangeError, RefusedByHub */
export async function readHistory(link: Link, idPat: string, call: Call): Promise<History> {
  try {
    const { ListHistoryVisit, ListHistoryRefusal } = await link.read(
      'GetPatientHistory',
      { idLpu: link.settings.lpu, idPat },
      call,
    );
    return { visits: ListHistoryVisit ?? [], refusals: ListHistoryRefusal ?? [] };
  } catch (error) {
    if (error instanceof RefusedByHub && refusalOf(error, link.settings.codes).meaning === 'empty')
      return { visits: [], refusals: [] };
    throw error;
  }
}

/**
 * The entry that is this booking: by its own id when that is known and there, else by the time with the doctor or with the id
 * of the slot. The latter alone proves nothing: a booking of another time may happen to have it for its own.
 */
export function findVisit(link: Link, entries: readonly Visit[], reference: Reference): Visit | undefined {
  const { booking, slot, idDoc } = reference;
  const byId = entries.find(({ IdAppointment: id }) => id !== undefined && id === booking);
  if (byId !== undefined) return byId;
  const { zone } = link.context;
  const start = misInstant(reference.start, zone);
  const then = entries.filter(
    ({ IdAppointment: id, VisitStart }) =>
      id !== undefined && VisitStart !== undefined && misInstant(VisitStart, zone) === start,
  );
  return (
    then.find(({ IdAppointment: id }) => id === slot) ??
    then.find(({ DoctorRendingConsultation: doctor }) => doctor?.IdDoc === undefined || doctor.IdDoc === idDoc)
  );
}
