/** The region's index of patients, of whichever kind: questions in, records out, each person once. */
import type { ConnectionContext, MisRecord, PatientIndexAbility } from '../../connector.ts';
import { MisReadError } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { openHttp } from '../../http.ts';
import { type Line, openLine } from '../../line.ts';
import { RefusedByIndex } from '../request-fault.ts';
import type { RegizSettings } from '../settings.ts';
import { openMpi } from './mpi.ts';
import { openPix } from './pix.ts';
import { type Question, questionsOf } from './query.ts';

export interface PatientIndex extends PatientIndexAbility {
  close(): Promise<void>;
}

/** What one kind of index does; the rest is alike. */
export interface Asking {
  /** Kind of its records. */
  readonly kind: string;
  /** @returns records with a `key` each @throws ExchangeError, RefusedByIndex */
  ask(line: Line, question: Question, signal: AbortSignal): Promise<readonly MisRecord[]>;
}

/** A line of its own: an index that fails must not keep the clinic from being booked. Undefined where none is set. */
export function openPatientIndex(settings: RegizSettings, context: ConnectionContext): PatientIndex | undefined {
  const { index, guard, timeouts, limits } = settings;
  if (index === undefined) return undefined;
  const total = index.patienceMilliseconds;
  const isRefusal = (error: unknown) => error instanceof RefusedByIndex;
  const line = openLine({ guard, total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: Math.min(timeouts.connect, total), keepAlive: settings.keepAlive });
  const asking = index.kind === 'pix' ? openPix(http, index, limits) : openMpi(http, index, limits);
  return {
    patienceMilliseconds: total,
    async find(query, signal) {
      const questions = questionsOf(query);
      const found = await readIndex(() => Promise.all(questions.map((q) => asking.ask(line, q, signal))));
      const people = new Map(found.flat().map((record) => [record['key'], record]));
      return { [asking.kind]: [...people.values()] };
    },
    close: () => http.close(),
  };
}

/** @throws MisReadError; an error of our own passes as it is */
async function readIndex<T>(reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof ExchangeError)
      throw new MisReadError(`the index of patients: ${error.message}`, error.retryable, error);
    if (error instanceof RefusedByIndex) throw new MisReadError(error.message, false, error);
    throw error;
  }
}
