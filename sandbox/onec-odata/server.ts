/** Starts a pretend 1С that has nothing but the standard OData interface, on one loopback port. protocols/onec.md §3. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBase } from './base.ts';
import { type Desk, openDesk } from './desk.ts';
import { faults } from './faults.ts';
import type { Base } from './row.ts';
import { type Asked, type Ground, route } from './serve.ts';
import { type Traps, usualTraps } from './traps.ts';

export interface OdataSandbox {
  /** Publication of the base, `http://127.0.0.1:<port>/hospital`. */
  readonly url: string;
  readonly login: string;
  readonly password: string;
  readonly base: Base;
  readonly traps: Traps;
  /** What people at the desk do, behind the hub's back. */
  readonly desk: Desk;
  /** Every call, oldest first. */
  readonly asked: readonly Asked[];
  readonly faultNames: readonly string[];
  /** @param after calls that are answered well before @throws RangeError for an unknown one */
  fault(name: string, times: number, of?: Ground['order']['of'], after?: number): void;
  calm(): void;
  /** Called with the body of each write before it is done. */
  beforeWrite(act: Ground['beforeWrite']): void;
  openSessions(): number;
  loseSessions(): void;
  /** The next answer is late again. */
  sleep(): void;
  /** How often a redirect was followed. */
  canaryHits(): number;
  close(): Promise<void>;
}

export interface OdataSandboxOptions {
  /** 0 = any free one. */
  readonly port?: number;
  readonly login?: string;
  readonly password?: string;
  readonly traps?: Partial<Traps>;
  /** Day `yyyy-mm-dd` on which hours and visits begin; today. */
  readonly start?: string;
}

export async function startOdataSandbox(options: OdataSandboxOptions = {}): Promise<OdataSandbox> {
  const { port = 0, login = 'site', password = 'sandbox-odata' } = options;
  const { start = new Date().toISOString().slice(0, 10) } = options;
  const ground: Ground = {
    base: createBase(start),
    traps: { ...usualTraps, ...options.traps },
    authorization: `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}`,
    sessions: new Set(),
    asked: [],
    order: { name: '', times: 0, of: 'all', after: 0 },
    beforeWrite: () => {},
    asleep: true,
    canaryHits: 0,
  };
  const server = createServer((request, response) => route(ground, request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hospital`,
    ...{ login, password, base: ground.base, traps: ground.traps, asked: ground.asked },
    desk: openDesk(ground.base),
    ...switchesOf(ground),
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function switchesOf(ground: Ground) {
  return {
    faultNames: Object.keys(faults),
    fault(name: string, times: number, of: Ground['order']['of'] = 'all', after = 0) {
      if (!Object.hasOwn(faults, name)) throw new RangeError(`no fault ${name}`);
      ground.order = { name, times, of, after };
    },
    calm() {
      ground.order = { name: '', times: 0, of: 'all', after: 0 };
    },
    beforeWrite(act: Ground['beforeWrite']) {
      ground.beforeWrite = act;
    },
    openSessions: () => ground.sessions.size,
    loseSessions: () => ground.sessions.clear(),
    sleep() {
      ground.asleep = true;
    },
    canaryHits: () => ground.canaryHits,
  };
}
