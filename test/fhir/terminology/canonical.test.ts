/** The dictionaries as resources: valid, complete, each once, and seen by whom they may be seen. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Clinic, indexClinics } from '../../../src/connectors/clinic.ts';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import { faultKinds } from '../../../src/fault.ts';
import { canonicalResources } from '../../../src/fhir/terminology/canonical.ts';
import { kindMeanings } from '../../../src/fhir/terminology/fault-code.ts';
import { createTerminology, type Terminology } from '../../../src/fhir/terminology/terminology.ts';
import { requiredValueSets } from '../../../src/r4/table.ts';
import { validate } from '../../../src/r4/validate.ts';
import { hubIn } from '../../../src/store/visibility.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic } from '../../support/memory-mis.ts';
import { root } from '../../support/process.ts';

const url = (type: string, name: string) => `https://medmost.ru/fhir/${type}/${name}`;
const everyone = { clinics: [], keys: null, types: null, closed: [] };

/** Two clinics with the shipped mapping of 1С, and one with a code table of its own. */
function clinicsWithTables(): Clinic[] {
  const { tables } = loadMappings([join(root, 'mappings/onec')], { clinic: 'a', zone: 'Europe/Moscow' });
  const words = new Map([
    ['Терапевт', { system: 'urn:oid:1.2.643.5.1.13.13.11.1066', code: '27', display: 'Терапия' }],
  ]);
  const own = new Map([['specialty', { ...tables.get('specialty')!, codes: words }]]);
  const open = (key: string, number: number, more: object): Clinic => ({
    ...openMemoryClinic(key, number, createMemoryMis(), { ...memoryConfig(), mis: 'onec', ...more }),
    tables,
  });
  return [open('a', 1, {}), open('b', 2, {}), { ...open('c', 3, { mappings: '/etc/c' }), tables: own }];
}

let terminology: Terminology;
beforeAll(() => {
  terminology = createTerminology(canonicalResources(indexClinics(clinicsWithTables())));
});

test('each is valid R4 and has an id and a URL that no other has', () => {
  const all = terminology.all.map(({ resource }) => resource);
  expect(all.length).toBeGreaterThan(280);
  expect(all.flatMap((resource) => validate(resource))).toEqual([]);
  for (const key of ['id', 'url'])
    expect(new Set(all.map((r) => `${r.resourceType} ${r[key]}`)).size, key).toBe(all.length);
});

test('they are the same after a restart', () => {
  expect(canonicalResources(indexClinics(clinicsWithTables()))).toEqual(terminology.all);
});

test('every code of an error is told', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
  const faults = sources.flatMap((text) => text.match(/new Fault\((?:[^;]|;(?!\n))*?\);/g) ?? []);
  const reasons = faults.flatMap((text) => [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code]) => code!));
  expect(reasons.length).toBeGreaterThan(8);
  const system = terminology.find(everyone, 'CodeSystem', url('CodeSystem', 'fault'))!;
  const told = (system['concept'] as { code: string }[]).map(({ code }) => code);
  const issueCodes = ['not-found'];
  expect([...Object.keys(faultKinds), ...reasons].filter((code) => ![...told, ...issueCodes].includes(code))).toEqual(
    [],
  );
  expect(Object.keys(faultKinds).filter((kind) => !(kind in kindMeanings))).toEqual([]);
});

test("all value sets of R4's required bindings are there with their codes", () => {
  const slotstatus = terminology.codesOfValueSet(everyone, 'http://hl7.org/fhir/ValueSet/slotstatus|4.0.1');
  expect(slotstatus?.map(({ system, code }) => `${system}|${code}`)).toContain('http://hl7.org/fhir/slotstatus|free');
  for (const set of requiredValueSets)
    expect(terminology.codesOfValueSet(everyone, set)!.length, set).toBeGreaterThan(0);
  expect(terminology.codesOfValueSet(everyone, 'http://hl7.org/fhir/ValueSet/slotstatus|5.0.0')).toBeUndefined();
  expect(terminology.codesOfValueSet(everyone, 'http://example.org/none')).toBeUndefined();
});

describe('code tables', () => {
  test('become a ConceptMap, its ValueSet and its CodeSystem', () => {
    const map = terminology.find(everyone, 'ConceptMap', url('ConceptMap', 'onec-specialty'))!;
    expect(map).toMatchObject({
      targetUri: url('ValueSet', 'onec-specialty'),
      group: [{ source: url('CodeSystem', 'onec-specialization'), target: 'urn:oid:1.2.643.5.1.13.13.11.1066' }],
    });
    const codes = terminology.codesOfValueSet(everyone, url('ValueSet', 'onec-specialty'))!;
    expect(codes).toContainEqual(expect.objectContaining({ code: '27', display: 'Терапия' }));
    const words = terminology.find(everyone, 'CodeSystem', url('CodeSystem', 'onec-specialization'))!;
    expect([words['content'], words['concept']]).toEqual(['not-present', undefined]);
  });

  test('of plain codes lead to the system that they name', () => {
    const map = terminology.find(everyone, 'ConceptMap', url('ConceptMap', 'onec-slot-status'))!;
    expect(map['group']).toMatchObject([
      { target: 'http://hl7.org/fhir/slotstatus', element: [{ code: 'free' }, {}, {}] },
    ]);
  });

  test("a clinic's own are seen by those who see the clinic", () => {
    const own = url('ConceptMap', 'onec-c-specialty');
    const [its, other] = [3, 1].map((clinic) => hubIn(clinic));
    const found = terminology.find(its!, 'ConceptMap', own)!;
    expect(found['group']).toMatchObject([{ element: [{ code: 'Терапевт' }] }]);
    expect(terminology.find(other!, 'ConceptMap', own)).toBeUndefined();
    expect(terminology.read(other!, 'ConceptMap', found.id!)).toBeUndefined();
    expect(terminology.read(its!, 'ConceptMap', found.id!)).toBe(found);
    expect(terminology.maps(other!).map((map) => map['url'])).not.toContain(own);
    expect(terminology.maps(its!).map((map) => map['url'])).toContain(own);
  });
});
