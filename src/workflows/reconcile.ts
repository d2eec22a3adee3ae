/** Confirmed bookings against what the MIS holds: one that vanished is told to the patient, many at once stop all writes. */
import type { Clinic } from '../connectors/clinic.ts';
import { freezeClinic, readFreeze, thawClinic } from '../store/clinics.sql.ts';
import { type ConfirmedRow, noteChecked, readConfirmed } from './ledger.sql.ts';
import type { Settler } from './settlement.ts';
import type { SyncContext } from './sync.ts';

export interface Reconciliation {
  readonly checked: number;
  /** Not in the MIS any more, nor cancelled there. */
  readonly vanished: number;
  readonly frozen: boolean;
}

/** `some`: whose time looks free, and a share of the others; `all`: every coming one; `accept`: all, and no loss is too great. */
export type Scope = 'some' | 'all' | 'accept';

const atOnce = 4;
/** Of the bookings whose time looks as it should, at each reading: a desk that cancels and sells again is found out by these. */
const othersAtOnce = 20;

/** @throws what Postgres throws; a MIS that cannot be read changes nothing */
export async function reconcile(
  context: SyncContext,
  settler: Settler,
  clinic: Clinic,
  scope: Scope,
  signal: AbortSignal,
): Promise<Reconciliation> {
  if (clinic.booking === undefined) return { checked: 0, vanished: 0, frozen: false };
  const rows = await readConfirmed(context.pool, clinic.number, scope === 'some' ? othersAtOnce : null);
  const findings = await ask(clinic, rows, signal);
  const vanished = findings.filter((f) => f.state === 'vanished').length;
  const result = { checked: rows.length, vanished };
  const frozen = (await readFreeze(context.pool, clinic.number)) !== undefined;
  if (scope !== 'accept' && (frozen || vanished > clinic.config.booking.freezeAt)) {
    if (!frozen) await freeze(context, clinic, vanished);
    return { ...result, frozen: true };
  }
  for (const finding of findings) await conclude(context, settler, clinic, finding);
  return { ...result, frozen: false };
}

/** A MIS that is restored from a backup forgets many bookings at once: nobody is told anything until a person has looked. */
async function freeze(context: SyncContext, clinic: Clinic, vanished: number): Promise<void> {
  const reason = `${vanished} confirmed bookings are not in the MIS any more`;
  await freezeClinic(context.pool, clinic.number, reason);
  context.log.error({ clinic: clinic.key, vanished }, `writes are frozen: ${reason}`);
}

interface Finding {
  readonly row: ConfirmedRow;
  readonly state: 'held' | 'cancelled' | 'vanished';
}

async function ask(clinic: Clinic, rows: readonly ConfirmedRow[], signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const left = [...rows];
  const work = async () => {
    for (let row = left.pop(); row !== undefined; row = left.pop()) {
      const found = await clinic.booking!.findBooking({}, row.reference!, signal).catch(() => undefined);
      if (found?.state === 'held' || found?.state === 'cancelled') findings.push({ row, state: found.state });
      else if (found !== undefined) findings.push({ row, state: 'vanished' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return findings;
}

const reasons = {
  held: 'Клиника перенесла эту запись: уточните время в регистратуре',
  cancelled: 'Клиника отменила эту запись',
  vanished: 'Записи больше нет в системе клиники',
} as const;

async function conclude(context: SyncContext, settler: Settler, clinic: Clinic, { row, state }: Finding) {
  // Held, yet its time was shown free by two readings in a row: the desk has moved it to another time.
  const moved = state === 'held' && row.shown_free && row.reads > 0;
  if (state !== 'held' || moved) await settler.lose(clinic, row, reasons[state]);
  else await noteChecked(context.pool, row.id, row.shown_free ? row.reads + 1 : 0);
}

export interface Thaw {
  readonly outcome: 'thawed' | 'not-frozen' | 'still-missing';
  readonly vanished: number;
}

/**
 * Allows writes again after a person has looked into the MIS: when what was missing is back, or its loss is accepted.
 * @param acceptLost the patients of missing bookings are told that they have none
 */
export async function thaw(
  context: SyncContext,
  settler: Settler,
  clinic: Clinic,
  acceptLost: boolean,
  signal: AbortSignal,
): Promise<Thaw> {
  if ((await readFreeze(context.pool, clinic.number)) === undefined) return { outcome: 'not-frozen', vanished: 0 };
  const { vanished } = await reconcile(context, settler, clinic, acceptLost ? 'accept' : 'all', signal);
  if (!acceptLost && vanished > clinic.config.booking.freezeAt) return { outcome: 'still-missing', vanished };
  await thawClinic(context.pool, clinic.number);
  return { outcome: 'thawed', vanished };
}
