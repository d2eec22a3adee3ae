/** Rounds of load on two or more servers in turn, so that a neighbour's noise falls on all of them; medians of the rounds. */
import type { Child } from './child.ts';
import type { Ground } from './database.ts';
import type { Load, LoadRequest, LoadResult } from './load.ts';
import { timeOf } from './processor.ts';

export interface Target {
  readonly name: string;
  readonly server: Child<{ port: number }>;
  readonly headers: string;
  /** Requests of the next round. */
  requests(): readonly LoadRequest[];
  /** Requests sent once each before the first round, for as long as they last. */
  readonly first?: readonly LoadRequest[];
  readonly repeat: boolean;
  readonly status: string;
  /** Another status that does not end the bench, and is told of. */
  readonly tolerate?: { readonly status: string; told(count: number): void };
}

/** Processor times in microseconds a request. */
export interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly bytes: number;
  readonly server: number;
  readonly postgres: number;
  readonly load: number;
}

export interface Effort {
  /** Of a round. */
  readonly seconds: number;
  readonly rounds: number;
  /** Seconds of load before the first round: V8 goes on compiling for about 10,000 requests. */
  readonly warm: number;
  readonly connections: number;
}

/** @returns the rounds of each target, in the order of the targets */
export async function runRounds(
  ground: Ground,
  generator: Child<unknown>,
  targets: readonly Target[],
  effort: Effort,
): Promise<Round[][]> {
  const warm = { ...effort, seconds: effort.warm };
  for (const target of targets) {
    if (target.first !== undefined) {
      const once = { ...target, requests: () => target.first!, repeat: false };
      await runRound(ground, generator, once, { ...effort, seconds: 600 });
    }
    await runRound(ground, generator, target, warm);
  }
  const results: Round[][] = targets.map(() => []);
  for (let round = 0; round < effort.rounds; round++)
    for (const [i, target] of targets.entries()) results[i]!.push(await runRound(ground, generator, target, effort));
  return results;
}

async function runRound(ground: Ground, generator: Child<unknown>, target: Target, effort: Effort): Promise<Round> {
  const { server, headers, repeat } = target;
  const { connections, seconds } = effort;
  const times = () => Promise.all([timeOf(server.pid), ground.time(), timeOf(generator.pid)]);
  const load: Load = { port: server.ready.port, connections, seconds, headers, requests: target.requests(), repeat };
  const before = await times();
  const result = await generator.ask<LoadResult>(load);
  const after = await times();
  const done = result.statuses[target.status] ?? 0;
  const others = Object.keys(result.statuses).filter((s) => s !== target.status && s !== target.tolerate?.status);
  target.tolerate?.told(result.statuses[target.tolerate.status] ?? 0);
  if (done === 0 || others.length > 0) throw new Error(`${target.name} answered ${JSON.stringify(result.statuses)}`);
  const [cpu, postgres, own] = after.map((t, i) => (t - before[i]!) / done) as [number, number, number];
  const { p50, p99 } = result;
  return { rate: done / result.seconds, p50, p99, bytes: result.bytes / done, server: cpu, postgres, load: own };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** The median of each measure. */
export function medianRound(rounds: readonly Round[]): Round {
  const of = (pick: (r: Round) => number) => median(rounds.map(pick));
  return {
    rate: of((r) => r.rate),
    p50: of((r) => r.p50),
    p99: of((r) => r.p99),
    bytes: of((r) => r.bytes),
    server: of((r) => r.server),
    postgres: of((r) => r.postgres),
    load: of((r) => r.load),
  };
}
