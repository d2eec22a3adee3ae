/** Mapping throughput on one core: Slot-like and Patient-like YAML mappings, and the same written by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MisRecord } from '../src/connectors/connector.ts';
import { loadMappings } from '../src/connectors/mapping.ts';
import { idOf } from '../src/id.ts';
import { codesYaml, patientOf, patientRecord, patientYaml, slotOf, slotRecord, slotYaml } from './mapping-samples.ts';
import { type Row, whole } from './report.ts';
import type { Effort } from './rounds.ts';

type Make = (record: MisRecord) => unknown;

/** Records a second of processor time: the best of the rounds. */
function rateOf(make: Make, records: readonly MisRecord[], { rounds, seconds }: Effort): number {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    let done = 0;
    let elapsed = 0;
    while (elapsed < seconds / 25) {
      for (const record of records) if (make(record) !== undefined) done++;
      const { user, system } = process.cpuUsage(start);
      elapsed = (user + system) / 1e6;
    }
    best = Math.max(best, done / elapsed);
  }
  return best;
}

function writeFolder(folder: string): void {
  mkdirSync(join(folder, 'examples'));
  writeFileSync(join(folder, 'slot.yaml'), slotYaml);
  writeFileSync(join(folder, 'patient.yaml'), patientYaml);
  writeFileSync(join(folder, 'codes.yaml'), codesYaml);
  const id = (type: string, key: string) => idOf('example', type, key);
  for (let i = 0; i < 6; i++) {
    const samples = [
      { kind: 'slot', record: slotRecord(i), expect: [slotOf(slotRecord(i), id)] },
      { kind: 'patient', record: patientRecord(i), expect: [patientOf(patientRecord(i), id)] },
    ];
    for (const sample of samples)
      writeFileSync(join(folder, 'examples', `${sample.kind}-${i}.json`), JSON.stringify(sample));
  }
}

function compare(
  name: string,
  goal: number,
  mapped: Make,
  hand: Make,
  records: readonly MisRecord[],
  effort: Effort,
): Row {
  for (const record of records)
    if (!isDeepStrictEqual(mapped(record), hand(record)))
      throw new Error(`${name}: the mapping and the hand-written code differ`);
  const text = (make: Make) => (record: MisRecord) => JSON.stringify(make(record));
  const makers = [mapped, hand, text(mapped), text(hand)];
  const rates = makers.map((make) => rateOf(make, records, effort));
  const [ours, byHand, ourText, handText] = rates as [number, number, number, number];
  const met = ours >= goal;
  const notes = [
    'against the same mapping written by hand in TypeScript; objects, without I/O',
    `with JSON.stringify ${whole(ourText)}/s against ${whole(handText)}/s`,
  ];
  return {
    name,
    unit: '/s',
    ours,
    raw: byHand,
    ratio: ours / byHand,
    cpuRatio: null,
    goal: `≥ ${whole(goal)}/s`,
    met,
    notes,
  };
}

/** YAML mappings, compiled, against hand-written code; wanted are rates on one core (protocols/r4.md §A). */
export function measureMapping(effort: Effort): Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'medmost-bench-'));
  try {
    writeFolder(folder);
    const mappings = loadMappings([folder], { clinic: 'bench', zone: 'Europe/Moscow' });
    const id = (type: string, key: string) => idOf('bench', type, key);
    const numbers = Array.from({ length: 1_000 }, (_, i) => i);
    const slot: Make = (r) => mappings.toFhir('slot', r)[0];
    const patient: Make = (r) => mappings.toFhir('patient', r)[0];
    return [
      compare('mapping of a Slot', 200_000, slot, (r) => slotOf(r, id), numbers.map(slotRecord), effort),
      compare('mapping of a Patient', 100_000, patient, (r) => patientOf(r, id), numbers.map(patientRecord), effort),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
