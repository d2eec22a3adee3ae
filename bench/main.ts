/**
 * `npm run bench`: every number against the raw limit in the same run. docs/performance.md says how to read it.
 * `npm run bench -- search booking` runs some; `--json FILE` writes the rows too; the other options are sizes and effort.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAccess } from './access.ts';
import { measureBooking } from './booking.ts';
import { startChild } from './child.ts';
import { measureCrud } from './crud.ts';
import { startGround } from './database.ts';
import { measureExport } from './export.ts';
import { measureIngest } from './ingest.ts';
import { measureMapping } from './mapping.ts';
import { fillPeopleDatabase, measureMixed } from './mixed.ts';
import { measureRegion } from './region.ts';
import { printNotes, printTable, type Row } from './report.ts';
import { measureScale } from './scale.ts';
import { fillDatabase, measureInclude, measureSearch } from './search.ts';
import { measureWalk } from './walk.ts';

const names = [
  'access',
  'search',
  'include',
  'walk',
  'export',
  'booking',
  'mixed',
  'crud',
  'ingest',
  'scale',
  'mapping',
  'region',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    slots: { type: 'string', default: '1000000' },
    patients: { type: 'string', default: '100000' },
    appointments: { type: 'string', default: '1000000' },
    ingest: { type: 'string', default: '100000' },
    small: { type: 'string', default: '50000' },
    large: { type: 'string', default: '5000000' },
    clinics: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    warm: { type: 'string', default: '8' },
    json: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')} here. There are: ${names.join(', ')}.`);
const wants = (...some: string[]) => positionals.length === 0 || some.some((name) => positionals.includes(name));
const effort = {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  warm: Number(values.warm),
  connections: 16,
};

const rows: Row[] = [];
const add = (...made: Row[]) => {
  for (const row of made) printNotes(row);
  rows.push(...made);
};

if (wants('mapping')) add(...measureMapping(effort));
if (wants('access', 'search', 'include', 'walk', 'export', 'booking', 'mixed', 'crud', 'ingest', 'scale', 'region')) {
  await using ground = await startGround();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void ground[Symbol.asyncDispose]().finally(() => process.exit(130)));
  await using generator = await startChild('load.ts');
  if (wants('access', 'search', 'include', 'walk', 'export', 'booking')) {
    const slots = Number(values.slots);
    const url = await fillDatabase(ground, 'bench', slots, wants('search', 'include', 'walk', 'export'));
    if (wants('access')) add(...(await measureAccess(ground, generator, url, slots, effort)));
    if (wants('search')) add(await measureSearch(ground, generator, url, slots, effort));
    if (wants('include')) add(await measureInclude(ground, generator, url, slots, effort));
    if (wants('walk')) add(...(await measureWalk(ground, generator, url, slots, effort)));
    if (wants('export')) add(await measureExport(ground, url, slots, effort));
    // Bookings that come together share statements, so how many come together is a part of the measure.
    for (const connections of wants('booking') ? [16, 32] : [])
      add(await measureBooking(ground, generator, url, { ...effort, connections }));
  }
  if (wants('mixed', 'crud')) {
    const sizes = { patients: Number(values.patients), appointments: Number(values.appointments) };
    const url = await fillPeopleDatabase(ground, sizes);
    if (wants('mixed')) add(await measureMixed(ground, generator, url, sizes, effort));
    if (wants('crud')) add(await measureCrud(ground, url, effort));
  }
  if (wants('ingest')) add(...(await measureIngest(ground, Number(values.ingest), effort)));
  if (wants('region')) {
    const size = { clinics: Number(values.clinics), doctors: 30, days: 14 };
    add(await measureRegion(ground, size, effort));
  }
  if (wants('scale')) add(await measureScale(ground, generator, [Number(values.small), Number(values.large)], effort));
}
printTable(rows);
if (values.json !== undefined) {
  const machine = { cores: availableParallelism(), architecture: process.arch, node: process.version };
  await writeFile(values.json, `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 2)}\n`);
}
