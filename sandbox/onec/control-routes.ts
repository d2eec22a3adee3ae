/** The control over HTTP: JSON under /control, loopback only, without a password. */
import { z } from 'zod';
import { chaosSchema } from '../common/switchboard.ts';
import type { Control } from './control.ts';
import { deskSchema } from './desk.ts';
import { faultParamsSchema } from './faults/fault.ts';
import { Refusal } from './refusal.ts';
import { settingsSchema } from './settings.ts';

const orderSchema = z.strictObject({
  fault: z.string(),
  times: z.number().int().positive().default(1),
  operations: z.array(z.string()).optional(),
  params: faultParamsSchema.optional(),
});
const busySchema = z.strictObject({ action: z.literal('busy'), everyMilliseconds: z.number().int().nonnegative() });

type Route = (control: Control, body: unknown, query: URLSearchParams) => unknown;

const routes: { readonly [methodAndPath: string]: Route } = {
  'GET /control/faults': (control) => ({ faults: control.faults() }),
  'POST /control/faults': (control, body) => control.fault(orderSchema.parse(body)),
  'DELETE /control/faults': (control) => control.clearFaults(),
  'POST /control/chaos': (control, body) => control.chaos(given(chaosSchema.partial().parse(body), body)),
  'GET /control/state': (control, _body, query) => ({
    bookings: control.bookings({
      source: query.get('source') ?? undefined,
      guid: query.get('guid') ?? undefined,
      employee: query.get('employee') ?? undefined,
    }),
    waiting: control.waiting(),
  }),
  'POST /control/desk'(control, body) {
    const busy = busySchema.safeParse(body);
    return busy.success ? control.busyDesk(busy.data.everyMilliseconds) : control.desk(deskSchema.parse(body));
  },
  'POST /control/snapshot': (control) => ({ snapshot: control.snapshot() }),
  'POST /control/restore': (control, body) =>
    control.restore(z.strictObject({ snapshot: z.string() }).parse(body).snapshot),
  'GET /control/settings': (control) => control.settings(),
  'POST /control/settings': (control, body) => control.settings(given(settingsSchema.partial().parse(body), body)),
  'GET /control/log': (control) => ({ calls: control.log(), canaryHits: control.canaryHits() }),
};

/** A partial schema fills defaults in; only what was given may change. */
function given<T extends object>(parsed: T, body: unknown): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(parsed).filter(([key]) => Object.hasOwn(body as object, key));
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** @returns status and body to answer with */
export function runControl(
  control: Control,
  method: string,
  url: URL,
  body: string,
): { status: number; body: unknown } {
  const route = routes[`${method} ${url.pathname}`];
  if (route === undefined) return { status: 404, body: { error: 'no such control', routes: Object.keys(routes) } };
  try {
    return { status: 200, body: route(control, body === '' ? {} : JSON.parse(body), url.searchParams) ?? { ok: true } };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof Refusal) return { status: 409, body: { error: error.message.trim() } };
    if (error instanceof RangeError || error instanceof SyntaxError)
      return { status: 400, body: { error: error.message } };
    throw error;
  }
}
