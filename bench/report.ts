/** What was measured, as rows of one table and as JSON. */
import { median, medianRound, type Round } from './rounds.ts';

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The limit or the reference in the same run; null when there is none. */
  readonly raw: number | null;
  readonly ratio: number | null;
  /** The same by processor time of server and Postgres, which a busy machine upsets less; null where it is not measured. */
  readonly cpuRatio: number | null;
  readonly goal: string;
  readonly met: boolean;
  /** How the numbers came about: rounds, processor times, what was compared. */
  readonly notes: readonly string[];
}

/** Work a second against raw; the ratio is the median of the rounds' own ratios. */
export function compareRates(
  name: string,
  against: string,
  goal: number,
  ours: readonly Round[],
  raw: readonly Round[],
): Row {
  const ratio = median(ours.map((r, i) => r.rate / raw[i]!.rate));
  const cpu = median(ours.map((r, i) => cpuOf(raw[i]!) / cpuOf(r)));
  return {
    name,
    unit: '/s',
    ours: medianRound(ours).rate,
    raw: medianRound(raw).rate,
    ratio,
    cpuRatio: cpu,
    goal: `≥ ${goal.toFixed(1)}`,
    met: ratio >= goal,
    notes: [`against ${against}`, noteOf('ours', ours), noteOf('raw', raw)],
  };
}

/** Microseconds of server and Postgres a request. */
export const cpuOf = (r: Round) => r.server + r.postgres;

export function noteOf(name: string, rounds: readonly Round[]): string {
  const m = medianRound(rounds);
  const all = rounds.map((r) => whole(r.rate)).join(' · ');
  const cpu = `${whole(m.server)} + ${whole(m.postgres)} = ${whole(cpuOf(m))} µs`;
  return `${name.padEnd(6)} ${all}/s   p50 ${m.p50.toFixed(1)} ms  p99 ${m.p99.toFixed(1)} ms   server + Postgres ${cpu}   ${whole(m.bytes)} bytes   load generator ${whole(m.load)} µs`;
}

export const whole = (value: number) => Math.round(value).toLocaleString('en');

export function printNotes({ name, notes }: Row): void {
  console.log(`\n${name}`);
  for (const note of notes) console.log(`  ${note}`);
}

const heads = ['', 'ours', 'raw', 'unit', 'ratio', 'by CPU', 'goal', ''];
const numbers = [1, 2, 4, 5];

export function printTable(rows: readonly Row[]): void {
  const number = (value: number | null) => (value === null ? '–' : whole(value));
  const ratio = (value: number | null) => (value === null || Number.isNaN(value) ? '–' : value.toFixed(2));
  const lines = rows.map((r) => [
    r.name,
    number(r.ours),
    number(r.raw),
    r.unit,
    ratio(r.ratio),
    ratio(r.cpuRatio),
    r.goal,
    r.met ? 'met' : 'NOT MET',
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((l) => l[i]!.length)));
  console.log('');
  for (const line of [heads, ...lines])
    console.log(
      line
        .map((cell, i) => (numbers.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    );
}
