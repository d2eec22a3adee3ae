/** Search values as index rows: the forms of BEHAVIOURS.md items 9-14 and of R4 search.html. */
import { expect, test } from 'vitest';
import { resourceTypes, searchParametersOf } from '../../src/r4/table.ts';
import { compileExtractor, foldString, type SearchValue } from '../../src/r4/values.ts';
import { randomOf } from '../support/random.ts';
import { generateResource } from './generate.ts';

const zone = 'Europe/Moscow';

function valuesOf(resource: { resourceType: string } & Record<string, unknown>, code: string, base?: string): object[] {
  const type = resource.resourceType;
  const parameters = searchParametersOf(type).filter((p) => p.code === code);
  expect(parameters).toHaveLength(1);
  const values = compileExtractor(type, parameters)(resource, { zone, ...(base !== undefined && { base }) });
  return values.map(({ code: _, ...rest }: SearchValue) => rest);
}

test('tokens: code with the system of its binding, coding, identifier, boolean, phone, text alone', () => {
  const patient = {
    resourceType: 'Patient',
    active: false,
    gender: 'female',
    identifier: [
      { system: 'urn:oid:1.2.643.100.3', value: '11223344595' },
      { value: 'p-1' },
      { system: 'urn:oid:1.2' },
    ],
    telecom: [
      { system: 'phone', value: '+79990000000' },
      { system: 'email', value: 'a@example.org' },
    ],
    maritalStatus: { text: 'замужем' },
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'ru', display: 'русский' }] } }],
  };
  expect(valuesOf(patient, 'gender')).toEqual([
    { kind: 'token', system: 'http://hl7.org/fhir/administrative-gender', value: 'female' },
  ]);
  expect(valuesOf(patient, 'active')).toMatchObject([{ kind: 'token', value: 'false' }]);
  expect(valuesOf(patient, 'identifier')).toEqual([
    { kind: 'token', system: 'urn:oid:1.2.643.100.3', value: '11223344595' },
    { kind: 'token', value: 'p-1' },
    { kind: 'token', system: 'urn:oid:1.2' },
  ]);
  expect(valuesOf(patient, 'phone')).toEqual([{ kind: 'token', value: '+79990000000' }]);
  expect(valuesOf(patient, 'telecom')).toHaveLength(2);
  expect(valuesOf(patient, 'language')).toEqual([
    { kind: 'token', system: 'urn:ietf:bcp:47', value: 'ru', text: 'русский' },
  ]);
  expect(valuesOf({ resourceType: 'Slot', serviceType: [{ text: 'УЗИ' }] }, 'service-type')).toEqual([
    { kind: 'token', text: 'УЗИ' },
  ]);
});

test.each([
  [{ deceasedBoolean: true }, 'true'],
  [{ deceasedBoolean: false }, 'false'],
  [{ deceasedDateTime: '2020-01-01' }, 'true'],
  [{}, 'false'],
])('deceased of %j is %s', (part, value) => {
  expect(valuesOf({ resourceType: 'Patient', ...part }, 'deceased')).toMatchObject([{ kind: 'token', value }]);
});

test('references: relative, versioned, absolute, ours by base, logical; contained ones are not found', () => {
  const actor = (reference: string) => ({ actor: { reference }, status: 'accepted' });
  const appointment = {
    resourceType: 'Appointment',
    participant: [
      actor('Patient/1'),
      actor('Practitioner/a-b/_history/2'),
      actor('https://hub.example/fhir/Location/7'),
      actor('https://other.example/fhir/Location/8'),
      actor('#p'),
      { actor: { type: 'Patient', identifier: { system: 'urn:oid:1.2', value: '5' } } },
      { actor: { display: 'кто-то' } },
      { type: [{ text: 'любой терапевт' }] },
    ],
  };
  expect(valuesOf(appointment, 'actor', 'https://hub.example/fhir')).toEqual([
    { kind: 'reference', type: 'Patient', id: '1' },
    { kind: 'reference', type: 'Practitioner', id: 'a-b', version: '2' },
    { kind: 'reference', type: 'Location', id: '7' },
    { kind: 'reference', url: 'https://other.example/fhir/Location/8' },
    { kind: 'reference', type: 'Patient', identifier: { system: 'urn:oid:1.2', value: '5' } },
  ]);
  expect(valuesOf(appointment, 'practitioner')).toEqual([
    { kind: 'reference', type: 'Practitioner', id: 'a-b', version: '2' },
  ]);
  expect(valuesOf(appointment, 'patient')).toHaveLength(2);
});

test('dates: instants, days of the zone, open and closed periods', () => {
  const at = (text: string) => Date.parse(text);
  expect(valuesOf({ resourceType: 'Slot', start: '2026-12-01T06:00:00Z' }, 'start')).toEqual([
    { kind: 'date', low: at('2026-12-01T06:00:00Z'), high: at('2026-12-01T06:00:01Z') },
  ]);
  expect(valuesOf({ resourceType: 'Patient', birthDate: '1980-02-29' }, 'birthdate')).toEqual([
    { kind: 'date', low: at('1980-02-29T00:00:00+03:00'), high: at('1980-03-01T00:00:00+03:00') },
  ]);
  const horizon = (planningHorizon: object) => valuesOf({ resourceType: 'Schedule', planningHorizon }, 'date');
  expect(horizon({ start: '2026-12-01', end: '2026-12-14' })).toEqual([
    { kind: 'date', low: at('2026-12-01T00:00:00+03:00'), high: at('2026-12-15T00:00:00+03:00') },
  ]);
  expect(horizon({ start: '2026-12-01T09:00:00Z' })).toEqual([
    { kind: 'date', low: at('2026-12-01T09:00:00Z'), high: Number.POSITIVE_INFINITY },
  ]);
  expect(horizon({ end: '2026' })).toMatchObject([
    { low: Number.NEGATIVE_INFINITY, high: at('2027-01-01T00:00:00+03:00') },
  ]);
  expect(horizon({ extension: [] })).toEqual([]);
  const occurrenceTiming = { event: ['2026-12-01', '2026-12-03'], repeat: { boundsPeriod: { start: '2026-12-01' } } };
  expect(valuesOf({ resourceType: 'ServiceRequest', occurrenceTiming }, 'occurrence')).toHaveLength(3);
});

