/** Doctors and their free times: lists told as errors, counts, the list that is kept, zones, and what cannot be trusted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlainServer, startPlainServer } from '../onec/plain-server.ts';
import { answering, refusing, times } from './answers.ts';
import { type Connected, connect, now, openStage, type Stage, window } from './stage.ts';
import { soon } from './times.ts';

const guard = { readRepeats: 0, breakAfter: 1000 };
const specialities = (...ids: string[]) =>
  answering(
    `<h:ListSpesiality>${ids.map((id) => `<h:Spesiality><h:IdSpesiality>${id}</h:IdSpesiality><h:NameSpesiality>С ${id}</h:NameSpesiality></h:Spesiality>`).join('')}</h:ListSpesiality>`,
  );
const doctors = (...list: readonly (readonly [id: string, tickets?: number])[]) =>
  answering(
    `<h:Docs>${list.map(([id, tickets]) => `<h:Doctor>${tickets === undefined ? '' : `<h:CountFreeTicket>${tickets}</h:CountFreeTicket>`}<h:IdDoc>${id}</h:IdDoc><h:Name>  Пробный   Пётр  Ильич </h:Name></h:Doctor>`).join('')}</h:Docs>`,
  );

let stage: Stage;
let server: PlainServer;
const opened: Connected[] = [];
beforeAll(async () => {
  [stage, server] = await Promise.all([openStage(44, { doctors: 16 }), startPlainServer()]);
});
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await Promise.all([stage.close(), server.close()]);
});

const read = ({ operations }: Connected, only?: readonly string[]) =>
  operations.schedule!.read(window, only, soon().signal);
const plain = (settings: Record<string, unknown> = {}) => {
  server.received.length = 0;
  const one = connect({ url: server.url, lpu: 44, guid: 'g', guard, ...settings });
  opened.push(one);
  return one;
};
const asked = (operation: string) => stage.sandbox.log().filter((call) => call.operation === operation).length;
const count = (operation: string) => server.received.filter((one) => one.operation === operation).length;

test('empty lists that are told as errors are empty lists', async () => {
  const { sandbox } = stage;
  const good = await read(stage.open({ guard }));
  const [first] = good['schedule']!;
  const key = String(first!['key']);
  // The speciality of a doctor who has left lists nobody; one who is ill has no times.
  const { key: other } = good['schedule']!.at(-1)!;
  await sandbox.desk({ action: 'dismiss', idLpu: 44, doctor: String(other) });
  for (let day = 1; day <= 14; day++)
    await sandbox.desk({ action: 'close', idLpu: 44, doctor: key, day: `2026-12-${String(day).padStart(2, '0')}` });
  sandbox.settings({ emptyAsError: true });
  const less = await read(stage.open({ guard }));
  sandbox.settings({ emptyAsError: false });
  expect(less['schedule']).toEqual(good['schedule']!.filter((schedule) => schedule['key'] !== other));
  expect(less['slot']).toEqual(good['slot']!.filter(({ schedule }) => schedule !== key && schedule !== other));
});

test('the list of doctors serves several readings; one who has left ends it, and the next reading goes on', async () => {
  const one = stage.open({ guard });
  const before = asked('GetDoctorList');
  const good = await read(one);
  const once = asked('GetDoctorList') - before;
  expect(await read(one)).toEqual(good);
  expect(asked('GetDoctorList') - before).toBe(once);
  const { key } = good['schedule']![0]!;
  await stage.sandbox.desk({ action: 'dismiss', idLpu: 44, doctor: String(key) });
  await expect(read(one)).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
  const less = await read(one);
  expect(less['schedule']).toEqual(good['schedule']!.slice(1));
  expect(asked('GetDoctorList') - before).toBe(2 * once);
});

test('the list that a directory has read serves the schedule, and each directory reads it anew', async () => {
  const one = stage.open({ guard });
  const before = asked('GetSpesialityList');
  const { role } = await one.operations.directory!(soon().signal);
  expect((await read(one))['schedule']!.map(({ key }) => key)).toEqual(role!.map(({ key }) => key));
  expect(asked('GetSpesialityList') - before).toBe(1);
  await one.operations.directory!(soon().signal);
  expect(asked('GetSpesialityList') - before).toBe(2);
});

test('doctorsFor 0 reads the doctors every time', async () => {
  const one = stage.open({ guard, directory: { doctorsFor: 0 } });
  const before = asked('GetSpesialityList');
  await read(one);
  await read(one);
  expect(asked('GetSpesialityList') - before).toBe(2);
});

test('onlyWithTickets asks for those alone who have some under any speciality, or whose are not counted', async () => {
  server.on('GetSpesialityList', specialities('1', '2'));
  server.on('GetAvaibleAppointments', times());
  const list = () => {
    server.on('GetDoctorList', doctors(['none', 0], ['some', 0]), doctors(['some', 3], ['uncounted']));
  };
  list();
  const all = await read(plain());
  expect(count('GetAvaibleAppointments')).toBe(3);
  list();
  const some = await read(plain({ schedule: { onlyWithTickets: true } }));
  expect(some['schedule']).toEqual(all['schedule']);
  const ids = server.received.flatMap(({ body }) => /<idDoc>(\w+)/.exec(body)?.[1] ?? []);
  expect(ids.toSorted()).toEqual(['some', 'uncounted']);
  expect(some['schedule']![1]).toMatchObject({
    doctorName: 'Пробный Пётр Ильич',
    specialities: [{ id: '1' }, { id: '2' }],
  });
});

test('a reading that has failed asks for nothing more', async () => {
  server.on('GetSpesialityList', specialities('1'));
  server.on('GetDoctorList', doctors(...Array.from({ length: 40 }, (_, n) => [`d${n}`] as const)));
  server.on('GetAvaibleAppointments', times(), refusing(603), times());
  const one = plain({ guard: { ...guard, concurrency: 2 } });
  await expect(read(one)).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
  // An exchange of its own ends after those under way.
  server.on('GetVersion', answering());
  for (let i = 0; i < 3; i++) await one.operations.ping!(soon().signal);
  expect(count('GetAvaibleAppointments')).toBeLessThanOrEqual(4);
});

test.each([
  ['Europe/Moscow', '2026-12-01T10:30:00', '2026-12-01T07:30:00Z'],
  ['Asia/Vladivostok', '2026-12-02T10:30:00', '2026-12-02T00:30:00Z'],
  ['Europe/Kaliningrad', '2026-12-01T10:30:00.5000000', '2026-12-01T08:30:00Z'],
  ['Europe/Moscow', '2026-12-01T10:30:00+05:00', '2026-12-01T05:30:00Z'],
  ['Europe/Moscow', '2026-12-01T10:30:00Z', '2026-12-01T10:30:00Z'],
])('in %s %s is %s', async (zone, local, instant) => {
  server.on('GetSpesialityList', specialities('1'));
  server.on('GetDoctorList', doctors(['d1']));
  server.on('GetAvaibleAppointments', times({ id: 's1', start: local }));
  const one = connect({ url: server.url, lpu: 44, guid: 'g', guard }, () => now, zone);
  opened.push(one);
  const { slot } = await read(one);
  expect(slot).toHaveLength(1);
  // Without an end it lasts as long as the clinic's visits do.
  const end = new Date(Date.parse(instant) + 15 * 60_000).toISOString();
  expect([slot![0]!['start'], slot![0]!['end']].map((time) => Date.parse(String(time)))).toEqual(
    [instant, end].map((time) => Date.parse(time)),
  );
});

test.each([
  ['a time that does not exist', times({ id: 's1', start: '2026-12-32T10:30:00' })],
  ['no time at all', times({ id: 's1', start: 'завтра' })],
  [
    'one id for two times',
    times({ id: 's1', start: '2026-12-01T10:30:00' }, { id: 's1', start: '2026-12-01T11:00:00' }),
  ],
])('%s makes the reading fail', async (_, handler) => {
  server.on('GetSpesialityList', specialities('1'));
  server.on('GetDoctorList', doctors(['d1']));
  server.on('GetAvaibleAppointments', handler);
  await expect(read(plain())).rejects.toMatchObject({ name: 'MisReadError' });
});
