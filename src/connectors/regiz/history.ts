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
 * The entry that is this booking: by its own id when that is known and there, else by the doctor and the time.
 * A clinic that gives slots and bookings the same ids is known by them.
 */
export function findVisit(link: Link, entries: readonly Visit[], reference: Reference): Visit | undefined {
  const byId = entries.find(
    ({ IdAppointment: id }) => id !== undefined && id === (reference.booking ?? reference.slot),
  );
  if (byId !== undefined) return byId;
  const { zone } = link.context;
  const start = misInstant(reference.start, zone);
  return entries.find(({ VisitStart, DoctorRendingConsultation: doctor, IdAppointment }) => {
    if (IdAppointment === undefined || VisitStart === undefined || misInstant(VisitStart, zone) !== start) return false;
    return doctor?.IdDoc === undefined || doctor.IdDoc === reference.idDoc;
  });
}
