/**
 * The raw limit, a process of its own: bare Fastify and pg, without token, access filter, validation, search values,
 * history or saga. Search is `db-text` of PERFORMANCE.md: ready text, concatenated. Booking is one transaction.
 */
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';

interface Settings {
  readonly url: string;
  /** An Appointment as the hub answers it; its `id` is replaced, so that both sides write and send the same bytes. */
  readonly appointment?: { readonly id: string; readonly body: string };
}

const settings = JSON.parse(process.argv[2]!) as Settings;
const pool = new pg.Pool({ connectionString: settings.url, max: 20 });
pool.on('error', () => {});
const app = fastify();
const fhirJson = 'application/fhir+json; charset=utf-8';
app.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, app.getDefaultJsonParser('ignore', 'ignore'));

const page = `select id, resource from slot_text where schedule = $1 and status = 0 and start_at >= $2 and start_at < $3
  order by start_at, id limit $4`;

interface Query {
  schedule: string;
  start: [string, string];
  _count: string;
}

app.get<{ Querystring: Query }>('/fhir/Slot', async (request, reply) => {
  const { schedule, start, _count } = request.query;
  const values = [schedule.slice('Schedule/'.length), start[0].slice(2), start[1].slice(2), Number(_count)];
  const { rows } = await pool.query<{ id: string; resource: string }>({ name: 'page', text: page, values });
  let text = '{"resourceType":"Bundle","type":"searchset","entry":[';
  for (let i = 0; i < rows.length; i++) {
    const { id, resource } = rows[i]!;
    text += `${i === 0 ? '' : ','}{"fullUrl":"http://hub.test/fhir/Slot/${id}","resource":${resource},"search":{"mode":"match"}}`;
  }
  void reply.type(fhirJson);
  return `${text}]}`;
});

interface Order {
  slot: [{ reference: string }];
  participant: [{ actor: { reference: string } }];
}

app.post<{ Body: Order }>('/fhir/Appointment', async (request, reply) => {
  const slot = request.body.slot[0].reference.slice('Slot/'.length);
  const patient = request.body.participant[0].actor.reference.slice('Patient/'.length);
  const id = randomUUID();
  const body = settings.appointment!.body.replace(settings.appointment!.id, id);
  const booked = await book(slot, [id, slot, patient, body]);
  return reply
    .code(booked ? 201 : 409)
    .type(fhirJson)
    .send(body);
});

async function book(slot: string, appointment: readonly string[]): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const text = 'update slot set status = 1, version = version + 1 where id = $1 and status = 0';
    const { rowCount } = await client.query({ name: 'claim', text, values: [slot] });
    const insert = 'insert into appointment_text (id, slot, patient, body) values ($1, $2, $3, $4)';
    if (rowCount === 1) await client.query({ name: 'insert', text: insert, values: [...appointment] });
    await client.query('commit');
    return rowCount === 1;
  } finally {
    client.release();
  }
}

await app.listen({ host: '127.0.0.1', port: 0 });
process.on('disconnect', async () => {
  await app.close();
  await pool.end();
  process.exit();
});
process.send!({ port: (app.server.address() as { port: number }).port });
