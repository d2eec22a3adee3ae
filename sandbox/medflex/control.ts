/** What tests and people do to the sandbox beside its wire; over HTTP it is JSON under /control, without a password. */
import { z } from 'zod';
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

type Route = (control: Control, mischief: Mischief, body: unknown) => unknown;

const routes: { readonly [methodAndPath: string]: Route } = {
  'GET /control/misbehaviours': (_control, mischief) => ({ known: misbehaviours, standing: mischief.standing() }),
  'POST /control/misbehaviours': (control, _mischief, body) => control.misbehave(body as Order),
  'DELETE /control/misbehaviours': (control) => control.behave(),
  'GET /control/cells': (control) => ({ cells: control.cells() }),
  'GET /control/calls': (control) => ({ calls: control.calls(), canaryHits: control.canaryHits() }),
  'POST /control/book': (control, _mischief, body) => control.book(body as never),
  'POST /control/webhooks': async (control, _mischief, body) => ({ answers: await control.send(body as Webhook) }),
  'POST /control/target': (control, _mischief, body) => control.point(z.strictObject({ url: z.url() }).parse(body).url),
};

export async function runControl(
  control: Control,
  mischief: Mischief,
  route: string,
  body: string,
): Promise<{ status: number; body: unknown }> {
  const run = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (run === undefined) return { status: 404, body: { error: 'no such control', routes: Object.keys(routes) } };
  try {
    return { status: 200, body: (await run(control, mischief, body === '' ? {} : JSON.parse(body))) ?? { ok: true } };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}
