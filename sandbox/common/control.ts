/** What tests and the soak do to any pretend MIS beside its wire: faults, chaos, a busy desk, backups, settings. */
import type { FaultParams, NamedFault } from './fault.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import type { State } from './state.ts';
import { type Chaos, chaosSchema, type FaultOrder, type Switchboard } from './switchboard.ts';

export interface CommonControl<P extends FaultParams, Settings, LogEntry> {
  faults(): (NamedFault & { remaining: number })[];
  /** @throws RangeError for an unknown fault or one that makes no sense for the operations */
  fault(order: FaultOrder<P>): void;
  /** Switches all faults and chaos off. */
  clearFaults(): void;
  chaos(change: Partial<Chaos>): Chaos;
  /** Books a random free time every so many milliseconds; 0 stops it. */
  busyDesk(everyMilliseconds: number): void;
  snapshot(): string;
  /** @throws RangeError for an unknown snapshot */
  restore(snapshot: string): void;
  settings(change?: Partial<Settings>): Settings;
  /** The last 2000 calls, oldest first. */
  log(): readonly LogEntry[];
  /** How often a call to /control/canary came: a redirect or an external entity was followed. */
  canaryHits(): number;
  close(): void;
}

export interface CommonGround<F extends NamedFault, P extends FaultParams, Settings, LogEntry> {
  readonly state: State<Settings>;
  readonly switchboard: Switchboard<F, P>;
  readonly log: readonly LogEntry[];
  readonly canary: { readonly hits: number };
  /** Of what was done since it began; a backup holds these. */
  readonly tables: readonly string[];
  /** One booking at the desk. A day without a free time is no reason for it to stop. */
  readonly bookAtRandom: () => void | Promise<void>;
}

export function createCommonControl<F extends NamedFault, P extends FaultParams, Settings, LogEntry>({
  state,
  switchboard,
  log,
  canary,
  tables,
  bookAtRandom,
}: CommonGround<F, P, Settings, LogEntry>): CommonControl<P, Settings, LogEntry> {
  let busy: NodeJS.Timeout | undefined;
  const noteChaos = () => {
    state.note('chaos', switchboard.chaos());
    return switchboard.chaos();
  };
  return {
    faults: switchboard.list,
    fault: switchboard.order,
    clearFaults() {
      switchboard.clear();
      noteChaos();
    },
    chaos(change) {
      switchboard.setChaos(chaosSchema.parse({ ...switchboard.chaos(), ...change }));
      return noteChaos();
    },
    busyDesk(everyMilliseconds) {
      clearInterval(busy);
      if (everyMilliseconds > 0) busy = setInterval(() => void bookAtRandom(), everyMilliseconds).unref();
    },
    snapshot: () => takeSnapshot(state, tables),
    restore: (id) => restoreSnapshot(state, id),
    settings: (change) => (change === undefined ? state.settings() : state.setSettings(change)),
    log: () => log,
    canaryHits: () => canary.hits,
    close: () => clearInterval(busy),
  };
}
