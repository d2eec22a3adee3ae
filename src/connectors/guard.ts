/**
 * What stands between the hub and one MIS: bounded concurrency and a circuit breaker for reads and for writes apart, and
 * repeats of reads alone (RELIABILITY.md §1.4, §6). A write passes once or not at all.
 */
import {
  BrokenCircuitError,
  type BulkheadPolicy,
  BulkheadRejectedError,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  isTaskCancelledError,
  type RetryPolicy,
  retry,
} from 'cockatiel';
import type { MisHealth } from './connector.ts';
import { ExchangeError } from './exchange.ts';

export interface GuardSettings {
  /** Exchanges at once, per class. 1С keeps a licence busy for each. */
  readonly concurrency: number;
  /** How many more may wait for their turn, per class; the next is refused. */
  readonly queue: number;
  /** Failures in a row after which the breaker opens. */
  readonly breakAfter: number;
  /** Milliseconds an open breaker waits before it lets one exchange through to see. */
  readonly breakMilliseconds: number;
  /** How often a failed read is repeated within its deadline. */
  readonly readRepeats: number;
  /** First pause before a repeat, milliseconds; later ones grow. */
  readonly repeatAfter: number;
}

type Attempt<T> = (signal: AbortSignal) => Promise<T>;

export interface Guard {
  /** @throws ExchangeError, and whatever the attempt throws */
  read<T>(attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  /** @throws ExchangeError; `unsent` when the breaker is open, the queue full or the deadline passed while waiting */
  write<T>(attempt: Attempt<T>, signal: AbortSignal): Promise<T>;
  health(): MisHealth;
}

interface Lane {
  readonly bulkhead: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  /** Milliseconds of the process's monotonic clock at which the breaker will let one exchange through. */
  probeAt: number;
}

export function openGuard(settings: GuardSettings): Guard {
  const reads = laneOf(settings);
  const writes = laneOf(settings);
  const repeats = repeatsOf(settings);
  return {
    read: (attempt, signal) => repeats.execute(() => pass(reads, attempt, signal), signal),
    write: (attempt, signal) => pass(writes, attempt, signal),
    health: () => ({ reads: stateOf(reads), writes: stateOf(writes) }),
  };
}

function laneOf(settings: GuardSettings): Lane {
  const breaker = circuitBreaker(
    // A caller who gave up says nothing about the MIS; a MIS that let its deadline pass does.
    handleWhen((error) => error instanceof ExchangeError && !(error instanceof GaveUp)),
    { halfOpenAfter: settings.breakMilliseconds, breaker: new ConsecutiveBreaker(settings.breakAfter) },
  );
  const lane = { bulkhead: bulkhead(settings.concurrency, settings.queue), breaker, probeAt: 0 };
  breaker.onBreak(() => {
    lane.probeAt = performance.now() + settings.breakMilliseconds;
  });
  return lane;
}

/** The caller's own signal fired: lost for him, no blame on the MIS. */
export class GaveUp extends ExchangeError {}

/** Nothing was let through: a repeat within the same deadline would only meet the same closed door. */
class Refused extends ExchangeError {}

function repeatsOf(settings: GuardSettings): RetryPolicy {
  return retry(
    handleWhen((e) => e instanceof ExchangeError && e.retryable && !(e instanceof Refused) && !(e instanceof GaveUp)),
    {
      maxAttempts: settings.readRepeats,
      backoff: new ExponentialBackoff({ initialDelay: settings.repeatAfter, maxDelay: settings.repeatAfter * 10 }),
    },
  );
}

/** The bulkhead stands outside, so that whoever waited in it meets the breaker as it is when his turn comes. */
async function pass<T>(lane: Lane, attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new Refused('unsent', 'the deadline passed before sending');
  const turn = Promise.withResolvers<never>();
  let started = false;
  const giveUp = (): void => {
    if (!started) turn.reject(new Refused('unsent', 'the deadline passed while waiting for a turn'));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const run = lane.bulkhead.execute(() => {
      started = true;
      return lane.breaker.execute(() => attempt(signal));
    }, signal);
    return await Promise.race([run, turn.promise]);
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof BrokenCircuitError) return new Refused('unsent', 'the MIS failed too often and is given a rest');
  if (error instanceof BulkheadRejectedError) return new Refused('unsent', 'too many requests to the MIS are waiting');
  // Thrown only in place of the attempt, never after it.
  if (isTaskCancelledError(error)) return new Refused('unsent', 'the deadline passed while waiting for a turn');
  return undefined;
}

/** The breaker learns that its time has passed only from the next call: whoever asks before calling must be told so. */
function stateOf(lane: Lane): 'closed' | 'half-open' | 'open' {
  if (lane.breaker.state === CircuitState.Closed) return 'closed';
  return performance.now() >= lane.probeAt ? 'half-open' : 'open';
}
