/** Many patients, one slot: every racer sends POST Appointment at once; the MIS's own books are read afterwards. */
import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { OnecHub } from '../support/onec-hub.ts';
import { orderOf } from '../support/order.ts';

export interface RaceReport {
  /** Rounds in which exactly one heard 201 and all others 409 with issue code `conflict` and the code `slot-taken`. */
  readonly clean: number;
  /** Of the rounds that were not: what was answered, e.g. `201 × 2, 409 conflict × 62`. */
  readonly unclean: readonly string[];
  /** Bookings that stand in the MIS. */
  readonly held: number;
  /** Bookings in the MIS that overlap another one of the same doctor. */
  readonly doubles: number;
  /** Winners that the MIS does not hold under their Appointment's time and name. */
  readonly missing: number;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly id?: string;
    readonly status?: string;
    readonly entry?: readonly { readonly resource: { readonly id: string } }[];
    readonly issue?: readonly { readonly code: string; readonly details?: { coding: { code: string }[] } }[];
  };
}

interface MisBooking {
  readonly employee: string;
  readonly start: string;
  readonly end: string;
  readonly surname: string;
  readonly status: number;
}

/** Every racer has its connection, so that nothing but the hub puts them in a queue. */
async function withConnections<T>(hub: OnecHub, racers: number, work: (send: Send) => Promise<T>): Promise<T> {
  const dispatcher = new Agent({ connections: racers, pipelining: 1, keepAliveTimeout: 60_000 });
  const send: Send = async (method, path, body, headers = {}) => {
    const answer = await dispatcher.request({
      origin: new URL(hub.base).origin,
      path: `/fhir/${path}`,
      method: method as 'GET' | 'POST',
      headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/fhir+json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Answer['body'] };
  };
  try {
    return await work(send);
  } finally {
    await dispatcher.close();
  }
}

export function race(hub: OnecHub, rounds: number, racers: number): Promise<RaceReport> {
  return withConnections(hub, racers, async (send) => {
    const patients = await createPatients(send, racers);
    const winners: string[] = [];
    const unclean: string[] = [];
    for (const slot of await freeSlots(send, rounds)) {
      const answers = await Promise.all(
        patients.map((id, i) => send('POST', 'Appointment', orderOf(slot, id), i % 2 === 0 ? key() : {})),
      );
      const won = answers.flatMap((a, i) => (a.status === 201 && a.body.status === 'booked' ? [surname(i)] : []));
      winners.push(...won);
      const lost = answers.filter(isConflict).length;
      if (won.length !== 1 || lost !== racers - 1) unclean.push(describeAnswers(answers));
    }
    return { clean: rounds - unclean.length, unclean, ...(await compareBooks(hub, winners)) };
  });
}

/** One request sent many times at once with one key. A clean round: one 201, the others the same Appointment, 200 or 202. */
export function repeat(hub: OnecHub, rounds: number, times: number): Promise<RaceReport> {
  return withConnections(hub, times, async (send) => {
    const [patient] = (await createPatients(send, 1)) as [string];
    const unclean: string[] = [];
    for (const slot of await freeSlots(send, rounds)) {
      const header = key();
      const once = () => send('POST', 'Appointment', orderOf(slot, patient), header);
      const answers = await Promise.all(Array.from({ length: times }, once));
      const ids = new Set(answers.map((a) => a.body.id));
      const created = answers.filter((a) => a.status === 201).length;
      const right = answers.every((a) => [200, 201, 202].includes(a.status));
      if (ids.size !== 1 || created !== 1 || !right) unclean.push(describeAnswers(answers));
    }
    const winners = Array.from({ length: rounds }, () => surname(0));
    return { clean: rounds - unclean.length, unclean, ...(await compareBooks(hub, winners)) };
  });
}

const key = () => ({ 'idempotency-key': randomUUID() });
const surname = (index: number) => `Гонщик${index}`;

type Send = (method: string, path: string, body?: object, headers?: object) => Promise<Answer>;

async function createPatients(send: Send, count: number): Promise<string[]> {
  const create = async (index: number) => {
    const telecom = [{ system: 'phone', value: '+79990000001' }];
    const resource = { resourceType: 'Patient', name: [{ family: surname(index), given: ['Тест'] }], telecom };
    const { status, body } = await send('POST', 'Patient', resource);
    if (status !== 201) throw new Error(`a patient was not created: ${status} ${JSON.stringify(body)}`);
    return body.id!;
  };
  return Promise.all(Array.from({ length: count }, (_, i) => create(i)));
}

/** Tomorrow's and later: none of them begins while the race goes on. */
async function freeSlots(send: Send, count: number): Promise<string[]> {
  const from = new Date(Date.now() + 86_400_000).toISOString();
  const { body } = await send('GET', `Slot?status=free&start=gt${from}&_count=${count}`);
  const slots = (body.entry ?? []).map((e) => e.resource.id);
  if (slots.length < count) throw new Error(`the sandbox has only ${slots.length} free slots`);
  return slots;
}

function isConflict({ status, body }: Answer): boolean {
  const [issue] = body.issue ?? [];
  return status === 409 && issue?.code === 'conflict' && issue.details?.coding[0]?.code === 'slot-taken';
}

function describeAnswers(answers: readonly Answer[]): string {
  const kinds = Map.groupBy(answers, (a) => `${a.status} ${a.body.issue?.[0]?.code ?? a.body.status}`);
  return [...kinds].map(([kind, list]) => `${kind} × ${list.length}`).join(', ');
}

/** Status numbers of protocols/onec.md §1.4; 1–4 stand. */
async function compareBooks(hub: OnecHub, winners: readonly string[]) {
  const { bookings } = (await hub.control('GET', 'state?source=site')) as unknown as { bookings: MisBooking[] };
  const held = bookings.filter((b) => ['1', '2', '3', '4'].includes(String(b.status)));
  const names = held.map((b) => b.surname);
  const missing = winners.filter((w) => {
    const at = names.indexOf(w);
    if (at !== -1) names.splice(at, 1);
    return at === -1;
  });
  return { held: held.length, doubles: overlaps(held), missing: missing.length };
}

function overlaps(held: readonly MisBooking[]): number {
  return [...Map.groupBy(held, (b) => b.employee).values()]
    .map((list) => list.toSorted((a, b) => a.start.localeCompare(b.start)))
    .reduce((n, list) => n + list.filter((b, i) => i > 0 && b.start < list[i - 1]!.end).length, 0);
}
