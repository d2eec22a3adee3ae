/** An offer read by its id: the Appointment that a free slot could become, or the hold that this client has of it. */
import type { Resource } from '../../store/resource.ts';
import { documentVisible, namedVisible, slotVisible, viewerValues } from '../../store/visibility.ts';
import { composeOffer, slotOfOffer } from '../../workflows/offer.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';

interface Row {
  readonly start: Date;
  readonly end: Date;
  readonly status: number;
  readonly body: string;
  readonly until: Date | null;
  readonly patient: string | null;
}

/** @returns undefined for what is no offer, or none any more */
export async function readOffer(context: Context, asked: Asked, id: string): Promise<Resource | undefined> {
  const slot = slotOfOffer(id);
  if (slot === undefined) return undefined;
  const { rows } = await context.db.query<Row>({
    name: 'read_offer',
    text: `select s.start_at as start, s.end_at as "end", s.status, d.body,
        (select p.id from document p where p.type = 'Patient' and p.id = s.held_for and ${namedVisible('p', 1, false)}) as patient,
        case when s.held_by = $6 and s.held_until > clock_timestamp() then s.held_until end as until
      from slot s join document d on d.type = 'Schedule' and d.id = s.schedule
      where s.id = $5::uuid and ${slotVisible('s', 1)} and ${documentVisible('d', 1)}`,
    values: [...viewerValues(asked.viewer), slot, asked.principal.subject],
  });
  const [row] = rows;
  if (row === undefined || row.start.getTime() <= context.clock()) return undefined;
  const { start, end, status, until, patient } = row;
  const schedule = JSON.parse(row.body) as Resource;
  if (until !== null) return composeOffer({ slot, start, end, schedule, until, patient: patient ?? undefined });
  return status === 0 ? composeOffer({ slot, start, end, schedule }) : undefined;
}
