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
  _include?: string;
}

const base = 'http://hub.test/fhir';
const entry = (type: string, id: string, resource: string, mode: string) =>
  `{"fullUrl":"${base}/${type}/${id}","resource":${resource},"search":{"mode":"${mode}"}}`;

interface SlotText {
  id: string;
  resource: string;
}

app.get<{ Querystring: Query }>('/fhir/Slot', async (request, reply) => {
  const { schedule, start, _count, _include } = request.query;
  const values = [schedule.slice('Schedule/'.length), start[0].slice(2), start[1].slice(2), Number(_count)];
  const { rows } = await pool.query<SlotText>({ name: 'page', text: page, values });
  let text = '{"resourceType":"Bundle","type":"searchset","entry":[';
  for (let i = 0; i < rows.length; i++) {
    const { id, resource } = rows[i]!;
    text += `${i === 0 ? '' : ','}${entry('Slot', id, resource, 'match')}`;
  }
  if (_include !== undefined) for (const s of await readSchedules(rows.map((r) => r.id))) text += `,${s}`;
  void reply.type(fhirJson);
  return `${text}]}`;
});

/** The second query of a page with `_include=Slot:schedule`. */
async function readSchedules(slots: readonly string[]): Promise<string[]> {
  const text = `select id, body as resource from document
    where type = 'Schedule' and id in (select schedule from slot_text where id = any($1::uuid[]))`;
  const { rows } = await pool.query<SlotText>({ name: 'schedules', text, values: [slots] });
  return rows.map((r) => entry('Schedule', r.id, r.resource, 'include'));
}

const keyset = 'select id, resource from slot_text where (updated, id) > ($1, $2) order by updated, id limit $3';

/** A page of a walk over everything by time of change; where it begins is given as it is. */
app.get<{ Querystring: { after: string; id: string; _count: string } }>('/fhir/walk', async (request, reply) => {
  const { after, id, _count } = request.query;
  const { rows } = await pool.query<SlotText>({ name: 'keyset', text: keyset, values: [after, id, Number(_count)] });
  let text = '{"resourceType":"Bundle","type":"searchset","entry":[';
  for (let i = 0; i < rows.length; i++)
    text += `${i === 0 ? '' : ','}${entry('Slot', rows[i]!.id, rows[i]!.resource, 'match')}`;
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
