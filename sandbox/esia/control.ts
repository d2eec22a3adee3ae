/** What tests do to the sandbox beside its wire; over HTTP it is JSON under /control, without a password. */
import { z } from 'zod';
import { misbehaviours, type Order, orderSchema } from './misbehaviour.ts';
import type { Person } from './people.ts';
import { clientOf, type Registration } from './registry.ts';
import type { State } from './state.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface Control {
  misbehave(order: Order): void;
  behave(): void;
  /** Adds an information system, or replaces the one of that mnemonic. */
  register(registration: Registration): void;
  readonly people: readonly Person[];
  /** The last 1000 requests without their queries. */
  calls(): readonly Call[];
  /** How often somebody came to /control/canary: a redirect or a foreign URL was followed. */
  canaryHits(): number;
  /** ЕСИА's own clock is so many milliseconds ahead of the machine's. */
  shiftClock(milliseconds: number): void;
}

export interface ControlGround {
  readonly state: State;
  readonly calls: readonly Call[];
  readonly canary: { hits: number };
  readonly shift: { milliseconds: number };
}

export function createControl({ state, calls, canary, shift }: ControlGround): Control {
  return {
    misbehave: (order) => state.mischief.order(order),
    behave: () => state.mischief.clear(),
    register: (registration) => void state.clients.set(registration.mnemonic, clientOf(registration)),
    people: state.people,
    calls: () => calls,
    canaryHits: () => canary.hits,
    shiftClock(milliseconds) {
      shift.milliseconds = milliseconds;
    },
  };
}

const registrationSchema = z.strictObject({
  mnemonic: z.string().min(1),
  certificates: z.array(z.string()).min(1),
  origins: z.array(z.string()).min(1),
  scopes: z.array(z.string()).optional(),
  algorithm: z.enum(['GOST3410_2012_256', 'RS256']).optional(),
});

const clockSchema = z.strictObject({ milliseconds: z.int() });

type Route = (control: Control, state: State, body: unknown) => unknown;

const routes: { readonly [methodAndPath: string]: Route } = {
  'GET /control/misbehaviours': (_control, state) => ({ known: misbehaviours, standing: state.mischief.standing() }),
  'POST /control/misbehaviours': (control, _state, body) => control.misbehave(orderSchema.parse(body)),
  'DELETE /control/misbehaviours': (control) => control.behave(),
  'POST /control/clients': (control, _state, body) => control.register(registrationSchema.parse(body)),
  'POST /control/clock': (control, _state, body) => control.shiftClock(clockSchema.parse(body).milliseconds),
  'GET /control/people': (control) => ({ people: control.people }),
  'GET /control/calls': (control) => ({ calls: control.calls(), canaryHits: control.canaryHits() }),
};

export function runControl(
  control: Control,
  state: State,
  route: string,
  body: string,
): { status: number; body: unknown } {
  const run = routes[route];
  if (run === undefined) return { status: 404, body: { error: 'no such control', routes: Object.keys(routes) } };
  try {
    return { status: 200, body: run(control, state, body === '' ? {} : JSON.parse(body)) ?? { ok: true } };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof Error) return { status: 400, body: { error: error.message } };
    throw error;
  }
}
