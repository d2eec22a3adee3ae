/** Calls → events of the audit. docs/audit.md */
import { readCompartments } from '../../access/audit/clinic.sql.ts';
import type { AuditEntry, AuditOutcome } from '../../access/audit/event.ts';
import type { HubOperation } from '../../connectors/regiz/contract/hub.ts';
import type { Queryable } from '../../postgres.ts';
import { isId } from '../../store/resource.ts';
import type { Caller } from './caller.ts';
import type { Ground } from './desk.ts';
import type { ErrorNumber } from './error.ts';
import type { Entry } from './handlers.ts';

/** Of the HTTP request. */
export interface Occasion {
  readonly request: string;
  readonly address: string;
}

/** A call, and what has become of it so far. */
export interface Done {
  readonly operation: HubOperation;
  readonly entry: Entry<HubOperation>;
  readonly caller: Caller;
  readonly touched: Set<string>;
  resource: string | undefined;
  refused: ErrorNumber | undefined;
}

/**
 * Of a call that was refused: whose the ids in it are in truth, of whatever clinic. Looked for in any case, so that the time that it
 * takes tells nothing.
 */
export async function findNamed(db: Queryable, parameters: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { idPat, idAppointment, pat } = parameters as {
    idPat?: string;
    idAppointment?: string;
    pat?: { IdPat?: string };
  };
  const named = [
    ['Patient', idPat],
    ['Patient', pat?.IdPat],
    ['Appointment', idAppointment],
  ] as const;
  const ids = named.flatMap(([type, id]) => (id !== undefined && isId(id.trim()) ? [[type, id.trim()] as const] : []));
  return (await readCompartments(db, ids)).map(({ patient }) => patient);
}

const minor: AuditOutcome = 4;

/** One event for each patient; of a search that has found nobody, one. Directories are nobody's. */
export function eventsOf({ clock }: Ground, occasion: Occasion, done: Done): AuditEntry[] {
  const { entry, caller, operation, touched, resource, refused } = done;
  if (entry.audit === undefined) return [];
  const [only, ...others] = caller.clinics;
  const { action, type } = entry.audit;
  const { subject, role, client } = caller.principal;
  const event: AuditEntry = {
    ...{ at: clock(), kind: 'rest', action, interaction: `operation $${operation} ${type}`, status: 200 },
    ...{
      outcome: refused === undefined ? 0 : minor,
      reason: refused === undefined ? undefined : `hub-error-${refused}`,
    },
    ...{ agent: { subject, role, client, address: occasion.address }, request: occasion.request, resource },
  };
  if (touched.size > 0) return [...touched].map((patient) => ({ ...event, patient }));
  return [{ ...event, clinic: others.length === 0 ? only?.clinic.number : undefined }];
}

/** A refusal shows nothing: it is answered also when it cannot be written. */
export async function recordDenied({ audit, clock, log }: Ground, { address, request }: Occasion, operation: string) {
  const event: AuditEntry = {
    ...{ at: clock(), kind: 'alert', action: 'E', interaction: `operation $${operation}`, outcome: minor, status: 200 },
    ...{ reason: 'hub-error-1', agent: { subject: '', role: '', address }, request },
  };
  await audit.record([event]).catch((err) => log.error({ err }, 'a refusal could not be written into the audit'));
}
