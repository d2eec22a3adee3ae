/** What was asked for and answered → events of the audit, one for each patient it has touched. docs/audit.md */
import {
  type AuditAction,
  type AuditAgent,
  type AuditEntry,
  type AuditKind,
  type AuditOutcome,
  outcomes,
} from '../../access/audit/event.ts';
import type { Principal } from '../../access/principal.ts';
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import type { Call, Interaction } from '../call.ts';
import type { Context } from '../context.ts';
import { answerOf } from '../outcome.ts';
import type { Reply } from '../reply.ts';
import { isPersonal, patientsBehind, patientsIn, patientsOfResources, type Touched } from './touched.ts';

/** A call with what became of it. */
export interface Act {
  readonly call: Call;
  readonly reply?: Reply;
  readonly error?: unknown;
}

/** The request that the acts are of. */
export interface Occasion {
  readonly principal: Principal;
  readonly request: string;
  readonly address: string;
  /** Method and address below the base as they were sent, when there is one act only. */
  readonly text?: string;
}

type Ground = Pick<Context, 'pool' | 'declarations' | 'clinics' | 'clock'>;

const actions: Partial<Record<Interaction, AuditAction>> = {
  create: 'C',
  update: 'U',
  patch: 'U',
  delete: 'D',
  read: 'R',
  vread: 'R',
  'history-instance': 'R',
  'history-type': 'R',
  'history-system': 'R',
};

/** Operations that are more than that. */
const kinds: Readonly<Record<string, AuditKind>> = { export: 'export', 'issue-access-code': 'code' };

const changing: ReadonlySet<Interaction> = new Set(['create', 'update', 'patch', 'delete']);

/** Whether a call may change something: one that cannot be taken back when its event cannot be written. */
export const isChange = ({ interaction, method }: Call): boolean =>
  changing.has(interaction) || interaction === 'batch' || (interaction === 'operation' && method === 'POST');

export const interactionOf = ({ interaction, operation, type }: Call): string =>
  [interaction, operation && `$${operation}`, type].filter(Boolean).join(' ');

export function agentOf({ subject, role, client, account }: Principal, address?: string): AuditAgent {
  return { subject, role: subject === '' ? '' : role, client, account, address };
}

/** @throws when Postgres cannot be asked in whose compartment something is */
export async function entriesOf(ground: Ground, occasion: Occasion, acts: readonly Act[]): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  for (const act of acts) if (act.reply?.noted !== true) all.push(...(await entriesOfAct(ground, occasion, act)));
  return all;
}

/** As entriesOf, where nobody can be asked whose the resources are: their addresses tell it later. */
export function unread(ground: Ground, occasion: Occasion, acts: readonly Act[]): AuditEntry[] {
  return acts
    .filter(({ call, reply }) => reply?.noted !== true && isWorthNoting(call, 200))
    .map((act) => entryOf(ground, occasion, act));
}

async function entriesOfAct(ground: Ground, occasion: Occasion, act: Act): Promise<AuditEntry[]> {
  const { call, reply } = act;
  const entry = entryOf(ground, occasion, act);
  const patients =
    reply === undefined ? await patientsRefused(ground, call, entry.status!) : await patientsOf(ground, act, reply);
  if (patients.size > 0) return [...patients].map(([patient, clinic]) => ({ ...entry, patient, clinic }));
  if (!isWorthNoting(call, entry.status!)) return [];
  return [{ ...entry, clinic: clinicOf(ground, occasion.principal) }];
}

export function entryOf(
  { clock }: Pick<Ground, 'clock'>,
  { principal, address, request, text }: Occasion,
  act: Act,
): AuditEntry {
  const { call, reply, error } = act;
  const status = reply?.status ?? answerOf(error).status;
  const refused = status === 401 || status === 403;
  return {
    at: clock(),
    kind: refused ? 'alert' : (kinds[call.operation ?? ''] ?? 'rest'),
    action: actions[call.interaction] ?? 'E',
    interaction: interactionOf(call),
    outcome: outcomeOf(status),
    status,
    reason: error instanceof Fault ? (error.details.code ?? error.kind) : undefined,
    agent: agentOf(principal, address),
    request,
    resource: resourceOf(act),
    query: text ?? textOfCall(call),
  };
}

const outcomeOf = (status: number): AuditOutcome =>
  status < 400 ? outcomes.success : status < 500 ? outcomes.minor : outcomes.serious;

/** Without a patient: an empty answer about patients, and what was refused; no directory, and no mistake in an address. */
function isWorthNoting({ type, operation }: Call, status: number): boolean {
  if (status === 401 || status === 403) return true;
  if (operation === 'export') return true;
  return type !== undefined && isPersonal(type) && status !== 400 && status !== 405 && status !== 406;
}

/** When it is of one clinic, the event is that clinic's. */
function clinicOf({ clinics }: Ground, principal: Principal): number | undefined {
  return principal.clinics.length === 1 ? clinics.byKey(principal.clinics[0]!)?.number : undefined;
}

/** Answers in which a resource may stand without what tells whose it is. */
function isInPart({ interaction, operation, query }: Call): boolean {
  return interaction.startsWith('history') || operation === 'events' || query.has('_elements') || query.has('_summary');
}

/** What cannot be about a patient is not looked through: a page of slots is 50 kB, and most that is asked for. */
function isOfDirectory({ interaction, type, method, query }: Call): boolean {
  if (type === undefined || isPersonal(type) || method !== 'GET') return false;
  if (/^(v?read|history-)/.test(interaction)) return true;
  return interaction === 'search-type' && ![...query.keys()].some((name) => /^_(rev)?include/.test(name));
}

async function patientsOf({ pool, declarations }: Ground, { call }: Act, reply: Reply): Promise<Touched> {
  if (call.interaction === 'capabilities' || isOfDirectory(call)) return new Map();
  // Of bytes, as characters: what is looked for is ASCII.
  const body = reply.body ?? '';
  const whole = isInPart(call) ? new Map() : patientsIn(body);
  if (whole.size > 0) return whole;
  const named = [call.type && call.id ? `${call.type}/${call.id}` : '', ...(reply.touched ?? []), locationOf(reply)];
  return patientsBehind(pool, `${body} ${named.join(' ')}`, declarations.keys());
}

const locationOf = ({ headers }: Reply): string => headers['location'] ?? headers['content-location'] ?? '';

/**
 * Of what "is not there": whose it is in truth. Looked for in any case, and an event is written in any case, so that the time that
 * it takes tells nothing.
 */
async function patientsRefused({ pool }: Ground, { type, id }: Call, status: number): Promise<Touched> {
  if (type === undefined || id === undefined || status === 400 || status === 401) return new Map();
  return isId(id) && isPersonal(type) ? patientsOfResources(pool, [[type, id]]) : new Map();
}

function resourceOf({ call: { type, id }, reply }: Act): string | undefined {
  if (type !== undefined && id !== undefined) return isId(id) ? `${type}/${id}` : undefined;
  if (reply === undefined) return undefined;
  return reply.touched?.[0] ?? /([A-Z]\w+\/[0-9a-f-]{36})(?:\/_history\/\d+)?$/.exec(locationOf(reply))?.[1];
}

function textOfCall({ method, type, id, version, operation, query, interaction }: Call): string {
  const path = [
    type,
    id,
    interaction.startsWith('history') || version ? '_history' : undefined,
    version,
    operation && `$${operation}`,
  ];
  return `${method} ${path.filter(Boolean).join('/')}${query.size === 0 ? '' : `?${query}`}`;
}
