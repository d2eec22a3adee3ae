/** Free times of a stage, each given out once: what a test books. */
import type { MisRecord } from '../../../src/connectors/connector.ts';
import { requestFor, type Stage, window } from './stage.ts';

export interface FreeTime {
  readonly slot: MisRecord;
  readonly schedule: MisRecord;
  /** What the connector's `book` is given; of a person of its own for each time. */
  readonly request: MisRecord;
}

/** Every other one, so that a booking of a wrong length shows. @param fits which schedules will do */
export async function freeTimes(
  { open }: Stage,
  fits: (schedule: MisRecord) => boolean = () => true,
): Promise<() => FreeTime> {
  const read = await open().operations.schedule!.read(window, undefined, AbortSignal.timeout(30_000));
  const schedules = new Map(read['schedule']!.filter(fits).map((schedule) => [schedule['key'], schedule]));
  const times = read['slot']!.filter(({ schedule }) => schedules.has(schedule)).values();
  return () => {
    times.next();
    const slot = times.next().value;
    if (slot === undefined) throw new Error('the sandbox has no free time left');
    const schedule = schedules.get(slot['schedule'])!;
    return { slot, schedule, request: requestFor(slot, schedule, 'b') };
  };
}

export const soon = () => ({ signal: AbortSignal.timeout(20_000), booking: 'b' });
export const noProgress = async (): Promise<void> => {};