test('strings: each part of a name and the whole, parts of an address, a concept by its text', () => {
  const name = [{ family: 'Королёв-Ёлкин', given: ['Андрей', 'Ильич'], text: 'А. И. Королёв' }];
  const folded = (code: string) =>
    valuesOf({ resourceType: 'Patient', name }, code).map((v) => (v as { folded: string }).folded);
  expect(folded('name')).toEqual(['королев елкин', 'андрей', 'ильич', 'а и королев', 'королев елкин андрей ильич']);
  expect(folded('family')).toEqual(['королев елкин']);
  const address = [{ line: ['ул. Садовая, 1'], city: 'Санкт-Петербург', use: 'home' }];
  expect(valuesOf({ resourceType: 'Patient', address }, 'address')).toEqual([
    { kind: 'string', text: 'ул. Садовая, 1', folded: 'ул садовая 1' },
    { kind: 'string', text: 'Санкт-Петербург', folded: 'санкт петербург' },
  ]);
  const valueCodeableConcept = { text: 'Норма' };
  expect(valuesOf({ resourceType: 'Observation', valueCodeableConcept }, 'value-string')).toMatchObject([
    { folded: 'норма' },
  ]);
});

test.each([
  ['Ёлкин', 'елкин'],
  ['ЙОД', 'йод'],
  ['Й', 'й'],
  ['и\u0306од', 'йод'],
  ['Müller-Lüdenscheidt', 'muller ludenscheidt'],
  ["  O'Brien ", 'o brien'],
  ['№ 5 «Звёздочка»', '5 звездочка'],
  ['Ἀθῆναι', 'αθηναι'],
  ['', ''],
  ['—', ''],
])('%j folds to %j', (text, folded) => {
  expect(foldString(text)).toBe(folded);
  expect(foldString(folded)).toBe(folded);
});

test('quantities, numbers, uris', () => {
  const quantity = { value: 36.6, system: 'http://unitsofmeasure.org', code: 'Cel', unit: '°C' };
  expect(valuesOf({ resourceType: 'Observation', valueQuantity: quantity }, 'value-quantity')).toEqual([
    { kind: 'quantity', low: 36.6, high: 36.6, system: 'http://unitsofmeasure.org', unit: 'Cel', label: '°C' },
  ]);
  const below = { value: 5, comparator: '<', unit: 'мм' };
  expect(valuesOf({ resourceType: 'Observation', valueQuantity: below }, 'value-quantity')).toEqual([
    { kind: 'quantity', low: Number.NEGATIVE_INFINITY, high: 5, unit: 'мм' },
  ]);
  expect(valuesOf({ resourceType: 'Invoice', totalNet: { value: 900, currency: 'RUB' } }, 'totalnet')).toEqual([
    { kind: 'quantity', low: 900, high: 900, system: 'urn:iso:std:iso:4217', unit: 'RUB' },
  ]);
  const onsetRange = { low: { value: 30, unit: 'a' }, high: { value: 40, unit: 'a' } };
  expect(valuesOf({ resourceType: 'Condition', onsetRange }, 'onset-age')).toEqual([
    { kind: 'quantity', low: 30, high: 40, unit: 'a' },
  ]);
  expect(valuesOf({ resourceType: 'ImagingStudy', series: [{ uid: '1', instance: [] }] }, 'series')).toHaveLength(1);
  expect(valuesOf({ resourceType: 'Patient', meta: { profile: ['http://example.org/p'] } }, '_profile')).toEqual([
    { kind: 'uri', uri: 'http://example.org/p' },
  ]);
});

test('nothing of a random resource makes it throw, and every value is a finished row', () => {
  for (const type of resourceTypes) {
    const extract = compileExtractor(type, searchParametersOf(type));
    for (let seed = 1; seed < 6; seed++)
      for (const value of extract(generateResource(randomOf(seed), type), { zone })) {
        if (value.kind === 'date') expect(value.low).toBeLessThan(Number.POSITIVE_INFINITY);
        if (value.kind === 'string') expect(value.folded).toBe(foldString(value.text));
        expect(Object.values(value)).not.toContain(undefined);
      }
  }
});

test('parameters of our own are extracted like those of R4', () => {
  const ends = compileExtractor('Slot', [
    { code: 'end', type: 'date', url: 'urn:x', expression: 'Slot.end', targets: [], components: [] },
  ]);
  expect(ends({ resourceType: 'Slot', end: '2026-12-01T06:15:00Z' }, { zone })).toMatchObject([
    { kind: 'date', code: 'end' },
  ]);
});
