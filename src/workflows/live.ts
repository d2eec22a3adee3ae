/** A slot that is looked at for booking is checked in the MIS, unless its doctor's day was read a moment ago. */
import { once } from 'node:events';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { ReadSlot } from '../connectors/read-slot.ts';
import { localOf, startOfDay } from '../instant.ts';
import type { Database } from '../postgres.ts';
import { readPlace } from '../store/slots.sql.ts';
import { readUnlisted } from '../store/unlisted.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import { mirroredTime, type SyncContext, syncSome } from './sync.ts';

export interface LiveCheck {
  /**
   * Reads the doctor's day again when the last look is older than `sync.liveSeconds`; who comes while it is being read waits
   * for the same reading. It never fails and ends in 3 s: a MIS that does not answer in time, and a hub too busy to write,
   * leave the mirror as it is, and booking itself asks the MIS in any case. For a slot that the viewer may not see nobody
   * is asked.
   */
  check(slot: string, viewer: Viewer): Promise<void>;
  /** The same for times that the MIS has just told and the mirror does not show free: their days, the first dozen of them. */
  checkTimes(clinic: Clinic, times: readonly ReadSlot[]): Promise<void>;
}

const patienceMilliseconds = 3000;
const day = 86_400_000;
const rememberedAtMost = 10_000;
const daysAtMost = 12;

interface Look {
  readonly at: number;
  readonly done: Promise<unknown>;
}

/** A day of a doctor. @param now by the clock of Postgres */
interface Day {
  readonly key: string;
  readonly start: number;
  readonly now: string;
}

/** @param pool where requests go; that of `context` may be taken up by readings */
export function createLiveCheck(pool: Database, context: SyncContext, clinics: Clinics): LiveCheck {
  const { clock, log } = context;
  const looks = new Map<string, Look>();

  async function look(slot: string, viewer: Viewer): Promise<void> {
    const place = await readPlace(pool, viewer, slot);
    const clinic = place && clinics.byNumber(place.clinic);
    if (clinic === undefined || place === undefined || place.start.getTime() < clock()) return;
    await lookAt(clinic, { key: place.key, start: dayOf(clinic, place.start.getTime()), now: place.now });
  }

  async function lookAtTimes(clinic: Clinic, times: readonly ReadSlot[]): Promise<void> {
    const { start, end } = mirroredTime(context, clinic);
    const mirrored = times.filter((time) => time.start >= start && time.end <= end);
    const days = new Map<string, Day>();
    for (const { key, start: at, now } of await readUnlisted(pool, clinic.number, mirrored)) {
      const one = { key, start: dayOf(clinic, at.getTime()), now };
      days.set(`${one.start} ${key}`, one);
    }
    const first = [...days.values()].sort((a, b) => a.start - b.start).slice(0, daysAtMost);
    await Promise.all(first.map((one) => lookAt(clinic, one)));
  }

  async function lookAt(clinic: Clinic, { key, start, now }: Day): Promise<void> {
    if (clinic.operations.health().reads === 'open') return;
    const name = `${clinic.key}\n${key}\n${start}`;
    const last = looks.get(name);
    if (last !== undefined && clock() - last.at < clinic.config.sync.liveSeconds * 1000) return void (await last.done);
    if (looks.size > rememberedAtMost) looks.clear();
    const signal = AbortSignal.timeout(patienceMilliseconds);
    const read = syncSome(context, clinic, { start, end: start + day }, [key], now, signal).catch(tell);
    const done = Promise.race([read, once(signal, 'abort')]);
    looks.set(name, { at: clock(), done });
    await done;
  }

  function tell(err: unknown): void {
    log.info({ err }, 'a live check of a slot did not succeed');
  }

  return {
    check: (slot, viewer) => look(slot, viewer).catch(tell),
    checkTimes: (clinic, times) => lookAtTimes(clinic, times).catch(tell),
  };
}

const dayOf = ({ zone }: Clinic, at: number): number => startOfDay(localOf(at, zone).slice(0, 10), zone);
