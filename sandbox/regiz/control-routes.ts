/** The control over HTTP: JSON under /control, loopback only, without a password. */
import { z } from 'zod';
import { chaosSchema } from '../common/switchboard.ts';
import type { Control } from './control.ts';
import type { DataObject } from './data.ts';
import { deskSchema } from './desk.ts';
import { faultParamsSchema } from './faults/fault.ts';
import { targetSchema } from './hub-client.ts';
import { noticeSchema } from './notify.ts';
import { Refusal } from './refusal.ts';
import { settingsSchema } from './settings.ts';
import { walkSchema } from './walk.ts';
import { roles, stages, transitions, workflowId } from './workflow.ts';

const orderSchema = z.strictObject({
  fault: z.string(),
  times: z.number().int().positive().default(1),
  operations: z.array(z.string()).optional(),
  params: faultParamsSchema.optional(),
});
const busySchema = z.strictObject({ action: z.literal('busy'), everyMilliseconds: z.number().int().nonnegative() });
const callSchema = z.strictObject({
  target: targetSchema,
  operation: z.string(),
  ask: z.record(z.string(), z.json()).default({}),
});

type Route = (control: Control, body: unknown, query: URLSearchParams) => unknown;

const routes: { readonly [methodAndPath: string]: Route } = {
  'GET /control/faults': (control) => ({ faults: control.faults() }),
  'POST /control/faults': (control, body) => control.fault(orderSchema.parse(body)),
  'DELETE /control/faults': (control) => control.clearFaults(),
  'POST /control/chaos': (control, body) => control.chaos(given(chaosSchema.partial().parse(body), body)),
  'GET /control/state': (control, _body, query) => ({
    bookings: control.bookings({
      source: query.get('source') ?? undefined,
      id: query.get('id') ?? undefined,
      doctor: query.get('doctor') ?? undefined,
      idLpu: query.has('idLpu') ? Number(query.get('idLpu')) : undefined,
    }),
    waiting: control.waiting(),
    notifications: control.notifications(),
    patientNotifications: control.patientNotifications(),
    deferred: control.deferred(),
    referrals: control.referrals(),
    cases: control.cases(),
    processes: control.processes(),
    pushes: control.pushes(),
  }),
  'POST /control/desk'(control, body) {
    const busy = busySchema.safeParse(body);
    return busy.success ? control.busyDesk(busy.data.everyMilliseconds) : control.desk(deskSchema.parse(body));
  },
  'POST /control/call'(control, body) {
    const { target, operation, ask } = callSchema.parse(body);
    return control.call(target, operation, ask as DataObject);
  },
  'POST /control/walk': (control, body) => control.walk(walkSchema.parse(body)),
  'POST /control/notify'(control, body) {
    const { target, ...notice } = noticeSchema.extend({ target: targetSchema }).parse(body);
    return control.notify(target, notice);
  },
  'POST /control/snapshot': (control) => ({ snapshot: control.snapshot() }),
  'POST /control/restore': (control, body) =>
    control.restore(z.strictObject({ snapshot: z.string() }).parse(body).snapshot),
  'GET /control/settings': (control) => control.settings(),
  'POST /control/settings': (control, body) => control.settings(given(settingsSchema.partial().parse(body), body)),
  'GET /control/workflow': () => ({ workflowId, roles, stages, transitions }),
  'GET /control/log': (control) => ({ calls: control.log(), canaryHits: control.canaryHits() }),
};

/** A partial schema fills defaults in; only what was given may change. */
function given<T extends object>(parsed: T, body: unknown): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(parsed).filter(([key]) => Object.hasOwn(body as object, key));
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** @returns status and body to answer with */
export async function runControl(
  control: Control,
  method: string,
  url: URL,
  body: string,
): Promise<{ status: number; body: unknown }> {
  const route = routes[`${method} ${url.pathname}`];
  if (route === undefined) return { status: 404, body: { error: 'no such control', routes: Object.keys(routes) } };
  try {
    const answer = await route(control, body === '' ? {} : JSON.parse(body), url.searchParams);
    return { status: 200, body: answer ?? { ok: true } };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof Refusal) return { status: 409, body: { error: error.message, code: error.code } };
    if (error instanceof RangeError || error instanceof SyntaxError)
      return { status: 400, body: { error: error.message } };
    throw error;
  }
}
