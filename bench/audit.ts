/**
 * `node bench/audit.ts --events 10000000`: what reports, writing, sealing and checking of the audit cost over so many events.
 * RELIABILITY §5.4 36: "who saw patient P" ≤ 5 s on 10 M. Most is filled in by SQL; what is written and sealed here is our own.
 */
import { parseArgs } from 'node:util';
import { createAudit } from '../src/access/audit/audit.ts';
import type { ReportQuery } from '../src/access/audit/report.sql.ts';
import { eventsOf } from '../src/access/audit/report.ts';
import { sealEvents } from '../src/access/audit/seal.sql.ts';
import { verifyAudit } from '../src/access/audit/verify.ts';
import { openPool, transaction, withClient } from '../src/postgres.ts';
import { startGround } from './database.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
const events = Number(values.events);
/** A tenth as many patients, one of whom a hundredth of a per mille of all events is about; 2,000 who ask, one of them 1 %. */
const fill = `insert into audit_event (at, kind, action, interaction, outcome, status, clinic, patient, subject, role, client, address, request)
  select now() - (($1::bigint - i) * interval '3 years' / $1), 'rest', 'E', 'search-type Appointment', 0, 200, 1 + i % 20,
    lpad(to_hex(case when i % 10000 = 0 then 0 else 1 + (i * 7919) % ($1 / 10) end), 32, '0')::uuid,
    'subject-' || case when i % 100 = 0 then 0 else i % 2000 end, 'doctor', 'cabinet', '192.0.2.1', i::text
  from generate_series(1, $1::bigint) i`;

await using ground = await startGround();
const url = await ground.createDatabase('audit');
console.log(`${events} events …`);
await withClient(url, async (client) => {
  await client.query(fill, [events]);
  await client.query('vacuum analyze audit_event');
});
const pool = openPool(url, { name: 'bench', connections: 4, queryTimeout: 600_000, onError: () => {} });
const audit = createAudit({ url, pool, onError: () => {} });

async function timed(name: string, work: () => Promise<number>): Promise<void> {
  const began = performance.now();
  const count = await work();
  const milliseconds = performance.now() - began;
  console.log(
    `${name}: ${milliseconds.toFixed(0)} ms, ${count} events, ${((count / milliseconds) * 1000).toFixed(0)} /s`,
  );
}

async function count(query: Partial<ReportQuery>, days = 3 * 366): Promise<number> {
  let n = 0;
  const [from, to] = [new Date(Date.now() - days * 86_400_000), new Date()];
  for await (const _ of eventsOf(pool, { from, to, ...query })) n++;
  return n;
}

const id = (n: number) =>
  n
    .toString(16)
    .padStart(32, '0')
    .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
await timed('who saw a usual patient, three years', () => count({ patient: id(5) }));
await timed('who saw the patient most seen, three years', () => count({ patient: id(0) }));
await timed('whom the busiest of all touched, three years', () => count({ subject: 'subject-0' }));
await timed('whom somebody touched, a month', () => count({ subject: 'subject-7' }, 30));
const agent = { subject: 'bench', role: 'app' };
const entry = {
  at: Date.now(),
  kind: 'rest',
  action: 'E',
  interaction: 'search-type Appointment',
  outcome: 0,
  agent,
} as const;
const page = Array.from({ length: 50 }, (_, i) => ({
  ...entry,
  clinic: 1,
  patient: id(i),
  request: 'r',
  query: 'GET Appointment?date=2026-12-01',
}));
await timed('writing pages of 50, sixteen at once', async () => {
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 16 }, () => audit.record(page)));
  return 20 * 16 * 50;
});
await timed('writing single events, sixteen at once', async () => {
  for (let round = 0; round < 100; round++)
    await Promise.all(Array.from({ length: 16 }, () => audit.record(page.slice(0, 1))));
  return 1600;
});
await timed('sealing', async () => {
  let sealed = 0;
  for (let n = -1; n !== 0; sealed += n) n = await transaction(pool, sealEvents);
  return sealed;
});
await timed('checking the chain', async () => {
  const verdict = await verifyAudit(pool, Date.now());
  if (verdict.broken !== undefined) throw new Error(verdict.broken.problem);
  return verdict.events;
});
await Promise.all([audit.close(), pool.end()]);
