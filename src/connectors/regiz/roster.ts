/** The list of doctors: they change rarely and their times all the time, so one list serves several readings. */
import { type Doctor, readDoctors } from './doctors.ts';
import type { Link } from './link.ts';

export interface Roster {
  /** As the clinic lists them now. @throws ExchangeError, RefusedByHub */
  read(signal: AbortSignal): Promise<readonly Doctor[]>;
  /** As they were listed lately. @throws ExchangeError, RefusedByHub */
  known(signal: AbortSignal): Promise<readonly Doctor[]>;
  /** A doctor who has left is refused for as long as he is listed: the next reading lists them anew. */
  forget(): void;
}

export function openRoster(link: Link): Roster {
  const { directory, schedule } = link.settings;
  let last: { readonly doctors: readonly Doctor[]; readonly at: number } | undefined;

  async function read(signal: AbortSignal): Promise<readonly Doctor[]> {
    // A monotonic clock: the list's age has nothing to do with the time of day.
    const at = performance.now();
    last = { doctors: await readDoctors(link, signal), at };
    return last.doctors;
  }

  return {
    read,
    async known(signal) {
      // Tickets are counted anew for each reading.
      const isOld = last === undefined || performance.now() - last.at >= directory.doctorsFor;
      return isOld || schedule.onlyWithTickets ? read(signal) : last!.doctors;
    },
    forget() {
      last = undefined;
    },
  };
}
