/** The control over HTTP: JSON under /control, loopback only, without a password. */
import { z } from 'zod';
import type { CommonControl } from './control.ts';
import type { FaultParams } from './fault.ts';
import { chaosSchema } from './switchboard.ts';

type Route<C> = (control: C, body: unknown, query: URLSearchParams) => unknown;
export type Routes<C> = { readonly [methodAndPath: string]: Route<C> };

/** What each pretend MIS says in its own words. */
export interface Words<P, Settings, DeskAction> {
  readonly params: z.ZodType<P>;
  readonly settings: z.ZodObject & z.ZodType<Settings>;
  readonly desk: z.ZodType<DeskAction>;
}

const busySchema = z.strictObject({ action: z.literal('busy'), everyMilliseconds: z.number().int().nonnegative() });

export function commonRoutes<
  P extends FaultParams,
  Settings extends object,
  DeskAction,
  C extends CommonControl<P, Settings, unknown> & { desk(action: DeskAction): unknown },
>({ params, settings, desk }: Words<P, Settings, DeskAction>): Routes<C> {
  const orderSchema = z.strictObject({
    fault: z.string(),
    times: z.number().int().positive().default(1),
    operations: z.array(z.string()).optional(),
    params: params.optional(),
  });
  return {
    'GET /control/faults': (control) => ({ faults: control.faults() }),
    'POST /control/faults': (control, body) => control.fault(orderSchema.parse(body)),
    'DELETE /control/faults': (control) => control.clearFaults(),
    'POST /control/chaos': (control, body) => control.chaos(given(chaosSchema.partial().parse(body), body)),
    'POST /control/desk'(control, body) {
      const busy = busySchema.safeParse(body);
      return busy.success ? control.busyDesk(busy.data.everyMilliseconds) : control.desk(desk.parse(body));
    },
    'POST /control/snapshot': (control) => ({ snapshot: control.snapshot() }),
    'POST /control/restore': (control, body) =>
      control.restore(z.strictObject({ snapshot: z.string() }).parse(body).snapshot),
    'GET /control/settings': (control) => control.settings(),
    'POST /control/settings': (control, body) =>
      control.settings(given(settings.partial().parse(body), body) as Partial<Settings>),
    'GET /control/log': (control) => ({ calls: control.log(), canaryHits: control.canaryHits() }),
  };
}

/** A partial schema fills defaults in; only what was given may change. */
function given<T extends object>(parsed: T, body: unknown): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(parsed).filter(([key]) => Object.hasOwn(body as object, key));
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export interface Asked {
  /** Method and path. */
  readonly route: string;
  readonly query: URLSearchParams;
  /** JSON, or nothing. */
  readonly body: string;
}

/**
 * @param refused the body for an error that is the system's own "no"
 * @returns status and body to answer with
 */
export async function runControl<C>(
  routes: Routes<C>,
  control: C,
  { route, query, body }: Asked,
  refused: (error: unknown) => object | undefined = () => undefined,
): Promise<{ status: number; body: unknown }> {
  const run = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (run === undefined) return { status: 404, body: { error: 'no such control', routes: Object.keys(routes) } };
  try {
    const answer = await run(control, body === '' ? {} : JSON.parse(body), query);
    return { status: 200, body: answer ?? { ok: true } };
  } catch (error) {
    const no = refused(error);
    if (no !== undefined) return { status: 409, body: no };
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof Error) return { status: 400, body: { error: error.message } };
    throw error;
  }
}
