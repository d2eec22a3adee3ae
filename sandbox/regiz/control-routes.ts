/** What of the control of the pretend РЕГИЗ is its own, over HTTP. */
import { z } from 'zod';
import { commonRoutes, type Routes } from '../common/control-routes.ts';
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

const callSchema = z.strictObject({
  target: targetSchema,
  operation: z.string(),
  ask: z.record(z.string(), z.json()).default({}),
});

export const routes: Routes<Control> = {
  ...commonRoutes({ params: faultParamsSchema, settings: settingsSchema, desk: deskSchema }),
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
  'POST /control/call'(control, body) {
    const { target, operation, ask } = callSchema.parse(body);
    return control.call(target, operation, ask as DataObject);
  },
  'POST /control/walk': (control, body) => control.walk(walkSchema.parse(body)),
  'POST /control/notify'(control, body) {
    const { target, ...notice } = noticeSchema.extend({ target: targetSchema }).parse(body);
    return control.notify(target, notice);
  },
  'GET /control/workflow': () => ({ workflowId, roles, stages, transitions }),
};

export const refusalOf = (error: unknown): object | undefined =>
  error instanceof Refusal ? { error: error.message, code: error.code } : undefined;
