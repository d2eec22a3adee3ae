/** What of the control of the pretend 1С is its own, over HTTP. */
import { commonRoutes, type Routes } from '../common/control-routes.ts';
import type { Control } from './control.ts';
import { deskSchema } from './desk.ts';
import { faultParamsSchema } from './faults/fault.ts';
import { Refusal } from './refusal.ts';
import { settingsSchema } from './settings.ts';

export const routes: Routes<Control> = {
  ...commonRoutes({ params: faultParamsSchema, settings: settingsSchema, desk: deskSchema }),
  'GET /control/state': (control, _body, query) => ({
    bookings: control.bookings({
      source: query.get('source') ?? undefined,
      guid: query.get('guid') ?? undefined,
      employee: query.get('employee') ?? undefined,
    }),
    waiting: control.waiting(),
  }),
};

export const refusalOf = (error: unknown): object | undefined =>
  error instanceof Refusal ? { error: error.message.trim() } : undefined;
