/**
 * The line to one MIS: every exchange goes through the guard, has its deadline, is understood on the spot and is kept in
 * the message log with its outcome, redacted.
 */
import type { ConnectionContext, Exchange, MisHealth } from './connector.ts';
import { ExchangeError } from './exchange.ts';
import { GaveUp, type GuardSettings, openGuard } from './guard.ts';
import { shorten } from './redact.ts';

export interface LineSettings {
  readonly guard: GuardSettings;
  /** Milliseconds of one reading with its repeats. */
  readonly total: number;
  /** How much of a body the message log keeps. */
  readonly logCharacters: number;
  /** Whether this error is a "no" that the MIS said, in place of an exchange that failed. */
  isRefusal(error: unknown): boolean;
}

/** What went over the wire, before redaction. `attempt` fills it in as it goes, so that a failure leaves what there was. */
export interface Seen {
  request: string;
  response: string;
  status?: number;
}

export interface Ask<T> {
  /** For the message log. */
  readonly operation: string;
  /** Milliseconds of one exchange, to the last byte. */
  readonly timeout: number;
  /** Sends once and makes sense of the answer. @throws ExchangeError, a refusal */
  readonly attempt: (seen: Seen, signal: AbortSignal) => Promise<T>;
  /** What the message log may keep of both bodies: no password, nothing about a patient. */
  readonly redact: (seen: Seen) => { readonly request: string; readonly response: string };
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  /** Booking that this exchange serves, when there is one. */
  readonly booking?: string | undefined;
}

export interface Line {
  /** Repeated within its deadline. @throws ExchangeError, a refusal */
  read<T>(ask: Ask<T>): Promise<T>;
  /** Sent once or not at all. @throws ExchangeError, a refusal */
  write<T>(ask: Ask<T>): Promise<T>;
  health(): MisHealth;
}

type Recorder = Pick<ConnectionContext, 'clock' | 'record'>;

export function openLine(settings: LineSettings, recorder: Recorder): Line {
  const guard = openGuard(settings.guard);
  return {
    read(ask) {
      const total = AbortSignal.any([ask.signal, AbortSignal.timeout(settings.total)]);
      return guard.read((signal) => exchange(settings, recorder, 'read', ask, signal), total);
    },
    write: (ask) => guard.write((signal) => exchange(settings, recorder, 'write', ask, signal), ask.signal),
    health: () => guard.health(),
  };
}

async function exchange<T>(
  settings: LineSettings,
  recorder: Recorder,
  access: 'read' | 'write',
  ask: Ask<T>,
  signal: AbortSignal,
): Promise<T> {
  const seen: Seen = { request: '', response: '' };
  const [at, began] = [recorder.clock(), performance.now()];
  let outcome: Exchange['outcome'] = 'ok';
  try {
    return await ask.attempt(seen, AbortSignal.any([signal, AbortSignal.timeout(ask.timeout)]));
  } catch (error) {
    outcome = outcomeOf(error, access, settings);
    const theirs = error instanceof ExchangeError && error.failure === 'lost' && signal.aborted;
    throw theirs ? new GaveUp('lost', error.message, error.answer) : error;
  } finally {
    const milliseconds = performance.now() - began;
    recorder.record({ at, milliseconds, access, outcome, ...describe(ask, seen, settings.logCharacters) });
  }
}

function outcomeOf(error: unknown, access: 'read' | 'write', settings: LineSettings): Exchange['outcome'] {
  if (settings.isRefusal(error)) return 'rejected';
  if (error instanceof ExchangeError && error.failure === 'unsent') return 'unsent';
  return access === 'write' ? 'unknown' : 'failed';
}

function describe<T>(ask: Ask<T>, seen: Seen, characters: number) {
  const { request, response } = ask.redact(seen);
  return {
    operation: ask.operation,
    request: shorten(request, characters),
    response: shorten(response, characters),
    ...(seen.status !== undefined && { status: seen.status }),
    ...(ask.booking !== undefined && { booking: ask.booking }),
  };
}
