/**
 * The invariants that are not written by hand, by fhirpath.js: those of conformance resources, which the hub publishes and
 * seldom takes. 34-50 times slower than by hand (protocols/r4.md §D); the library is loaded when the first is met.
 */
import { createRequire } from 'node:module';
import type { Model } from 'fhirpath';
import { invariantOf, isResourceType } from '../table.ts';
import type { InvariantTest } from './invariant.ts';

/**
 * Not evaluated: ctm-1 needs another resource; eld-3 fails of nothing but a negative number; eld-11 asks whether there is an
 * answer, not whether it is true; ppc-2 to ppc-5 were written for a system called 'something'; txt-1 and txt-2 are xhtml.ts.
 */
const left = new Set(['ctm-1', 'eld-3', 'eld-11', 'ppc-2', 'ppc-3', 'ppc-4', 'ppc-5', 'txt-1', 'txt-2']);

const separators = String.raw`\\s.,:;\'"/|?!@#$%&*()\\[\\]{}`;

/** fhirpath.js refuses escapes that Unicode patterns do not have (eld), and finds no System.Boolean in FHIR's (que-7). */
const corrected: Readonly<Record<string, string>> = {
  'eld-16': String.raw`sliceName.empty() or sliceName.matches('^[a-zA-Z0-9/\\-_\\[\\]@]+$')`,
  'eld-19': String.raw`path.matches('[^${separators}]{1,64}(\\.[^${separators}]{1,64}(\\[x\\])?(:[^\\s.]+)?)*')`,
  'eld-20': String.raw`path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x\\])?)*')`,
  'que-7': "operator = 'exists' implies (answer is boolean)",
};

type Evaluate = (value: object, environment: Record<string, unknown>) => unknown[];

/** The test of an invariant at a type or backbone path; undefined for those that nothing is to be evaluated of. */
export function rareInvariant(key: string, node: string): InvariantTest | undefined {
  const invariant = invariantOf(key);
  if (invariant === undefined || left.has(key)) return undefined;
  const expression = corrected[key] ?? invariant.expression;
  let evaluate: Evaluate | undefined;
  return (value, { resource, root }) => {
    evaluate ??= compile(expression, node);
    return holds(evaluate, value, { resource, rootResource: root });
  };
}

/** Empty is no failure, nor is a value of a wrong structure, which is an error of its own. */
function holds(evaluate: Evaluate, value: object, environment: Record<string, unknown>): boolean {
  try {
    const [result, ...more] = evaluate(value, environment);
    return more.length > 0 || result !== false;
  } catch {
    return true;
  }
}

interface Engine {
  readonly fhirpath: typeof import('fhirpath');
  readonly model: Model;
}

let engine: Engine | undefined;

function compile(expression: string, node: string): Evaluate {
  engine ??= load();
  const path = isResourceType(node) ? expression : { base: node, expression };
  // Without a traceFn, trace() in R4's own expressions prints to the console.
  return engine.fhirpath.compile(path as string, engine.model, { traceFn: () => {} }) as Evaluate;
}

function load(): Engine {
  const require = createRequire(import.meta.url);
  return { fhirpath: require('fhirpath'), model: require('fhirpath/fhir-context/r4') };
}
