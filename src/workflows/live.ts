/** A slot that is looked at for booking is checked in the MIS, unless its doctor's day was read a moment ago. */
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { Clock } from '../instant.ts';
import { localOf, startOfDay } from '../instant.ts';
import { slotVisible, type Viewer, viewerValues } from '../store/visibility.ts';
import { type SyncContext, syncSome } from './sync.ts';

export interface LiveCheck {
  /**
   * Reads the doctor's day again when the last look is older than `sync.liveSeconds`. A MIS that does not answer in time
   * leaves the mirror as it is: booking itself asks the MIS in any case. For a slot that the viewer may not see nobody is
   * asked.
   */
  check(slot: string, viewer: Viewer): Promise<void>;
}

const patienceMilliseconds = 3000;
const day = 86_400_000;
const rememberedAtMost = 10_000;

interface Place {
  clinic: number;
  key: string;
  start: Date;
}

export function createLiveCheck(context: SyncContext, clinics: Clinics, clock: Clock): LiveCheck {
  const looked = new Map<string, number>();

  async function read(clinic: Clinic, key: string, dayStart: number): Promise<void> {
    const window = { start: dayStart, end: dayStart + day };
    await syncSome(context, clinic, window, [key], AbortSignal.timeout(patienceMilliseconds));
  }

  return {
    async check(slot, viewer) {
      const { rows } = await context.pool.query<Place>({
        name: 'place_of_slot',
        text: `select s.clinic, d.mis_key as key, s.start_at as start from slot s
          join document d on d.type = 'Schedule' and d.id = s.schedule where s.id = $3 and ${slotVisible('s', 1)}`,
        values: [...viewerValues(viewer), slot],
      });
      const place = rows[0];
      const clinic = place && clinics.byNumber(place.clinic);
      if (clinic === undefined || place === undefined || place.start.getTime() < clock()) return;
      if (clinic.operations.health().reads === 'open') return;
      const dayStart = startOfDay(localOf(place.start.getTime(), clinic.zone).slice(0, 10), clinic.zone);
      const name = `${clinic.key}\n${place.key}\n${dayStart}`;
      if (clock() - (looked.get(name) ?? Number.NEGATIVE_INFINITY) < clinic.config.sync.liveSeconds * 1000) return;
      if (looked.size > rememberedAtMost) looked.clear();
      looked.set(name, clock());
      await read(clinic, place.key, dayStart).catch((error: unknown) => {
        context.log.info({ clinic: clinic.key, err: error }, 'a live check of a slot did not succeed');
      });
    },
  };
}
