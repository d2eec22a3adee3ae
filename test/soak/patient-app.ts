/** A third-party app under fire: it repeats a request that got no answer with the same key, and asks again when told "pending". */
import { randomUUID } from 'node:crypto';
import { orderOf } from '../support/order.ts';
import type { ProcessHub } from '../support/process-hub.ts';
import type { Order } from './soak.ts';

/** `yes` and `no` are final; `asking` is a request without any answer yet. */
export type Heard = 'asking' | 'pending' | 'yes' | 'no';

export interface Patient {
  readonly id: string;
  readonly surname: string;
}

export interface PatientApp {
  createPatients(count: number): Promise<Patient[]>;
  /** Books some free slot; comes back with a final answer or "pending". */
  book(patient: Patient, order: Order): Promise<void>;
  /** Asks for the state of a pending one. */
  look(order: Order): Promise<void>;
}

interface Answer {
  status: number;
  body: {
    id?: string;
    status?: string;
    entry?: { resource: { id: string } }[];
    issue?: { details?: { coding?: { code?: string }[] } }[];
  };
}

const triesWithoutAnswer = 400;

export function createClient(hub: ProcessHub): PatientApp {
  let free: string[] = [];

  async function send(method: string, path: string, body?: object, headers = {}): Promise<Answer | undefined> {
    try {
      const response = await fetch(`${hub.base}/${path}`, {
        method,
        headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/fhir+json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    } catch {
      return undefined;
    }
  }

  /** Until there is an answer at all: the hub may be dead just now. */
  async function insist(method: string, path: string, body?: object, headers = {}): Promise<Answer> {
    let answer: Answer | undefined;
    for (let tries = 0; tries < triesWithoutAnswer; tries++) {
      answer = await send(method, path, body, headers);
      if (answer !== undefined && !saysNothing(answer)) return answer;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`${method} ${path}: no answer for ${triesWithoutAnswer / 10} s; last: ${JSON.stringify(answer)}`);
  }

  async function nextSlot(): Promise<string> {
    if (free.length === 0) {
      const from = new Date(Date.now() + 3_600_000).toISOString();
      const { body } = await insist('GET', `Slot?status=free&start=gt${from}&_count=1000`);
      free = (body.entry ?? [])
        .map((e) => e.resource.id)
        .toSorted(() => Math.random() - 0.5)
        .slice(0, 200);
    }
    const slot = free.pop();
    if (slot === undefined) throw new Error('no free slots are left: give the sandbox more doctors');
    // Now and then two patients want the same time.
    if (Math.random() < 0.1) free.push(slot);
    return slot;
  }

  return {
    async createPatients(count) {
      const patients: Patient[] = [];
      const create = async (index: number) => {
        // No surname is the beginning of another: РЕГИЗ looks for people by that.
        const surname = `Соак${index}й`;
        const telecom = [{ system: 'phone', value: '+79990000001' }];
        const name = [{ family: surname, given: ['Тест'] }];
        // On many days, as people are: a clinic finds its cards by them.
        const birthDate = new Date(Date.UTC(1950, 0, 1 + index)).toISOString().slice(0, 10);
        const resource = { resourceType: 'Patient', name, telecom, birthDate };
        const { status, body } = await insist('POST', 'Patient', resource);
        if (status !== 201) throw new Error(`a patient was not created: ${status} ${JSON.stringify(body)}`);
        patients.push({ id: body.id!, surname });
      };
      for (let i = 0; i < count; i += 16)
        await Promise.all(Array.from({ length: Math.min(16, count - i) }, (_, j) => create(i + j)));
      return patients;
    },
    async book(patient, order) {
      const body = orderOf(await nextSlot(), patient.id);
      const answer = await insist('POST', 'Appointment', body, { 'idempotency-key': randomUUID() });
      order.appointment = answer.body.id;
      // As Retry-After asks, if shorter: a clinic that is away would else be asked by everybody at once.
      if (answer.status === 503) await new Promise((done) => setTimeout(done, 1000));
      order.heard = heardIn(answer);
    },
    async look(order) {
      const answer = await insist('GET', `Appointment/${order.appointment}`);
      order.heard = heardIn(answer);
    },
  };
}

/** What docs/booking.md says tells nothing about the booking: the same key is sent again. */
function saysNothing({ status, body }: Answer): boolean {
  return status === 504 || ['busy', 'audit-unwritten'].includes(body.issue?.[0]?.details?.coding?.[0]?.code ?? '');
}

function heardIn({ status, body }: Answer): Heard {
  if (status === 409 || status === 422 || status === 503 || status === 404) return 'no';
  if (body.status === 'booked') return 'yes';
  if (body.status === 'pending') return 'pending';
  if (body.status === 'cancelled') return 'no';
  throw new Error(`an answer nobody expects: ${status} ${JSON.stringify(body)}`);
}
