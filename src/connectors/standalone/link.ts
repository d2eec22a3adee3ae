/**
 * The line to Postgres, seen as a MIS is: every exchange is kept in the message log with its outcome, and of a write that failed it is
 * told whether it may have been committed. There is no breaker and no repeat: this is the Postgres on which the hub itself stands.
 */
import type pg from 'pg';
import { isConnectionLost, isDatabaseDown, type Queryable, transaction } from '../../postgres.ts';
import { type ConnectionContext, type Exchange, MisReadError, type WriteOutcome } from '../connector.ts';
import { type Place, placesOf } from './place.ts';
import type { StandaloneSettings } from './settings.ts';

export interface Ask {
  readonly operation: string;
  /** For the message log: names no person. */
  readonly request: object;
  readonly signal: AbortSignal;
  readonly booking?: string;
}

export interface Link {
  readonly settings: StandaloneSettings;
  readonly context: ConnectionContext;
  readonly places: readonly Place[];
  /** @param work statements alone @throws MisReadError */
  read<T>(ask: Ask, work: (db: Queryable) => Promise<T>): Promise<T>;
  /** One statement at most that writes. @param reference by which it is found when its outcome is not known */
  write(ask: Ask, reference: string, work: (db: Queryable) => Promise<WriteOutcome>): Promise<WriteOutcome>;
  /** In a transaction. @throws what Postgres throws */
  change<T>(ask: Ask, work: (db: Queryable) => Promise<T>): Promise<T>;
}

export function openLink(settings: StandaloneSettings, context: ConnectionContext): Link {
  const { database } = context;
  return {
    settings,
    context,
    places: placesOf(settings),
    read: (ask, work) =>
      recorded(context, ask, 'read', async () => {
        try {
          return await connected(context, ask.signal, work);
        } catch (error) {
          throw readErrorOf(error);
        }
      }),
    write: (ask, reference, work) =>
      recorded(context, ask, 'write', async () => {
        try {
          return await connected(context, ask.signal, work);
        } catch (error) {
          return writeOutcomeOf(error, reference);
        }
      }),
    change: (ask, work) => recorded(context, ask, 'write', () => transaction(database, work)),
  };
}

/** There is no connection: nothing was sent. */
class Unsent extends Error {}

/** One connection for `work`; when the signal fires, nobody waits for it any more and the connection is given up. */
async function connected<T>(
  { database }: ConnectionContext,
  signal: AbortSignal,
  work: (db: Queryable) => Promise<T>,
): Promise<T> {
  const client = await connect(database, signal);
  const late = Promise.withResolvers<never>();
  const giveUp = () => late.reject(new Error('the deadline passed'));
  signal.addEventListener('abort', giveUp, { once: true });
  let broken: unknown;
  try {
    return await Promise.race([work(client), late.promise]);
  } catch (error) {
    broken = error;
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    client.release(broken !== undefined && isConnectionLost(broken));
  }
}

/** @throws Unsent */
async function connect(database: ConnectionContext['database'], signal: AbortSignal): Promise<pg.PoolClient> {
  if (signal.aborted) throw new Unsent('the deadline passed before sending');
  try {
    return await database.connect();
  } catch (cause) {
    throw new Unsent('there is no connection to Postgres', { cause });
  }
}

function readErrorOf(error: unknown): unknown {
  if (error instanceof Unsent) return new MisReadError(error.message, true, error);
  if (isConnectionLost(error) || isDatabaseDown(error)) return new MisReadError('Postgres gave no answer', true, error);
  return error;
}

const unsent: WriteOutcome = {
  outcome: 'rejected',
  reason: 'unsent',
  text: 'Расписание клиники сейчас недоступно. Ничего не изменено, попробуйте позже.',
};

/** Postgres that answers with an error has undone the statement; one that does not answer may have committed it. */
function writeOutcomeOf(error: unknown, reference: string): WriteOutcome {
  if (error instanceof Unsent) return unsent;
  if (isConnectionLost(error)) return { outcome: 'unknown', reference, cause: 'the connection to Postgres broke' };
  if (isDatabaseDown(error)) return unsent;
  throw error;
}

async function recorded<T>(
  context: ConnectionContext,
  { operation, request, booking }: Ask,
  access: Exchange['access'],
  work: () => Promise<T>,
): Promise<T> {
  const [at, began] = [context.clock(), performance.now()];
  let outcome: Exchange['outcome'] = access === 'read' ? 'failed' : 'unknown';
  let response = '';
  try {
    const result = await work();
    outcome = outcomeOf(result);
    response = answerOf(result);
    return result;
  } finally {
    const milliseconds = performance.now() - began;
    const told = { request: JSON.stringify(request), response, ...(booking !== undefined && { booking }) };
    context.record({ at, operation, access, milliseconds, outcome, ...told });
  }
}

function outcomeOf(result: unknown): Exchange['outcome'] {
  const { outcome, reason } = (result ?? {}) as { outcome?: string; reason?: string };
  if (outcome === 'unknown') return 'unknown';
  if (outcome === 'rejected' || outcome === 'refused') return reason === 'unsent' ? 'unsent' : 'rejected';
  return 'ok';
}

/** Of what was read, how much. */
function answerOf(result: unknown): string {
  const shown = (value: unknown) => (Array.isArray(value) ? `${value.length} rows` : value);
  if (Array.isArray(result)) return JSON.stringify(result.map(shown));
  return result === undefined ? '' : JSON.stringify(result);
}
