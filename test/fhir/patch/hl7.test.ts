/**
 * HL7's test cases for JSON Patch and FHIRPath Patch. Runs with `FHIR_TEST_CASES=<checkout of github.com/FHIR/fhir-test-cases>`;
 * the cases are not part of this repository, what they cover is tested beside this with cases of our own.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Fault } from '../../../src/fault.ts';
import { applyFhirPathPatch } from '../../../src/fhir/patch/fhirpath-patch.ts';
import { applyJsonPatch } from '../../../src/fhir/patch/json-patch.ts';
import { casesFolder, childrenOf, readCase, readCases, resourceOf } from '../../support/hl7-cases.ts';

const refused = 'refused';

function outcome(patch: () => unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(patch()));
  } catch (error) {
    if (error instanceof Fault) return refused;
    throw error;
  }
}

describe.runIf(casesFolder !== undefined)("HL7's cases", () => {
  test('of FHIRPath Patch', () => {
    const cases = childrenOf(readCases('patch/fhir-patch-tests.xml'), 'case');
    const wrong = cases.filter((one) => {
      const part = (name: string) => {
        const resource = childrenOf(one, name)[0]?.children[0];
        return resource === undefined ? undefined : resourceOf(resource.source);
      };
      const found = outcome(() => applyFhirPathPatch(part('input')!, part('diff')));
      return !isDeepStrictEqual(found, part('output') ?? refused);
    });
    console.log(`FHIRPath Patch: ${cases.length - wrong.length} of ${cases.length}`);
    expect(cases.length).toBeGreaterThan(30);
    expect(wrong.map((one) => one.attributes['name'])).toEqual([]);
  });

  test('of JSON Patch', () => {
    interface Case {
      readonly comment: string;
      readonly doc: unknown;
      readonly patch: unknown;
      readonly expected?: unknown;
    }
    const cases = JSON.parse(readCase('patch/json-patch-tests.json')) as Case[];
    const wrong = cases.filter(({ doc, patch, expected = refused }) => {
      return !isDeepStrictEqual(
        outcome(() => applyJsonPatch(doc, patch)),
        expected,
      );
    });
    console.log(`JSON Patch: ${cases.length - wrong.length} of ${cases.length}`);
    expect(cases.length).toBeGreaterThan(10);
    expect(wrong.map(({ comment }) => comment)).toEqual([]);
  });
});
