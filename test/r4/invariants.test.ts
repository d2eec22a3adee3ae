/** Hand-written invariants against fhirpath.js: planted values that hold and fail, and random broken resources. */
import { expect, test } from 'vitest';
import { Decimal } from '../../src/r4/decimal.ts';
import type { Scope } from '../../src/r4/invariants/invariant.ts';
import { invariantTests } from '../../src/r4/invariants.ts';
import { isResourceType, resourceTypes } from '../../src/r4/table.ts';
import { validate } from '../../src/r4/validate.ts';
import { pick, type Random, randomOf } from '../support/random.ts';
import { type Generated, generateResource } from './generate.ts';
import { failsByFhirpath, type Stated, statedIn } from './oracle.ts';

const ucum = 'http://unitsofmeasure.org';
const terminology = 'http://terminology.hl7.org/CodeSystem';
const mistaken = (list: string) => ({ coding: [{ system: `${terminology}/${list}`, code: 'entered-in-error' }] });
const active = (list: string, code = 'active') => ({ coding: [{ system: `${terminology}/${list}`, code }] });
const text = { text: 'x' };
const kg = (value: number) => ({ value, system: ucum, code: 'kg' });
const bundle = (type: string | undefined, more: object) => ({ resourceType: 'Bundle', ...(type && { type }), ...more });
const appointment = (more: object) => ({ resourceType: 'Appointment', ...more });
const times = { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:15:00Z' };

/** key → node, values that hold, values that fail. */
const planted: Record<string, [node: string, holds: object[], fails: object[]]> = {
  'age-1': [
    'Age',
    [{ value: 5, code: 'a', system: ucum }, { unit: 'a' }],
    [
      { value: 5 },
      { value: -1, code: 'a', system: ucum },
      { value: 5, code: 'a', system: 'x' },
      { value: 0, code: 'a', system: ucum },
    ],
  ],
  'att-1': ['Attachment', [{ data: 'aGk=', contentType: 'a/b' }, { url: 'x' }], [{ data: 'aGk=' }]],
  'cnt-3': [
    'Count',
    [{ value: 2, code: '1', system: ucum }, { unit: 'x' }],
    [{ value: 2.5, code: '1', system: ucum }, { value: 2, code: 'kg', system: ucum }, { value: 2 }],
  ],
  'cpt-2': ['ContactPoint', [{ value: '1', system: 'phone' }, { use: 'home' }], [{ value: '1' }]],
  'dis-1': ['Distance', [{ value: 2, code: 'm', system: ucum }], [{ value: 2 }, { value: 2, code: 'm', system: 'x' }]],
  'drq-1': ['DataRequirement.codeFilter', [{ path: 'a' }, { searchParam: 'a' }], [{}, { path: 'a', searchParam: 'b' }]],
  'drq-2': ['DataRequirement.dateFilter', [{ path: 'a' }, { searchParam: 'a' }], [{}, { path: 'a', searchParam: 'b' }]],
  'drt-1': [
    'Duration',
    [{ value: 2, code: 'min', system: ucum }, { value: 2 }],
    [
      { code: 'min', system: ucum },
      { value: 2, code: 'min', system: 'x' },
    ],
  ],
  'exp-1': ['Expression', [{ expression: 'a' }, { reference: 'a' }], [{ language: 'text/cql' }]],
  'ext-1': [
    'Extension',
    [
      { url: 'a', valueString: 'x' },
      { url: 'a', extension: [{ url: 'b', valueCode: 'c' }] },
      { url: 'a', _valueString: { id: 'i' } },
    ],
    [{ url: 'a' }, { url: 'a', valueString: 'x', extension: [{ url: 'b', valueCode: 'c' }] }],
  ],
  'per-1': [
    'Period',
    [
      { start: '2026', end: '2026-12' },
      { start: '2026-12-01', end: '2026-12-01' },
      times,
      { start: '2026-12-01T09:00:00+03:00', end: '2026-12-01T06:00:00Z' },
      { end: '2026' },
    ],
    [
      { start: '2026-12-02', end: '2026-12-01' },
      { start: '2027', end: '2026-12' },
      { start: times.end, end: times.start },
      { start: '2026-12-01T09:00:00Z', end: '2026-12-01T11:59:59+03:00' },
    ],
  ],
  'qty-3': ['Quantity', [{ code: 'a', system: 's' }, { value: 1 }], [{ value: 1, code: 'a' }]],
  'rat-1': [
    'Ratio',
    [{ numerator: { value: 1 }, denominator: { value: 2 } }, { extension: [{ url: 'a', valueCode: 'b' }] }],
    [{ numerator: { value: 1 } }, { denominator: { value: 1 } }, { id: 'x' }],
  ],
  'rng-2': [
    'Range',
    [{ low: kg(1), high: kg(2) }, { low: kg(1), high: kg(1) }, { low: kg(1) }],
    [{ low: kg(3), high: kg(2) }],
  ],
  'sqty-1': ['Quantity', [{ value: 1 }], [{ value: 1, comparator: '<' }]],
  'tim-1': ['Timing.repeat', [{ duration: 1, durationUnit: 'h' }, { count: 1 }], [{ duration: 1 }]],
  'tim-2': ['Timing.repeat', [{ period: 1, periodUnit: 'h' }], [{ period: 1 }]],
  'tim-4': ['Timing.repeat', [{ duration: 0 }, {}], [{ duration: -1 }]],
  'tim-5': ['Timing.repeat', [{ period: 0 }, {}], [{ period: -1 }]],
  'tim-6': ['Timing.repeat', [{ periodMax: 1, period: 1 }], [{ periodMax: 1 }]],
  'tim-7': ['Timing.repeat', [{ durationMax: 1, duration: 1 }], [{ durationMax: 1 }]],
  'tim-8': ['Timing.repeat', [{ countMax: 1, count: 1 }], [{ countMax: 1 }]],
  'tim-9': [
    'Timing.repeat',
    [{ offset: 1, when: ['MORN'] }, { when: ['C'] }],
    [{ offset: 1 }, { offset: 1, when: ['MORN', 'CM'] }],
  ],
  'tim-10': [
    'Timing.repeat',
    [{ timeOfDay: ['09:00:00'] }, { when: ['C'] }],
    [{ timeOfDay: ['09:00:00'], when: ['C'] }],
  ],
  'trd-1': [
    'TriggerDefinition',
    [{ timingDate: '2026' }, { data: [{ type: 'Patient' }] }],
    [{ timingDate: '2026', data: [{ type: 'Patient' }] }],
  ],
  'trd-2': [
    'TriggerDefinition',
    [{ condition: { expression: 'a' }, data: [{ type: 'Patient' }] }],
    [{ condition: { expression: 'a' } }],
  ],
  'trd-3': [
    'TriggerDefinition',
    [
      { type: 'named-event', name: 'a' },
      { type: 'periodic', timingDate: '2026' },
      { type: 'data-added', data: [{ type: 'Patient' }] },
    ],
    [{ type: 'named-event' }, { type: 'periodic' }, { type: 'data-added' }],
  ],
  'ait-1': [
    'AllergyIntolerance',
    [{ verificationStatus: mistaken('allergyintolerance-verification') }, { clinicalStatus: text }],
    [{ verificationStatus: text }, {}],
  ],
  'ait-2': [
    'AllergyIntolerance',
    [{ clinicalStatus: text }, { verificationStatus: mistaken('allergyintolerance-verification') }],
    [{ verificationStatus: mistaken('allergyintolerance-verification'), clinicalStatus: text }],
  ],
  'app-1': ['Appointment.participant', [{ actor: { display: 'a' } }, { type: [text] }], [{ status: 'accepted' }]],
  'app-2': [
    'Appointment',
    [appointment(times), appointment({})],
    [appointment({ start: times.start }), appointment({ end: times.end })],
  ],
  'app-3': [
    'Appointment',
    [
      appointment({ ...times, status: 'booked' }),
      appointment({ status: 'waitlist' }),
      appointment({ status: 'proposed' }),
      appointment({ status: 'cancelled' }),
    ],
    [appointment({ status: 'booked' }), appointment({ status: 'pending', start: times.start })],
  ],
  'app-4': [
    'Appointment',
    [
      appointment({ cancelationReason: text, status: 'cancelled' }),
      appointment({ cancelationReason: text, status: 'noshow' }),
      appointment({ status: 'booked' }),
    ],
    [appointment({ cancelationReason: text, status: 'booked' })],
  ],
  'apr-1': [
    'AppointmentResponse',
    [{ actor: { display: 'a' } }, { participantType: [text] }],
    [{ participantStatus: 'accepted' }],
  ],
  'bdl-1': [
    'Bundle',
    [bundle('searchset', { total: 1 }), bundle('history', { total: 0 }), bundle('batch', {})],
    [bundle('collection', { total: 1 })],
  ],
  'bdl-2': [
    'Bundle',
    [bundle('searchset', { entry: [{ search: { mode: 'match' } }] })],
    [bundle('collection', { entry: [{ fullUrl: 'a' }, { search: { mode: 'match' } }] })],
  ],
  'bdl-3': [
    'Bundle',
    [
      bundle('batch', { entry: [{ request: { method: 'GET' } }] }),
      bundle('collection', { entry: [{ fullUrl: 'a' }] }),
      bundle(undefined, {}),
    ],
    [bundle('batch', { entry: [{ fullUrl: 'a' }] }), bundle('collection', { entry: [{ request: { method: 'GET' } }] })],
  ],
  'bdl-4': [
    'Bundle',
    [bundle('batch-response', { entry: [{ response: { status: '200' } }] })],
    [
      bundle('history', { entry: [{ fullUrl: 'a' }] }),
      bundle('searchset', { entry: [{ response: { status: '200' } }] }),
    ],
  ],
  'bdl-5': [
    'Bundle.entry',
    [{ response: { status: '200' } }, { resource: { resourceType: 'Slot' } }],
    [{ fullUrl: 'a' }],
  ],
  'bdl-7': [
    'Bundle',
    [
      bundle('collection', { entry: [{ fullUrl: 'a' }, { fullUrl: 'b' }] }),
      bundle('history', { entry: [{ fullUrl: 'a' }, { fullUrl: 'a' }] }),
    ],
    [
      bundle('collection', {
        entry: [
          { fullUrl: 'a', resource: { resourceType: 'Slot', meta: { versionId: '1' } } },
          { fullUrl: 'a', resource: { resourceType: 'Slot', meta: { versionId: '1' } } },
        ],
      }),
    ],
  ],
  'bdl-8': ['Bundle.entry', [{ fullUrl: 'http://a/Slot/1' }, {}], [{ fullUrl: 'http://a/Slot/1/_history/2' }]],
  'bdl-9': [
    'Bundle',
    [bundle('document', { identifier: { system: 'a', value: 'b' } }), bundle('batch', {})],
    [bundle('document', { identifier: { value: 'b' } }), bundle('document', {})],
  ],
  'bdl-10': ['Bundle', [bundle('document', { timestamp: times.start }), bundle('batch', {})], [bundle('document', {})]],
  'bdl-11': [
    'Bundle',
    [
      bundle('document', { entry: [{ resource: { resourceType: 'Composition' } }] }),
      bundle('document', {}),
      bundle('batch', { entry: [{ resource: { resourceType: 'Slot' } }] }),
    ],
    [
      bundle('document', {
        entry: [{ resource: { resourceType: 'Slot' } }, { resource: { resourceType: 'Composition' } }],
      }),
    ],
  ],
  'bdl-12': [
    'Bundle',
    [bundle('message', { entry: [{ resource: { resourceType: 'MessageHeader' } }] }), bundle('message', {})],
    [bundle('message', { entry: [{ resource: { resourceType: 'Slot' } }] })],
  ],
  'cmp-1': [
    'Composition.section',
    [{ text: { status: 'empty' } }, { entry: [{ display: 'a' }] }, { section: [{ title: 'a' }] }],
    [{ title: 'a' }],
  ],
  'cmp-2': [
    'Composition.section',
    [{ emptyReason: text }, { entry: [{ display: 'a' }] }],
    [{ emptyReason: text, entry: [{ display: 'a' }] }],
  ],
  'con-1': ['Condition.stage', [{ summary: text }, { assessment: [{ display: 'a' }] }], [{ type: text }]],
  'con-2': ['Condition.evidence', [{ code: [text] }, { detail: [{ display: 'a' }] }], [{ id: 'a' }]],
  'con-3': [
    'Condition',
    [{ clinicalStatus: text }, { verificationStatus: mistaken('condition-ver-status') }, {}],
    [{ category: [text] }],
  ],
  'con-4': [
    'Condition',
    [{ abatementString: 'a', clinicalStatus: active('condition-clinical', 'resolved') }, { clinicalStatus: text }],
    [{ abatementString: 'a', clinicalStatus: active('condition-clinical') }, { abatementAge: { value: 1 } }],
  ],
  'con-5': [
    'Condition',
    [{ verificationStatus: mistaken('condition-ver-status') }, { clinicalStatus: text }],
    [{ verificationStatus: mistaken('condition-ver-status'), clinicalStatus: text }],
  ],
  'cpl-3': [
    'CarePlan.activity',
    [{ detail: { status: 'a' } }, { reference: { display: 'a' } }],
    [{ detail: { status: 'a' }, reference: { display: 'a' } }],
  ],
  'gol-1': ['Goal.target', [{ measure: text, detailString: 'a' }, { dueDate: '2026' }], [{ detailString: 'a' }]],
  'grp-1': [
    'Group',
    [{ actual: true, member: [{ inactive: true }] }, { actual: false }],
    [{ actual: false, member: [{ inactive: true }] }],
  ],
  'inv-1': [
    'Parameters.parameter',
    [
      { name: 'a', valueString: 'b' },
      { name: 'a', resource: { resourceType: 'Slot' } },
      { name: 'a', part: [{ name: 'b' }] },
    ],
    [
      { name: 'a' },
      { name: 'a', valueString: 'b', resource: { resourceType: 'Slot' } },
      { name: 'a', valueString: 'b', part: [{ name: 'b' }] },
    ],
  ],
  'inv-1@Task': [
    'Task',
    [{ authoredOn: '2026-12-01', lastModified: '2026-12-01' }, { authoredOn: '2026' }],
    [{ authoredOn: '2026-12-02', lastModified: '2026-12-01' }],
  ],
  'lst-1': [
    'List',
    [{ emptyReason: text }, { entry: [{ flag: text }] }],
    [{ emptyReason: text, entry: [{ flag: text }] }],
  ],
  'lst-2': [
    'List',
    [
      { mode: 'changes', entry: [{ deleted: true }] },
      { mode: 'working', entry: [{ flag: text }] },
    ],
    [{ mode: 'working', entry: [{ flag: text }, { deleted: true }] }],
  ],
  'lst-3': [
    'List',
    [{ mode: 'working', entry: [{ date: '2026' }] }, { mode: 'changes' }],
    [{ mode: 'changes', entry: [{ date: '2026' }] }],
  ],
  'mad-1': [
    'MedicationAdministration.dosage',
    [{ dose: { value: 1 } }, { rateQuantity: { value: 1 } }],
    [{ text: 'a' }],
  ],
  'mdd-1': [
    'MedicationDispense',
    [{ whenPrepared: '2026-12-01', whenHandedOver: '2026-12-01' }, {}],
    [{ whenPrepared: '2026-12-02', whenHandedOver: '2026-12-01' }],
  ],
  'nsd-1': [
    'NamingSystem',
    [
      { kind: 'root', uniqueId: [{ type: 'oid' }] },
      { kind: 'codesystem', uniqueId: [{ type: 'uuid' }] },
    ],
    [{ kind: 'root', uniqueId: [{ type: 'oid' }, { type: 'uuid' }] }],
  ],
  'nsd-2': [
    'NamingSystem',
    [{ uniqueId: [{ type: 'oid', preferred: true }, { type: 'oid' }, { type: 'uri', preferred: true }] }],
    [
      {
        uniqueId: [
          { type: 'oid', preferred: true },
          { type: 'oid', preferred: true },
        ],
      },
    ],
  ],
  'obs-3': [
    'Observation.referenceRange',
    [{ text: 'a' }, { low: { value: 1 } }, { high: { value: 1 } }],
    [{ type: text }],
  ],
  'obs-6': [
    'Observation',
    [{ valueString: 'a' }, { dataAbsentReason: text }],
    [{ valueString: 'a', dataAbsentReason: text }],
  ],
  'obs-7': [
    'Observation',
    [
      { resourceType: 'Observation', code: active('a'), component: [{ code: active('a') }] },
      { resourceType: 'Observation', code: active('a'), valueString: 'x', component: [{ code: active('b') }] },
    ],
    [
      {
        resourceType: 'Observation',
        code: active('a'),
        valueString: 'x',
        component: [{ code: active('b') }, { code: active('a') }],
      },
    ],
  ],
  'org-1': ['Organization', [{ name: 'a' }, { identifier: [{ value: 'a' }] }], [{ active: true }]],
  'org-2': ['Address', [{ use: 'work' }, { city: 'a' }], [{ use: 'home' }]],
  'org-3': ['ContactPoint', [{ use: 'work' }, { value: 'a' }], [{ use: 'home' }]],
  'pat-1': [
    'Patient.contact',
    [
      { name: { text: 'a' } },
      { telecom: [{ value: 'a' }] },
      { address: { text: 'a' } },
      { organization: { display: 'a' } },
    ],
    [{ gender: 'male' }],
  ],
  'ppc-1': ['Consent', [{ policyRule: text }, { policy: [{ uri: 'a' }] }], [{ status: 'active' }]],
  'prr-1': ['ServiceRequest', [{ orderDetail: [text], code: text }, { code: text }], [{ orderDetail: [text] }]],
  'qrs-1': [
    'QuestionnaireResponse.item',
    [{ answer: [{ valueString: 'a' }] }, { item: [{ linkId: 'a' }] }],
    [{ answer: [{ valueString: 'a' }], item: [{ linkId: 'a' }] }],
  ],
  'rqg-1': [
    'RequestGroup.action',
    [{ resource: { display: 'a' } }, { action: [{ title: 'a' }] }],
    [{ title: 'a' }, { resource: { display: 'a' }, action: [{ title: 'a' }] }],
  ],
  'sev-1': ['AuditEvent.entity', [{ name: 'a' }, { query: 'aGk=' }], [{ name: 'a', query: 'aGk=' }]],
  'spd-1': ['SearchParameter', [{ xpath: 'a', xpathUsage: 'normal' }, {}], [{ xpath: 'a' }]],
  'spd-2': [
    'SearchParameter',
    [{ chain: ['a'], type: 'reference' }, { type: 'token' }],
    [{ chain: ['a'], type: 'token' }],
  ],
};

/** These look at the scope, which `validate` makes: they are tried through it below. */
const throughWalk = ['dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6', 'ref-1'];

test('every hand-written invariant is planted here', () => {
  expect([...invariantTests.keys()].filter((k) => planted[k] === undefined && !throughWalk.includes(k))).toEqual([]);
});

test.each(Object.entries(planted))('%s holds and fails as in fhirpath.js', (key, [node, holds, fails]) => {
  for (const [values, failing] of [
    [holds, false],
    [fails, true],
  ] as const)
    for (const more of values) {
      const value: Generated = isResourceType(node) ? { ...more, resourceType: node } : { ...more };
      const scope: Scope = {
        resource: value,
        root: value,
        anchors: new Set<string>(),
        pointsToContainer: false,
        contained: [],
      };
      expect(invariantTests.get(key)!(value, scope), `ours ${key} ${JSON.stringify(value)}`).toBe(!failing);
      expect(failsByFhirpath(key, node, value, value, value), `fhirpath ${key} ${JSON.stringify(value)}`).toBe(failing);
    }
});

test('decimals that keep their digits are numbers like others', () => {
  const value = (text: string) => new Decimal(text);
  const scope = { resource: {}, root: {}, anchors: new Set<string>(), pointsToContainer: false, contained: [] };
  const holds = (key: string, on: object) => invariantTests.get(key)!(on as Generated, scope);
  expect(holds('age-1', { value: value('1.0'), code: 'a', system: ucum })).toBe(true);
  expect(holds('age-1', { value: value('-1.0'), code: 'a', system: ucum })).toBe(false);
  expect(holds('cnt-3', { value: value('2.0'), code: '1', system: ucum })).toBe(true);
  expect(holds('cnt-3', { value: value('2.50'), code: '1', system: ucum })).toBe(false);
  expect(holds('tim-4', { duration: value('-1.0') })).toBe(false);
  expect(holds('tim-5', { period: value('-1.0') })).toBe(false);
  expect(holds('rng-2', { low: { value: value('2.0') }, high: { value: value('10.0') } })).toBe(true);
  expect(holds('rng-2', { low: { value: value('2.0') }, high: { value: 1 } })).toBe(false);
});

const inner = { resourceType: 'Patient', id: 'p' };
const about = { reference: '#p' };
const slot = (more: object) => ({ resourceType: 'Slot', ...more });
const narrative = { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' } };

test.each<[key: string, fails: boolean, resource: object]>([
  ['dom-2', false, slot({ contained: [inner], schedule: about })],
  ['dom-2', true, slot({ contained: [{ ...inner, contained: [{ ...inner, id: 'q' }] }], schedule: about })],
  ['dom-3', false, slot({ contained: [inner], schedule: about })],
  ['dom-3', true, slot({ contained: [inner] })],
  ['dom-3', true, slot({ contained: [inner], schedule: { reference: '#other' } })],
  ['dom-3', false, slot({ contained: [{ ...inner, managingOrganization: { reference: '#' } }] })],
  ['dom-3', false, slot({ contained: [inner], extension: [{ url: 'a', valueUri: '#p' }] })],
  ['dom-3', false, slot({ contained: [inner], extension: [{ url: 'a', valueUrl: '#p' }] })],
  ['dom-3', true, slot({ contained: [inner], extension: [{ url: 'a', valueString: '#p' }] })],
  [
    'dom-3',
    false,
    slot({
      contained: [inner, { resourceType: 'Person', id: 'q', link: [{ target: about }] }],
      schedule: { reference: '#q' },
    }),
  ],
  ['dom-4', false, slot({ contained: [{ ...inner, meta: { source: 'a' } }] })],
  ['dom-4', true, slot({ contained: [{ ...inner, meta: { versionId: '1' } }] })],
  ['dom-4', true, slot({ contained: [{ ...inner, meta: { lastUpdated: times.start } }] })],
  ['dom-5', true, slot({ contained: [{ ...inner, meta: { security: [{ code: 'R' }] } }] })],
  ['dom-5', false, slot({ contained: [{ ...inner, meta: { tag: [{ code: 'R' }] } }] })],
  ['dom-6', false, slot(narrative)],
  ['dom-6', true, slot({})],
  ['ref-1', false, slot({ contained: [inner], schedule: about })],
  ['ref-1', true, slot({ contained: [inner], schedule: { reference: '#q' } })],
  ['ref-1', true, slot({ schedule: about })],
  ['ref-1', false, slot({ schedule: { reference: 'Schedule/1' } })],
  ['ref-1', false, slot({ contained: [inner, { resourceType: 'Person', id: 'q', link: [{ target: about }] }] })],
])('%s fails: %s (%#)', (key, fails, resource) => {
  expect(failuresByUs(resource as Generated).some((f) => f.startsWith(`${key} `))).toBe(fails);
  expect(failuresByFhirpath(resource as Generated).some((f) => f.startsWith(`${key} `))).toBe(fails);
});

test('random broken resources fail the same invariants at the same places', () => {
  const seen = new Map<string, number>();
  for (const type of resourceTypes)
    for (let seed = 1; seed <= 6; seed++) {
      const random = randomOf(seed * 7919);
      const resource = damage(random, generateResource(random, type));
      const theirs = failuresByFhirpath(resource);
      expect(failuresByUs(resource), `${type} seed ${seed}`).toEqual(theirs);
      for (const failure of theirs) seen.set(failure.split(' ')[0]!, (seen.get(failure.split(' ')[0]!) ?? 0) + 1);
    }
  expect(seen.size).toBeGreaterThan(25);
});

function failuresByUs(resource: Generated): string[] {
  const issues = validate(resource, { warnings: true, maxIssues: 100_000, maxEffort: -1 });
  const incomparable = new Set(statedIn(resource).flatMap((s) => (isComparable(s) ? [] : [nameOf(s)])));
  const failures = issues.flatMap((i) => {
    const key = /\(R4 ([\w-]+)\)\.$/.exec(i.text)?.[1];
    return i.code === 'invariant' && key !== undefined && !key.startsWith('txt') ? [`${key} ${i.expression}`] : [];
  });
  return [...new Set(failures)].filter((f) => !incomparable.has(f)).sort();
}

function failuresByFhirpath(resource: Generated): string[] {
  const failures = statedIn(resource).filter((s) => invariantTests.has(s.key) && isComparable(s) && fails(s));
  return [...new Set(failures.map(nameOf))].sort();
}

function nameOf({ key, place }: Stated): string {
  return `${key.split('@')[0]} ${place}`;
}

function fails({ key, node, value, resource, root }: Stated): boolean {
  return failsByFhirpath(key, node, value, resource, root);
}

/** Ranges without UCUM units have no order for fhirpath.js, for us equal units have. A day against a time with zone: fhirpath.js takes the day in the zone of its process. */
function isComparable({ key, value }: Stated): boolean {
  if (key === 'rng-2') return false;
  if (!['per-1', 'mdd-1', 'inv-1@Task'].includes(key)) return true;
  const dates = ['start', 'end', 'whenPrepared', 'whenHandedOver', 'authoredOn', 'lastModified'].flatMap(
    (k) => value[k] ?? [],
  );
  return new Set(dates.map((d) => String(d).includes('T'))).size < 2;
}

/** Leaves elements out and turns codes and dates round, so that structure stays and invariants break. */
function damage(random: Random, value: Generated): Generated {
  const entries = Object.entries(value).flatMap(([key, member]) => {
    if (random() < 0.12 && key !== 'resourceType') return [];
    return [[key, damaged(random, member)]];
  });
  return Object.fromEntries(entries);
}

function damaged(random: Random, member: unknown): unknown {
  if (Array.isArray(member)) return member.map((m) => damaged(random, m));
  if (typeof member === 'object' && member !== null) return damage(random, member as Generated);
  if (typeof member === 'number' && random() < 0.2) return -member;
  return member === 'work' || member === 'official' ? pick(random, ['home', member]) : member;
}
