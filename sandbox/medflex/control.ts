/** What tests and people do to the sandbox beside its wire; over HTTP it is JSON under /control, without a password. */
import { z } from 'zod';
import type { Routes } from '../common/control-routes.ts';
import { type Mischief, misbehaviours, type Order } from './misbehaviour.ts';
import { type Filials, listCells } from './schedule.ts';
import { bookingBody, bookingSchema, sendWebhook, type Target, type Webhook, type WebhookAnswer } from './webhook.ts';

export interface Call {
  readonly path: string;
  readonly status: number;
  /** Cells in it. */
  readonly cells: number;
}

export interface Control {
  misbehave(order: Order): void;
  behave(): void;
  cells(): ReturnType<typeof listCells>;
  /** The last 1000 requests of the clinic. */
  calls(): readonly Call[];
  /** How often a redirect was followed. */
  canaryHits(): number;
  /** A person books a cell. */
  book(booking: z.input<typeof bookingSchema>): Promise<WebhookAnswer>;
  /** Webhooks in any number and any shape. */
  send(webhook: Webhook): Promise<WebhookAnswer[]>;
  /** Where the webhooks of the clinic are. */
  point(url: string): void;
}

export interface ControlGround {
  readonly filials: Filials;
  readonly mischief: Mischief;
  readonly calls: readonly Call[];
  readonly canary: { hits: number };
  readonly target: { url: string; readonly token: string };
}

export function createControl({ filials, mischief, calls, canary, target }: ControlGround): Control {
  const send = (webhook: Webhook) => sendWebhook(target satisfies Target, webhook);
  return {
    misbehave: (order) => mischief.order(order),
    behave: () => mischief.clear(),
    cells: () => listCells(filials),
    calls: () => calls,
    canaryHits: () => canary.hits,
    book: async (booking) => (await send({ webhook: 'book', body: bookingBody(bookingSchema.parse(booking)) }))[0]!,
    send,
    point(url) {
      target.url = url;
    },
  };
}

export const routesOf = (mischief: Mischief): Routes<Control> => ({
  'GET /control/misbehaviours': () => ({ known: misbehaviours, standing: mischief.standing() }),
  'POST /control/misbehaviours': (control, body) => control.misbehave(body as Order),
  'DELETE /control/misbehaviours': (control) => control.behave(),
  'GET /control/cells': (control) => ({ cells: control.cells() }),
  'GET /control/calls': (control) => ({ calls: control.calls(), canaryHits: control.canaryHits() }),
  'POST /control/book': (control, body) => control.book(body as never),
  'POST /control/webhooks': async (control, body) => ({ answers: await control.send(body as Webhook) }),
  'POST /control/target': (control, body) => control.point(z.strictObject({ url: z.url() }).parse(body).url),
});
