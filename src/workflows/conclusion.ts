/** What the parts of the booking saga share: their context, how a look at a booking ends, and the pauses between looks. */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import { withDeadline } from '../deadline.ts';
import type { Fault } from '../fault.ts';
import type { Clock } from '../instant.ts';
import type { Database } from '../postgres.ts';
import type { StoredDocument } from '../store/documents.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { BookingStatements } from './gathered-statements.ts';

export interface BookingContext {
  readonly pool: Database;
  readonly statements: BookingStatements;
  readonly clinics: Clinics;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Conclusion =
  /** `noted`: the audit says so already. */
  | { readonly outcome: 'booked'; readonly document?: StoredDocument; readonly noted?: boolean }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'refused'; readonly fault: Fault }
  /** Not known yet; the sweeper goes on. */
  | { readonly outcome: 'open' };

export const open: Conclusion = { outcome: 'open' };

/** One exchange with the MIS about a booking, within its deadline. */
export const withinDeadline = <T>(clinic: Clinic, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  withDeadline(clinic.config.booking.deadlineSeconds * 1000, work);

/**
 * Seconds after which another process takes over what one was doing: the deadlines of its calls and the waits for Postgres. Every step is a
 * compare-and-set, so two processes at one booking do no harm; a lease that is too long leaves it lying after a crash.
 * @param calls to the MIS between two transitions
 */
export const leaseOf = (clinic: Clinic, calls: 1 | 2): number => calls * clinic.config.booking.deadlineSeconds + 10;

/** Seconds between looks at an unknown outcome, then every minute (RELIABILITY §4.3), at last every ten. */
const pauses = [1, 2, 5, 10, 30];
export const pauseAfter = (looks: number): number => pauses[looks] ?? (looks < 30 ? 60 : 600);

/** Refusals by the MIS to cancel after which a person is asked to. */
export const alarmAfter = 8;
