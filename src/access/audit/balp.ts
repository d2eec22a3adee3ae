/** An event as AuditEvent, by the patterns of IHE BALP 1.1 (https://profiles.ihe.net/ITI/BALP). */
import { fhirInstant } from '../../instant.ts';
import type { Resource } from '../../store/resource.ts';
import type { Coding } from './coding.ts';
import * as coding from './coding.ts';
import type { AuditRow } from './event.sql.ts';
import type { AuditKind } from './event.ts';

/** Ids of AuditEvents tell their place and nothing else. */
const idBegin = '00000000-0000-8000-8000-';

export const idOfEvent = (seq: string): string => `${idBegin}${BigInt(seq).toString(16).padStart(12, '0')}`;

/** @returns undefined for what is the id of no event */
export function eventOfId(id: string): string | undefined {
  return id.startsWith(idBegin) && /^[0-9a-f]{12}$/.test(id.slice(idBegin.length))
    ? BigInt(`0x${id.slice(idBegin.length)}`).toString()
    : undefined;
}

/** @param base absolute FHIR base URL by which the hub is known: the server of the event */
export function auditEventOf(row: AuditRow, base: string): Resource {
  const profile = profileOf(row);
  const recorded = fhirInstant(row.at.getTime());
  return {
    resourceType: 'AuditEvent',
    id: idOfEvent(row.seq),
    meta: { versionId: '1', lastUpdated: recorded, ...(profile !== undefined && { profile: [profile] }) },
    ...whatOf(row),
    action: row.action,
    recorded,
    outcome: String(row.outcome),
    ...(row.reason !== null && { outcomeDesc: row.reason }),
    agent: agentsOf(row, base),
    source: { observer: hub(base), type: [coding.serverSource] },
    ...entitiesOf(row),
  };
}

const hub = (base: string) => ({ identifier: { system: 'urn:ietf:rfc:3986', value: base }, display: 'medmost' });

/** Who asked for it is one of them: the person where there is one, else the program. */
function agentsOf(row: AuditRow, base: string): object[] {
  const { account, address, subject } = row;
  const [client, server, user] = coding.agentTypes[row.action as keyof typeof coding.agentTypes];
  const isPerson = account !== null;
  const program = row.client ?? (isPerson ? 'medmost' : subject || 'unknown');
  const agents: object[] = [
    {
      type: { coding: [client] },
      ...(!isPerson && { role: [roleOf(row, base)] }),
      who: { identifier: { value: program } },
      requestor: !isPerson,
      network: address === null ? { address: 'unknown', type: '1' } : { address, type: '2' },
    },
    { type: { coding: [server] }, who: hub(base), requestor: false, network: { address: base, type: '5' } },
  ];
  if (isPerson)
    agents.push({
      type: { coding: [user] },
      role: [roleOf(row, base)],
      who: accountOf(account, base),
      requestor: true,
    });
  return agents;
}

const accountOf = (account: string, base: string) => ({ identifier: { system: `${base}/account`, value: account } });

const roleOf = ({ role }: AuditRow, base: string) => ({
  coding: [{ system: `${base}/role`, code: role || 'unknown' }],
});

/** type and subtype. */
function whatOf(row: AuditRow): { type: Coding; subtype?: Coding[] } {
  const [name = ''] = row.interaction.split(' ');
  const own = (code: string): Coding => ({ system: coding.ownSystem, code });
  const kinds: Record<AuditKind, () => { type: Coding; subtype?: Coding[] }> = {
    rest: () => ({ type: coding.rest, subtype: [{ system: coding.interactionSystem, code: name }] }),
    'sign-in': () => ({ type: coding.authentication, subtype: [coding.login] }),
    'sign-out': () => ({ type: coding.authentication, subtype: [coding.logout] }),
    alert: () => ({ type: coding.alert, subtype: [own(name)] }),
    code: () => ({ type: coding.securityAdministration, subtype: [own(name)] }),
    account: () => ({ type: coding.securityAttributes, subtype: [own(name)] }),
    export: () => ({ type: coding.exported, subtype: [own(name)] }),
    notification: () => ({ type: coding.exported, subtype: [own(name)] }),
    command: () => ({ type: coding.queried, subtype: [own(name)] }),
  };
  return kinds[row.kind as AuditKind]();
}

const patterns: Readonly<Record<string, string>> = {
  read: 'Read',
  vread: 'Read',
  create: 'Create',
  update: 'Update',
  patch: 'Update',
  delete: 'Delete',
  'search-type': 'Query',
};

/** Only of what was done: BALP has no profile of a refusal, nor of a history or an operation. */
function profileOf(row: AuditRow): string | undefined {
  const pattern = patterns[row.interaction.split(' ')[0] ?? ''];
  if (row.kind !== 'rest' || row.outcome !== 0 || pattern === undefined) return undefined;
  if (pattern === 'Query' ? row.query === null : row.resource === null) return undefined;
  return coding.profileOf(`${row.patient === null ? '' : 'Patient'}${pattern}`);
}

function entitiesOf({ patient, resource, query, request, kind }: AuditRow): { entity?: object[] } {
  const entity: object[] = [];
  const system = coding.entityType('2');
  if (patient !== null)
    entity.push({
      what: { reference: `Patient/${patient}` },
      type: coding.entityType('1'),
      role: coding.entityRole('1'),
    });
  if (resource !== null) {
    const role = coding.entityRole(kind === 'export' ? '20' : '4');
    entity.push({ what: { reference: resource }, type: system, role });
  }
  if (query !== null)
    entity.push({ type: system, role: coding.entityRole('24'), query: Buffer.from(query).toString('base64') });
  if (request !== null) entity.push({ what: { identifier: { value: request } }, type: coding.requestType });
  return entity.length === 0 ? {} : { entity };
}
