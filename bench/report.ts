/** What was measured, as lines of a table. */
import { median, medianRound, type Round } from './rounds.ts';

export interface Comparison {
  readonly name: string;
  readonly against: string;
  /** The ratio that the work order asks for. */
  readonly wanted: number;
  /** Ours to raw in work done a second: the median of the rounds' own ratios. */
  readonly ratio: number;
  /** Raw to ours in processor time of server and Postgres; NaN where it cannot be read. */
  readonly cpuRatio: number;
  readonly lines: readonly string[];
}

export function compare(
  name: string,
  against: string,
  wanted: number,
  ours: readonly Round[],
  raw: readonly Round[],
): Comparison {
  const ratio = median(ours.map((r, i) => r.rate / raw[i]!.rate));
  const cpuRatio = median(ours.map((r, i) => cpuOf(raw[i]!) / cpuOf(r)));
  return { name, against, wanted, ratio, cpuRatio, lines: [lineOf('medmost', ours), lineOf('raw', raw)] };
}

export const cpuOf = (r: Round) => r.server + r.postgres;

export function lineOf(name: string, rounds: readonly Round[]): string {
  const m = medianRound(rounds);
  const all = rounds.map((r) => whole(r.rate)).join(' · ');
  const cpu = `${whole(m.server)} + ${whole(m.postgres)} = ${whole(cpuOf(m))} µs`;
  return `${name.padEnd(9)} ${all}/s   p50 ${m.p50.toFixed(1)} ms  p99 ${m.p99.toFixed(1)} ms   server + Postgres ${cpu}   ${whole(m.bytes)} bytes   load ${whole(m.load)} µs`;
}

export const whole = (value: number) => Math.round(value).toLocaleString('en');

export function print({ name, against, wanted, ratio, cpuRatio, lines }: Comparison): void {
  const verdict = ratio >= wanted ? 'meets' : 'MISSES';
  console.log(`\n${name}\n  against ${against}`);
  for (const line of lines) console.log(`  ${line}`);
  console.log(
    `  ratio ${ratio.toFixed(2)} (by processor time ${cpuRatio.toFixed(2)})  ${verdict} ${wanted.toFixed(1)}`,
  );
}
