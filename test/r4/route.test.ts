/** The search expressions of every type, found by our routes and by fhirpath.js over random resources. */
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { expect, test } from 'vitest';
import type { SearchParameter } from '../../src/r4/definition.ts';
import { parseExpression } from '../../src/r4/expression.ts';
import { compileExpression } from '../../src/r4/route.ts';
import { resourceTypes, searchParametersOf } from '../../src/r4/table.ts';
import { randomOf } from '../support/random.ts';
import { type Generated, generateResource } from './generate.ts';

const evaluated = (type: string) =>
  searchParametersOf(type).filter((p) => p.expression !== undefined && p.type !== 'composite');

test('our routes find what fhirpath.js finds', () => {
  let uses = 0;
  let filled = 0;
  for (const type of resourceTypes) {
    const resources = Array.from({ length: 12 }, (_, i) => generateResource(randomOf(i + 1), type));
    for (const parameter of evaluated(type)) {
      const found = compare(type, parameter, resources);
      uses++;
      if (found > 0) filled++;
    }
  }
  expect(uses).toBeGreaterThan(1000);
  expect(filled / uses).toBeGreaterThan(0.7);
});

function compare(type: string, parameter: SearchParameter, resources: readonly Generated[]): number {
  const walk = compileExpression(parseExpression(parameter.expression!), type);
  const oracle = fhirpath.compile(withoutResolve(parameter.expression!), r4 as unknown as Model);
  let found = 0;
  for (const resource of resources) {
    const ours: unknown[] = [];
    walk(resource, (value) => ours.push(value));
    const theirs = oracle(resource, {}) as unknown[];
    found += theirs.length;
    expect(sorted(ours), `${type} ${parameter.code} ${parameter.expression}`).toEqual(sorted(theirs));
  }
  return found;
}

/** fhirpath.js resolves over the network; our rule, said in FHIRPath, is what it shall be compared with. */
function withoutResolve(expression: string): string {
  return expression.replace(
    /resolve\(\) is (\w+)/g,
    "iif(reference.exists(), reference.startsWith('$1/') or reference.contains('/$1/'), type = '$1')",
  );
}

/** A union in FHIRPath drops what is equal and promises no order. */
function sorted(values: readonly unknown[]): string[] {
  return [...new Set(values.map((v) => JSON.stringify(v)))].sort();
}

test.each([
  ['Patient.nmae', 'Patient has no element nmae'],
  ['Slot.start', 'Slot is not the resource type Patient'],
  ['Patient.name.first()', 'first() is not in the subset'],
  ['Patient.name[0', 'did not expect its end'],
  ['Patient.name %', 'cannot read'],
  ['Patient.name.where(use)', 'unknown where()'],
  ['Patient.name = ', 'did not expect its end'],
])('%s is refused', (expression, message) => {
  expect(() => compileExpression(parseExpression(expression), 'Patient')).toThrow(message);
});
