/**
 * Mapping throughput on one core: Slot-like and Patient-like YAML mappings against hand-written code in the same run,
 * with and without JSON.stringify. Wanted (PERFORMANCE.md, protocols/r4.md §A): >= 200,000 and >= 100,000 a second.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MisRecord } from '../src/connectors/connector.ts';
import { loadMappings } from '../src/connectors/mapping.ts';
import { idOf } from '../src/id.ts';
import { codesYaml, patientOf, patientRecord, patientYaml, slotOf, slotRecord, slotYaml } from './mapping-samples.ts';

type Make = (record: MisRecord) => unknown;

/** Records a second: the best of five rounds of at least 200 ms each, so that a busy neighbour costs a round only. */
function rateOf(make: Make, records: readonly MisRecord[]): number {
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    let done = 0;
    let elapsed = 0n;
    while (elapsed < 200_000_000n) {
      for (const record of records) if (make(record) !== undefined) done++;
      elapsed = process.hrtime.bigint() - start;
    }
    best = Math.max(best, (done * 1e9) / Number(elapsed));
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

function compare(name: string, wanted: number, mapped: Make, hand: Make, records: readonly MisRecord[]): void {
  for (const record of records)
    if (!isDeepStrictEqual(mapped(record), hand(record)))
      throw new Error(`${name}: the mapping and the hand-written code differ`);
  const text = (make: Make) => (record: MisRecord) => JSON.stringify(make(record));
  const [fast, byHand, fastText, byHandText] = [mapped, hand, text(mapped), text(hand)].map((make) =>
    rateOf(make, records),
  ) as [number, number, number, number];
  const line = (what: string, mine: number, raw: number) =>
    `${name.padEnd(8)} ${what.padEnd(16)} ${format(mine)}/s   hand-written ${format(raw)}/s   ratio ${(mine / raw).toFixed(2)}`;
  console.log(line('objects', fast, byHand));
  console.log(line('JSON text', fastText, byHandText));
  console.log(`${name.padEnd(8)} ${fast >= wanted ? 'meets' : 'MISSES'} ${format(wanted)}/s`);
}

function format(rate: number): string {
  return Math.round(rate).toLocaleString('en').padStart(9);
}

const folder = mkdtempSync(join(tmpdir(), 'medmost-bench-'));
try {
  writeFolder(folder);
  const mappings = loadMappings([folder], { clinic: 'bench', zone: 'Europe/Moscow' });
  const id = (type: string, key: string) => idOf('bench', type, key);
  const numbers = Array.from({ length: 1_000 }, (_, i) => i);
  compare(
    'Slot',
    200_000,
    (r) => mappings.toFhir('slot', r)[0],
    (r) => slotOf(r, id),
    numbers.map(slotRecord),
  );
  compare(
    'Patient',
    100_000,
    (r) => mappings.toFhir('patient', r)[0],
    (r) => patientOf(r, id),
    numbers.map(patientRecord),
  );
} finally {
  rmSync(folder, { recursive: true });
}
