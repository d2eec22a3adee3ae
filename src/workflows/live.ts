/** A slot that is looked at for booking is checked in the MIS, unless its doctor's day was read a moment ago. */
import { once } from 'node:events';
import type { Clinics } from '../connectors/clinic.ts';
import { localOf, startOfDay } from '../instant.ts';
import type { Database } from '../postgres.ts';
import { readPlace } from '../store/slots.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import { type SyncContext, syncSome } from './sync.ts';

export interface LiveCheck {
  /**
   * Reads the doctor's day again when the last look is older than `sync.liveSeconds`; who comes while it is being read waits
   * for the same reading. It never fails and ends in 3 s: a MIS that does not answer in time, and a hub too busy to write,
   * leave the mirror as it is, and booking itself asks the MIS in any case. For a slot that the viewer may not see nobody
   * is asked.
   */
  check(slot: string, viewer: Viewer): Promise<void>;
}

const patienceMilliseconds = 3000;
const day = 86_400_000;
const rememberedAtMost = 10_000;

interface Look {
  readonly at: number;
  readonly done: Promise<unknown>;
}

/** @param pool where requests go; that of `context` may be taken up by readings */
export function createLiveCheck(pool: Database, context: SyncContext, clinics: Clinics): LiveCheck {
  const { clock, log } = context;
  const looks = new Map<string, Look>();

  async function look(slot: string, viewer: Viewer): Promise<void> {
    const place = await readPlace(pool, viewer, slot);
    const clinic = place && clinics.byNumber(place.clinic);
    if (clinic === undefined || place === undefined || place.start.getTime() < clock()) return;
    if (clinic.operations.health().reads === 'open') return;
    const start = startOfDay(localOf(place.start.getTime(), clinic.zone).slice(0, 10), clinic.zone);
    const name = `${clinic.key}\n${place.key}\n${start}`;
    const last = looks.get(name);
    if (last !== undefined && clock() - last.at < clinic.config.sync.liveSeconds * 1000) return void (await last.done);
    if (looks.size > rememberedAtMost) looks.clear();
    const signal = AbortSignal.timeout(patienceMilliseconds);
    const window = { start, end: start + day };
    const read = syncSome(context, clinic, window, [place.key], place.now, signal).catch(tell);
    const done = Promise.race([read, once(signal, 'abort')]);
    looks.set(name, { at: clock(), done });
    await done;
  }

  function tell(err: unknown): void {
    log.info({ err }, 'a live check of a slot did not succeed');
  }

  return { check: (slot, viewer) => look(slot, viewer).catch(tell) };
}
