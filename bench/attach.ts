/**
 * `node bench/attach.ts`: how long a refused access code takes, by why it is refused. Nobody shall tell by the time whether there is such a
 * code: medians within 10 % of each other (RELIABILITY §5.2.20).
 */
import { randomUUID } from 'node:crypto';
import { attach } from '../src/access/account/attach.ts';
import { makeCode } from '../src/access/account/code.ts';
import { issueCode } from '../src/access/account/issue.ts';
import { transaction } from '../src/postgres.ts';
import { createTestHub } from '../test/support/hub.ts';
import { createMemoryMis, openMemoryClinic } from '../test/support/memory-mis.ts';
import { startGround } from './database.ts';

const rounds = 600;
const hour = 3600_000;
const [right, wrong] = ['00000060004', '00000060105'];

await using ground = await startGround();
const url = await ground.createDatabase('attach');
let now = Date.now();
const build = (numbers: Map<string, number>) => [openMemoryClinic('demo', numbers.get('demo')!, createMemoryMis())];
const hub = await createTestHub(url, build, ['demo'], () => now);
const context = hub.context.accounts;
const clinic = hub.clinics.byKey('demo')!.number;
const account = randomUUID();
await hub.pool.query(`insert into account (id, state, family, given) values ($1, 'confirmed', 'Тестова', 'Мария')`, [
  account,
]);

async function issue(): Promise<string> {
  const body = { resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.643.100.3', value: right }] };
  const answer = await hub.app.inject({
    method: 'POST',
    url: '/fhir/Patient',
    headers: { authorization: `Bearer ${await hub.token()}`, 'content-type': 'application/fhir+json' },
    payload: JSON.stringify({ ...body, name: [{ family: 'Тестова', given: ['Мария'] }] }),
  });
  const { id } = JSON.parse(answer.payload) as { id: string };
  return (await transaction(hub.pool, (db) => issueCode(context, db, { id, clinic }, 'bench'))).code;
}

/** A code of its own for each try: none is dead. */
const kinds: readonly (readonly [why: string, prepare: () => Promise<{ code: string; snils: string }>])[] = [
  ['unknown', async () => ({ code: makeCode().typed, snils: right })],
  [
    'too old',
    async () => {
      const code = await issue();
      await hub.pool.query('update access_code set ends = $1 where ended is null', [new Date(now)]);
      return { code, snils: right };
    },
  ],
  [
    'used',
    async () => {
      const code = await issue();
      await hub.pool.query('update access_code set used_by = $1, ended = $2 where ended is null', [
        account,
        new Date(now),
      ]);
      return { code, snils: right };
    },
  ],
  ['another СНИЛС', async () => ({ code: await issue(), snils: wrong })],
];

const times = new Map(kinds.map(([why]) => [why, [] as number[]]));
for (let round = 0; round < rounds; round++)
  for (const [why, prepare] of kinds.toSorted(() => Math.random() - 0.5)) {
    now += hour;
    const request = { ...(await prepare()), account, other: undefined, ip: `192.0.2.${round % 250}` };
    const began = performance.now();
    await attach(context, request).catch(() => {});
    if (round >= 100) times.get(why)!.push(performance.now() - began);
    await hub.pool.query('update access_code set ended = $1 where ended is null', [new Date(now)]);
  }
await hub.close();

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const medians = [...times].map(([why, list]) => [why, median(list)] as const);
const least = Math.min(...medians.map(([, m]) => m));
for (const [why, m] of medians)
  console.log(`${why.padEnd(16)} ${(m * 1000).toFixed(0)} µs   ${(m / least).toFixed(3)} of the least`);
