/** Webhooks as MedFlex sends them: a person has chosen a cell, cancels, or wants to know how it stands. */
import { z } from 'zod';

export const personSchema = z.strictObject({
  first_name: z.string().default('Анна'),
  second_name: z.string().default('Ивановна'),
  last_name: z.string().default('Тестова'),
  mobile_phone: z.string().default('79000000001'),
  birthday: z.string().default('1990-02-03'),
});

export const bookingSchema = z.strictObject({
  filial: z.string(),
  doctor: z.string(),
  /** `2026-12-01` */
  dt: z.string(),
  /** `09:00` */
  time_start: z.string(),
  time_end: z.string(),
  comment: z.string().default(''),
  client: personSchema.prefault({}),
});

/** The body of a booking for a cell. */
export function bookingBody({
  filial,
  doctor,
  dt,
  time_start,
  time_end,
  comment,
  client,
}: z.output<typeof bookingSchema>) {
  return {
    doctor: { id: doctor, lpu_id: filial, specialty: { id: '1', name: 'Терапевт' } },
    appointment: {
      dt_start: `${dt} ${time_start}`,
      dt_end: `${dt} ${time_end}`,
      is_online: false,
      comment,
      price: 1500,
      is_club: false,
    },
    client,
    appointment_source: 'Prodoctorov',
  };
}

export const webhookSchema = z.strictObject({
  /** `book`, `cancel`, `status`, `update`, `health` */
  webhook: z.string().regex(/^[a-z]+$/),
  body: z.unknown().optional(),
  /** In place of `body`, as it is. */
  raw: z.string().optional(),
  /** Another token than the right one; empty: none. */
  token: z.string().optional(),
  contentType: z.string().default('application/json'),
  /** So many, one after another. */
  times: z.int().min(1).max(100).default(1),
  /** All at once. */
  together: z.boolean().default(false),
  /** Leaves so many milliseconds after sending, without an answer. */
  leaveAfter: z.int().min(0).optional(),
});

export type Webhook = z.input<typeof webhookSchema>;

export interface WebhookAnswer {
  /** 0 when none came. */
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Target {
  readonly url: string;
  readonly token: string;
}

/** @returns the answers, in the order of sending */
export async function sendWebhook(target: Target, given: Webhook): Promise<WebhookAnswer[]> {
  const order = webhookSchema.parse(given);
  const turns = Array.from({ length: order.times }, () => () => sendOne(target, order));
  if (order.together) return Promise.all(turns.map((send) => send()));
  const answers: WebhookAnswer[] = [];
  for (const send of turns) answers.push(await send());
  return answers;
}

async function sendOne(target: Target, order: z.output<typeof webhookSchema>): Promise<WebhookAnswer> {
  const { webhook, body, raw, token = target.token, contentType, leaveAfter } = order;
  try {
    const answer = await fetch(`${target.url}/${webhook}`, {
      method: 'POST',
      headers: { 'content-type': contentType, ...(token !== '' && { authorization: `Token ${token}` }) },
      body: raw ?? JSON.stringify(body ?? {}),
      ...(leaveAfter !== undefined && { signal: AbortSignal.timeout(leaveAfter) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  } catch {
    return { status: 0, body: {} };
  }
}
