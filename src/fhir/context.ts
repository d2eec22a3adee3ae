/** What every FHIR handler is given: made once in main.ts. */
import type { Logger } from 'pino';
import type { AccountContext } from '../access/account/account.ts';
import type { Audit } from '../access/audit/audit.ts';
import type { Clinics } from '../connectors/clinic.ts';
import type { Nsi } from '../connectors/nsi.ts';
import type { Clock } from '../instant.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Viewer } from '../store/visibility.ts';
import type { Wall } from '../wall.ts';
import type { Booking } from '../workflows/booking.ts';
import type { Holding } from '../workflows/hold.ts';
import type { LiveCheck } from '../workflows/live.ts';
import type { Referring } from '../workflows/referral.ts';
import type { SubscriptionContext } from '../workflows/subscription.ts';
import type { Templating } from '../workflows/templates.ts';
import type { Waitlist } from '../workflows/waitlist.ts';
import type { Program } from './capability.ts';
import type { Exporter } from './export/exporter.ts';
import type { Operations } from './operations.ts';
import type { Cursors } from './search/cursor.ts';
import type { Declarations } from './search/request.ts';
import type { SlotRenderer } from './search/slot.ts';
import type { Terminology } from './terminology/terminology.ts';

export interface Context {
  readonly pool: Database;
  /** The pool in which requests see their clinics alone; absent: there is no such wall (tests of parts). */
  readonly wall?: Wall;
  /** Where statements go: the pool, or one connection inside a transaction. */
  readonly db: Queryable;
  readonly parameters: ParameterIds;
  readonly declarations: Declarations;
  readonly operations: Operations;
  readonly program: Program;
  readonly clinics: Clinics;
  readonly slots: SlotRenderer;
  readonly cursors: Cursors;
  readonly booking: Booking;
  readonly holding: Holding;
  readonly waitlist: Waitlist;
  readonly referring: Referring;
  readonly live: LiveCheck;
  readonly templates: Templating;
  readonly terminology: Terminology;
  /** Dictionaries beyond those; absent where none is configured. */
  readonly nsi?: Nsi;
  readonly exporter: Exporter;
  readonly subscriptions: SubscriptionContext;
  readonly audit: Audit;
  readonly accounts: AccountContext;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The context of a request: its statements see the clinics of the one who asks, whatever they say. */
export function behindWall(context: Context, { clinics }: Viewer): Context {
  if (context.wall === undefined) return context;
  const pool = context.wall(clinics);
  return { ...context, pool, db: pool };
}

/** Runs `work` in a transaction: in the one that is open already, else in one of its own. */
export function transacted<T>(context: Context, work: (inside: Context) => Promise<T>): Promise<T> {
  if (context.db !== context.pool) return work(context);
  return transaction(context.pool, (db) => work({ ...context, db }));
}
