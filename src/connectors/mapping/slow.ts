/**
 * Expressions of documents marked `slow: true`, evaluated by jsonata itself. jsonata is asynchronous, building is not: a
 * value that is not there yet stops the building, is awaited, and the building starts again with it remembered.
 */
import jsonata from 'jsonata';
import type { Evaluate, OwnFunctions } from './expression.ts';

class Pending {
  readonly settled: Promise<void>;

  constructor(settled: Promise<void>) {
    this.settled = settled;
  }
}

export function isPending(error: unknown): boolean {
  return error instanceof Pending;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };
type Memory = Map<Evaluate, Map<unknown, Outcome>>;

/** Set only while `buildSlowly` runs its synchronous part; outside it a slow expression fails at once. */
let memory: Memory | undefined;

/** Runs `build` until no slow expression is left waiting. @throws what `build` throws */
export async function buildSlowly<T>(build: () => T): Promise<T> {
  const mine: Memory = new Map();
  for (;;) {
    memory = mine;
    try {
      return build();
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      memory = undefined;
      await error.settled;
    } finally {
      memory = undefined;
    }
  }
}

/** One second and a hundred thousand items are far above any record of a MIS. */
const limits = { timeout: 1_000, stack: 500, sequence: 100_000 };

export function slowEvaluate(text: string, own: OwnFunctions): Evaluate {
  const expression = jsonata(text, limits);
  for (const [name, run] of Object.entries(own)) expression.registerFunction(name, run);
  const evaluate: Evaluate = (context) => {
    if (memory === undefined) throw new Error('is slow: only mirrorSlowly and toMisSlowly can evaluate it');
    const outcome = memory.get(evaluate)?.get(context);
    if (outcome === undefined) throw new Pending(remember(memory, evaluate, context, expression));
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  return evaluate;
}

async function remember(
  into: Memory,
  evaluate: Evaluate,
  context: unknown,
  expression: jsonata.Expression,
): Promise<void> {
  const outcomes = into.get(evaluate) ?? new Map<unknown, Outcome>();
  into.set(evaluate, outcomes);
  try {
    outcomes.set(context, { value: await expression.evaluate(context) });
  } catch (error) {
    outcomes.set(context, { error: error instanceof Error ? error : new Error((error as Error)?.message ?? 'failed') });
  }
}
