/** What tests do to the sandbox beside its wire; over HTTP it is JSON under /control, without a password. */
import { z } from 'zod';
import type { Routes } from '../common/control-routes.ts';
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

export const routesOf = (state: State): Routes<Control> => ({
  'GET /control/misbehaviours': () => ({ known: misbehaviours, standing: state.mischief.standing() }),
  'POST /control/misbehaviours': (control, body) => control.misbehave(orderSchema.parse(body)),
  'DELETE /control/misbehaviours': (control) => control.behave(),
  'POST /control/clients': (control, body) => control.register(registrationSchema.parse(body)),
  'POST /control/clock': (control, body) => control.shiftClock(clockSchema.parse(body).milliseconds),
  'GET /control/people': (control) => ({ people: control.people }),
  'GET /control/calls': (control) => ({ calls: control.calls(), canaryHits: control.canaryHits() }),
});
