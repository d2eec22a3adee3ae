/** The lists of staff and branches: they change rarely and the schedule all the time, so one list serves several readings. */
import type { MisRecords } from '../../connector.ts';
import type { Place } from '../place.ts';

export interface Roster {
  /** As 1С lists them now. @throws ExchangeError, MisReadError */
  read(signal: AbortSignal): Promise<MisRecords>;
  /** Who works where as it was listed lately, by the GUID of the employee. @throws likewise */
  places(signal: AbortSignal): Promise<ReadonlyMap<string, StaffPlace>>;
}

export type StaffPlace = Omit<Place, 'isCabinet'>;

/** @param lasts milliseconds */
export function openRoster(readDirectory: (signal: AbortSignal) => Promise<MisRecords>, lasts: number): Roster {
  let last: { readonly places: ReadonlyMap<string, StaffPlace>; readonly at: number } | undefined;

  async function read(signal: AbortSignal): Promise<MisRecords> {
    // A monotonic clock: the list's age has nothing to do with the time of day.
    const at = performance.now();
    const records = await readDirectory(signal);
    const roles = records['role'] as unknown as readonly StaffPlace[];
    last = { places: new Map(roles.map((role) => [role.employee, role])), at };
    return records;
  }

  return {
    read,
    async places(signal) {
      if (last === undefined || performance.now() - last.at >= lasts) await read(signal);
      return last!.places;
    },
  };
}
