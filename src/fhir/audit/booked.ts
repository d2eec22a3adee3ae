/** The event of a booking, which the statement that confirms it writes: neither is there without the other. docs/audit.md */
import { recordsOf } from '../../access/audit/event.sql.ts';
import type { Note } from '../../store/audit-event.sql.ts';
import type { Call } from '../call.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { entryOf } from './recording.ts';
import { patientsIn } from './touched.ts';

const call: Call = { interaction: 'create', method: 'POST', type: 'Appointment', query: new URLSearchParams() };

/** Undefined where the request is more than this booking. Of an Appointment that names other Patients, too, nothing is told beforehand. */
export function noteOf(context: Pick<Context, 'clock'>, { occasion }: Asked): Note | undefined {
  if (occasion === undefined) return undefined;
  return ({ id, clinic, patient, body }) => {
    const named = [...patientsIn(body).keys()];
    if (patient === null || named.length !== 1 || named[0] !== patient) return undefined;
    const reply = { status: 201, headers: {}, body: undefined, touched: [`Appointment/${id}`] };
    return recordsOf([{ ...entryOf(context, occasion, { call, reply }), patient, clinic }]);
  };
}
