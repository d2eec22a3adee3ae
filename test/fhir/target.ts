/** A hub of two clinics, with patients and bookings in it and a port of its own: what strangers and hostile clients aim at. */
import type { AddressInfo } from 'node:net';
import { idOf } from '../../src/id.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import { ask, type TestHub } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import {
  begin,
  createMemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
  schedules,
} from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { type RawReply, type RawRequest, sendRaw } from '../support/raw-http.ts';

export interface Target {
  readonly hub: TestHub;
  readonly token: string;
  /** Ids of two patients of the clinic `one`, and of the Appointment that each has. */
  readonly people: readonly { readonly patient: string; readonly appointment: string }[];
  /** Id of the nth slot of a clinic's first doctor; the first ones are booked. */
  slot(n: number, clinic?: string): string;
  send(request: RawRequest): Promise<RawReply>;
  /** A request of the app of the clinic `one`. */
  get(path: string, ...headers: Header[]): RawRequest;
  /** The same with a body; JSON unless a Content-Type is among the headers. */
  write(method: string, path: string, body: string | Buffer, ...headers: Header[]): RawRequest;
  /** A digest of all that a client may change. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

export type Header = readonly [name: string, value: string];

const keys = ['one', 'two'];
const slots = schedules.flatMap((s) => quarterSlots(s.key, begin, 40));

export async function createTarget(): Promise<Target> {
  const hub = await createMemoryHub({
    keys,
    open(key, number) {
      const mis = createMemoryMis();
      mis.slots = slots;
      return openMemoryClinic(key, number, mis, memoryConfig(key));
    },
  });
  for (const key of keys) await hub.read(key);
  await addPractitioner(hub);
  const slot = (n: number, clinic = 'one') => idOf(clinic, 'Slot', String(slots[n]!['key']));
  const token = await hub.token({ clinics: ['one'] });
  const people = [await addPerson(hub, token, slot(0)), await addPerson(hub, token, slot(1))];
  await hub.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = hub.app.server.address() as AddressInfo;
  const auth: Header = ['Authorization', `Bearer ${token}`];
  const typed = (headers: Header[]): Header[] =>
    headers.some(([name]) => name === 'Content-Type')
      ? headers
      : [['Content-Type', 'application/fhir+json'], ...headers];
  return {
    hub,
    token,
    people,
    slot,
    send: (request) => sendRaw(port, request),
    get: (path, ...headers) => ({ method: 'GET', target: `/fhir/${path}`, headers: [auth, ...headers] }),
    write: (method, path, body, ...headers) => ({
      ...{ method, body },
      target: `/fhir/${path}`,
      headers: [auth, ...typed(headers)],
    }),
    digest: () => digestOf(hub),
    close: hub.close,
  };
}

async function addPractitioner(hub: TestHub): Promise<void> {
  const { number, zone } = hub.clinics.byKey('one')!;
  const key = schedules[0].key;
  const id = idOf('one', 'Practitioner', key);
  const resource = { resourceType: 'Practitioner', id, name: [{ family: 'Соколова', given: ['Анна'] }] };
  const origin = { clinic: number, zone, misKey: key, mis: {} };
  await putDocument(hub.pool, prepareDocument(resource, 1, Date.now(), origin, hub.sync.parameters));
}

async function addPerson(hub: TestHub, token: string, slot: string) {
  const created = await ask(hub, 'POST', 'Patient', { token, body: person });
  const patient = created.body.id!;
  const booked = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(slot, patient) });
  if (booked.status !== 201) throw new Error(`not booked: ${JSON.stringify(booked)}`);
  return { patient, appointment: booked.body.id! };
}

export const person = {
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00012345677' }],
  name: [{ use: 'official', family: 'Тестова', given: ['Мария', 'Ивановна'] }],
  telecom: [{ system: 'phone', value: '+79990000001' }],
  gender: 'female',
  birthDate: '1990-02-03',
};

export interface Route {
  readonly method: string;
  readonly path: string;
  /** A body that it takes, once. */
  readonly base: Record<string, unknown>;
}

/** The routes that write; `free` is the number of the first of two free slots. */
export function writingRoutes({ people, slot }: Target, free: number): [Route, Route, Route, Route] {
  const { patient, appointment } = people[0]!;
  const moved = { ...orderOf(slot(free + 1), patient), id: appointment };
  return [
    { method: 'POST', path: 'Patient', base: person },
    { method: 'PUT', path: `Patient/${patient}`, base: { ...person, id: patient } },
    { method: 'POST', path: 'Appointment', base: orderOf(slot(free), patient) },
    { method: 'PUT', path: `Appointment/${appointment}`, base: moved },
  ];
}

async function digestOf({ pool }: TestHub): Promise<string> {
  const { rows } = await pool.query<{ digest: string }>(`select concat_ws(' ',
      (select count(*) || '/' || sum(version) from document), (select count(*) from document_version),
      (select count(*) || '/' || max(changed) from booking), (select count(*) from booking_event),
      (select count(*) from idempotency_key), (select count(*) || '/' || sum(version) from slot)) as digest`);
  return rows[0]!.digest;
}
