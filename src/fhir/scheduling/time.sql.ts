/** Statements that find the Slot which an Appointment means. */
import { slotVisible, viewerValues } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';

export interface Time {
  readonly slot: string;
  readonly clinic: number;
  readonly start: Date;
  readonly end: Date;
  /** The Patient for whom this client holds it. */
  readonly heldFor: string | null;
}

const time = `s.id as slot, s.clinic, s.start_at as start, s.end_at as "end",
  case when s.held_by = $5 and s.held_until > clock_timestamp() then s.held_for end as "heldFor"`;

export async function readTime(context: Context, asked: Asked, slot: string): Promise<Time | undefined> {
  const { rows } = await context.db.query<Time>({
    name: 'time_of_slot',
    text: `select ${time} from slot s where s.id = $6::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(asked.viewer), asked.principal.subject, slot],
  });
  return rows[0];
}

/** The Slot of a Schedule with these times; of two that differ in their state only, the one that is not withdrawn. */
export async function findTime(
  context: Context,
  asked: Asked,
  schedule: string,
  start: Date,
  end: Date,
): Promise<Time | undefined> {
  const { rows } = await context.db.query<Time>({
    name: 'time_of_schedule',
    text: `select ${time} from slot s where s.schedule = $6::uuid and s.start_at = $7 and s.end_at = $8 and ${slotVisible('s', 1)}
      order by s.reason = 3, s.id limit 1`,
    values: [...viewerValues(asked.viewer), asked.principal.subject, schedule, start, end],
  });
  return rows[0];
}
