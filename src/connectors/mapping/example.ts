/** Examples of a mapping folder: golden tests of both directions, and the proof that every expression gives a value. */
import type { MisRecord } from '../connector.ts';
import { firstDifference } from './difference.ts';
import type { Report } from './problem.ts';
import type { FhirResource } from './resource.ts';

/** Ids in examples are of this clinic, local times of this zone. */
export const exampleContext = { clinic: 'example', zone: 'Europe/Moscow' } as const;

export type Example =
  | {
      readonly file: string;
      readonly kind: string;
      readonly input: MisRecord;
      readonly expect: readonly FhirResource[];
    }
  | { readonly file: string; readonly toMis: string; readonly input: MisRecord; readonly expect: MisRecord };

const shapes =
  '{"kind": …, "record": {…}, "expect": [resources]} or {"toMis": "Appointment", "input": {…}, "expect": {…}}';

/** @returns undefined for a file that is not an example; the reason is reported */
export function readExample(file: string, text: string, report: Report): Example | undefined {
  const json = parse(file, text, report);
  if (json === undefined) return undefined;
  const { kind, record, toMis, input, expect } = json;
  if (typeof kind === 'string' && isObject(record) && Array.isArray(expect) && expect.every(isObject))
    return { file, kind, input: record, expect: expect as unknown as readonly FhirResource[] };
  if (typeof toMis === 'string' && isObject(input) && isObject(expect)) return { file, toMis, input, expect };
  report({ file, path: '(example)' }, `must hold ${shapes}`);
  return undefined;
}

function parse(file: string, text: string, report: Report): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (isObject(json)) return json;
    report({ file, path: '(example)' }, `must hold ${shapes}`);
  } catch (error) {
    report({ file, path: '(JSON)' }, `syntax: ${(error as Error).message}`);
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Compares resources with the expected ones type by type, in order; an `id` that is not expected is not compared. */
export function compareResources(
  file: string,
  expected: readonly FhirResource[],
  actual: readonly FhirResource[],
  report: Report,
): void {
  const types = new Set([...expected, ...actual].map((resource) => resource.resourceType));
  for (const type of types) {
    const wanted = expected.filter((resource) => resource.resourceType === type);
    const made = actual.filter((resource) => resource.resourceType === type);
    for (let i = 0; i < Math.max(wanted.length, made.length); i++)
      compareValues(file, type, wanted[i], wanted[i]?.id === undefined ? withoutId(made[i]) : made[i], report);
  }
}

function withoutId(resource: FhirResource | undefined): unknown {
  return resource === undefined
    ? undefined
    : Object.fromEntries(Object.entries(resource).filter(([name]) => name !== 'id'));
}

export function compareValues(file: string, path: string, expected: unknown, actual: unknown, report: Report): void {
  const difference = firstDifference(expected, actual);
  if (difference === undefined) return;
  const [wanted, made] = [difference.expected, difference.actual].map((v) =>
    v === undefined ? 'nothing' : JSON.stringify(v),
  );
  report(
    { file, path: path + difference.path },
    `the example expects ${wanted}, the mapping gives ${made}: correct the mapping or the example`,
  );
}

/** Names of all fields at any depth. */
export function* namesWithin(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (!Array.isArray(value)) yield name;
    yield* namesWithin(part);
  }
}
