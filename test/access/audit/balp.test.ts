/** Each event is valid R4, and of the pattern of BALP that it claims: cardinalities and codes as its profiles say. */
import { describe, expect, test } from 'vitest';
import { auditEventOf, eventOfId, idOfEvent } from '../../../src/access/audit/balp.ts';
import type { AuditRow } from '../../../src/access/audit/event.sql.ts';
import { auditKinds } from '../../../src/access/audit/event.ts';
import { validate } from '../../../src/r4/validate.ts';

const row: AuditRow = {
  seq: '4711',
  at: new Date('2026-11-22T09:00:00.123Z'),
  kind: 'rest',
  action: 'R',
  interaction: 'read Appointment',
  outcome: 0,
  status: 200,
  reason: null,
  clinic: 1,
  patient: '11111111-1111-4111-8111-111111111111',
  subject: '33333333-3333-4333-8333-333333333333',
  role: 'patient',
  client: 'app',
  account: '33333333-3333-4333-8333-333333333333',
  address: '192.0.2.1',
  request: 'request-1',
  resource: 'Appointment/22222222-2222-4222-8222-222222222222',
  query: 'GET Appointment/22222222-2222-4222-8222-222222222222',
};

interface Agent {
  type: { coding: { code: string }[] };
  who?: object;
  requestor: boolean;
  network?: object;
}
interface Event {
  meta: { profile?: string[] };
  type: { code: string };
  subtype: { code: string }[];
  action: string;
  outcome: string;
  agent: Agent[];
  entity?: {
    type: { code: string };
    role?: { code: string };
    what?: { reference?: string };
    query?: string;
    detail?: object;
  }[];
}

const compose = (more: Partial<AuditRow> = {}) =>
  auditEventOf({ ...row, ...more }, 'https://hub.test/fhir') as unknown as Event;

/** What the FSH of BALP 1.1 says of a pattern: codes of the agents' types, subtypes, and of the entity beside the patient. */
const patterns = {
  Read: { action: 'R', client: '110152', server: '110153', user: ['IRCP'], subtypes: ['read', 'vread'], entity: '4' },
  Create: {
    action: 'C',
    client: '110153',
    server: '110152',
    user: ['AUT', 'INF', 'CST'],
    subtypes: ['create'],
    entity: '4',
  },
  Update: {
    action: 'U',
    client: '110153',
    server: '110152',
    user: ['AUT', 'INF', 'CST'],
    subtypes: ['update', 'patch'],
    entity: '4',
  },
  Delete: {
    action: 'D',
    client: '110150',
    server: 'custodian',
    user: ['AUT', 'INF', 'CST'],
    subtypes: ['delete'],
    entity: '4',
  },
  Query: { action: 'E', client: '110153', server: '110152', user: ['IRCP'], subtypes: ['search-type'], entity: '24' },
} as const;

const cases = Object.entries(patterns).flatMap(([name, pattern]) =>
  pattern.subtypes.flatMap((subtype) => [true, false].map((isPatient) => ({ name, pattern, subtype, isPatient }))),
);

test.each(cases)(
  '$subtype is the pattern $name (of a patient: $isPatient)',
  ({ name, pattern, subtype, isPatient }) => {
    const interaction = `${subtype} Appointment`;
    const { action } = pattern;
    const about = isPatient ? {} : { patient: null };
    const event = compose({ action, interaction, ...about, ...(name === 'Query' && { resource: null }) });
    expect(validate(event)).toEqual([]);
    expect(event.meta.profile).toEqual([
      `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${isPatient ? 'Patient' : ''}${name}`,
    ]);
    expect(event).toMatchObject({ type: { code: 'rest' }, action, outcome: '0' });
    expect(event.subtype.filter((s) => (pattern.subtypes as readonly string[]).includes(s.code))).toHaveLength(1);
    const of = (code: string) => event.agent.filter((a) => a.type.coding.some((c) => c.code === code));
    for (const code of [pattern.client, pattern.server]) {
      expect(of(code), code).toHaveLength(1);
      expect(of(code)[0]).toMatchObject({ who: expect.anything(), network: expect.anything() });
    }
    const user = event.agent.filter((a) => (pattern.user as readonly string[]).includes(a.type.coding[0]!.code));
    expect(user).toHaveLength(1);
    expect(user[0]).toMatchObject({ requestor: true, who: expect.anything() });
    expect(user[0]).not.toHaveProperty('network');
    const roles = event.entity!.map((e) => e.role?.code);
    expect(roles.filter((r) => r === pattern.entity)).toHaveLength(1);
    expect(roles.filter((r) => r === '1')).toHaveLength(isPatient ? 1 : 0);
    const query = event.entity!.find((e) => e.role?.code === '24')!;
    expect(Buffer.from(query.query!, 'base64').toString()).toBe(row.query);
    expect(query).not.toHaveProperty('what');
  },
);

describe('what claims no pattern is valid all the same', () => {
  test.each([
    ['a refusal', { outcome: 4, reason: 'forbidden' }],
    ['a history', { interaction: 'history-instance Appointment' }],
    ['an operation', { interaction: 'operation $everything Patient', action: 'E' }],
    [
      'one whose text was destroyed',
      { action: 'E', interaction: 'search-type Appointment', query: null, resource: null },
    ],
    [
      'one by nobody',
      {
        kind: 'alert',
        interaction: 'unauthenticated',
        subject: '',
        role: '',
        client: null,
        account: null,
        address: null,
        patient: null,
        query: null,
        request: null,
        resource: null,
        outcome: 4,
      },
    ],
    ...auditKinds.map((kind): [string, Partial<AuditRow>] => [kind, { kind, interaction: kind, action: 'E' }]),
  ] as [string, Partial<AuditRow>][])('%s', (_name, more) => {
    const event = compose(more);
    expect(validate(event)).toEqual([]);
    expect(event.meta).not.toHaveProperty('profile');
    expect(event.agent.filter((a) => a.requestor)).toHaveLength(1);
  });
});

test('ids lead back to their events', () => {
  for (const seq of ['1', '4711', '281474976710655']) expect(eventOfId(idOfEvent(seq))).toBe(seq);
  expect(eventOfId('11111111-1111-4111-8111-111111111111')).toBeUndefined();
});
