/** Booking's local part: POST Appointment with a MIS that says yes at once, against claim + insert in one transaction. */

import { withClient } from '../src/postgres.ts';
import { orderOf } from '../test/support/order.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import { createAppointments } from './fill.sql.ts';
import type { HubReady } from './hub.ts';
import type { LoadRequest } from './load.ts';
import { compareRates, type Row } from './report.ts';
import { type Effort, runRounds, type Target } from './rounds.ts';
import { hubHeaders } from './search.ts';

/** More than either side can book. */
const bookingsPerSecond = 8000;

export async function measureBooking(
  ground: Ground,
  generator: Child<unknown>,
  url: string,
  effort: Effort,
): Promise<Row> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  const people = await createPatients(hub.ready);
  const free = await readFreeSlots(url);
  const share = Math.floor((free.length - 1) / (effort.rounds + 1) / 2);
  const perRound = Math.min(share, Math.ceil(bookingsPerSecond * Math.max(effort.warm, effort.seconds)));
  const take = (count: number) => free.splice(-count).map(({ id, clinic }) => orderRequest(id, people[clinic - 1]!));
  const sample = await bookOne(hub.ready, take(1)[0]!);
  await withClient(url, (client) => client.query(createAppointments));
  await using raw = await startChild<{ port: number }>('raw.ts', { url, appointment: sample });
  const shared = { requests: () => take(perRound), repeat: false, status: '201' };
  const targets: Target[] = [
    { ...shared, name: 'medmost', server: hub, headers: hubHeaders(hub.ready.token) },
    { ...shared, name: 'raw', server: raw, headers: '' },
  ];
  // A booking runs ten times the code of a search, so V8 is done with it later.
  const [ours, theirs] = await runRounds(ground, generator, targets, { ...effort, warm: effort.warm * 3 });
  await checkBooked(url);
  const against = 'bare Fastify + pg: begin, claim, insert of the ready Appointment, commit; one table, one index';
  return compareRates(`booking's local part, ${effort.connections} at once`, against, 0.5, ours!, theirs!);
}

/** One patient in each clinic, in their order. */
async function createPatients({ port, clinicTokens }: HubReady): Promise<string[]> {
  const created = clinicTokens.map((token) =>
    post(port, token, 'Patient', {
      resourceType: 'Patient',
      name: [{ family: 'Тестова', given: ['Мария', 'Ивановна'] }],
      birthDate: '1990-02-03',
      gender: 'female',
    }),
  );
  return (await Promise.all(created)).map((c) => c.id);
}

interface FreeSlot {
  id: string;
  clinic: number;
}

/** At most a million, in no order. */
async function readFreeSlots(url: string): Promise<FreeSlot[]> {
  const text = 'select id, clinic from slot where status = 0 order by random() limit 1000000';
  const { rows } = await withClient(url, (client) => client.query<FreeSlot>(text));
  return rows;
}

function orderRequest(slot: string, patient: string): LoadRequest {
  const body = JSON.stringify(orderOf(slot, patient));
  return { method: 'POST', path: '/fhir/Appointment', body };
}

async function bookOne({ port, token }: HubReady, order: LoadRequest): Promise<{ id: string; body: string }> {
  const created = await post(port, token, 'Appointment', JSON.parse(order.body!) as object);
  return { id: created.id, body: JSON.stringify(created) };
}

async function post(port: number, token: string, type: string, body: object): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
  const answer = await fetch(`http://127.0.0.1:${port}/fhir/${type}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`${type}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}

/** Every booking of the bench must be whole: confirmed, its slot taken by it, its Appointment booked. */
async function checkBooked(url: string): Promise<void> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ broken: number }>(`select count(*)::integer as broken from booking b
      left join slot s on s.id = b.slot and s.booking = b.id and s.status = 1
      left join document d on d.type = 'Appointment' and d.id = b.appointment and d.body like '%"status":"booked"%'
      where b.state <> 'confirmed' or s.id is null or d.id is null`),
  );
  if (rows[0]!.broken > 0) throw new Error(`${rows[0]!.broken} bookings of the bench are not whole`);
}
