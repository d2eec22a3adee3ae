/** The validator looks at each value a bounded number of times, whatever the shape: reads are counted, not seconds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementsOf, resourceTypes } from '../../src/r4/table.ts';
import { validate } from '../../src/r4/validate.ts';
import { randomOf } from '../support/random.ts';
import { type Generated, generateResource } from './generate.ts';

interface Counter {
  reads: number;
}

/** The same value, counting every member that is read or listed. */
function counted(value: unknown, counter: Counter, known = new WeakMap<object, object>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const proxy = new Proxy(value, {
    get(of, key, receiver) {
      counter.reads++;
      return counted(Reflect.get(of, key, receiver), counter, known);
    },
    ownKeys(of) {
      const keys = Reflect.ownKeys(of);
      counter.reads += keys.length;
      return keys;
    },
  });
  known.set(value, proxy);
  return proxy;
}

function readsOf(value: unknown): number {
  const counter = { reads: 0 };
  validate(counted(value, counter), { warnings: true, maxEffort: -1, maxIssues: 1_000_000 });
  return counter.reads;
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, member) => sum + sizeOf(member), 1);
}

/** Every list has `n` items, the first of which has lists of `n` items in turn. */
function widened(value: unknown, n: number): unknown {
  if (Array.isArray(value))
    return [widened(value[0], n), ...Array.from({ length: n - 1 }, () => structuredClone(value[0]))];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, widened(member, n)]));
}

/** Has every element that a type has, so that every invariant has something to look at. */
function wholeResource(type: string, seed: number): Generated {
  const made = Array.from({ length: 6 }, (_, i) => generateResource(randomOf(seed * 100 + i), type));
  const whole = Object.assign({}, ...made) as Generated;
  const choices = new Set<string>();
  for (const { name, choice } of elementsOf(type)!.values())
    if (choice !== undefined && name in whole) {
      if (choices.has(choice)) delete whole[name];
      choices.add(choice);
    }
  return whole;
}

test.each([...resourceTypes])('a wide %s takes as long as it is large', (type) => {
  const resource = wholeResource(type, 1);
  const [narrow, wide] = [widened(resource, 10), widened(resource, 80)];
  const growth = readsOf(wide) / readsOf(narrow);
  expect(growth, JSON.stringify(resource).slice(0, 300)).toBeLessThan((1.5 * sizeOf(wide)) / sizeOf(narrow));
});

test('references to what is contained, entries and codings, each with all others', () => {
  const list = <T>(n: number, item: (i: number) => T) => Array.from({ length: n }, (_, i) => item(i));
  const shapes: ((n: number) => object)[] = [
    (n) => ({
      resourceType: 'Patient',
      contained: list(n, (i) => ({ resourceType: 'Organization', id: `o${i}`, name: 'a' })),
      generalPractitioner: list(n, (i) => ({ reference: `#o${n - i}` })),
    }),
    (n) => ({
      resourceType: 'Bundle',
      type: 'document',
      identifier: { system: 'urn:a', value: 'b' },
      timestamp: '2026-12-01T06:00:00Z',
      entry: list(n, (i) => ({
        fullUrl: `http://a/List/${i}`,
        resource: {
          resourceType: 'List',
          id: `${i}`,
          entry: [{ item: { reference: `List/${(i + 1) % n}` } }],
        },
      })),
    }),
    (n) => ({
      resourceType: 'Observation',
      valueString: 'a',
      code: { coding: list(n, (i) => ({ system: 'urn:a', code: `${i}` })) },
      component: list(n, (i) => ({ code: { coding: [{ system: 'urn:b', code: `${i}` }] } })),
    }),
    (n) => ({
      resourceType: 'Bundle',
      type: 'searchset',
      link: list(n, (i) => ({ relation: `r${i}`, url: 'http://a' })),
    }),
  ];
  for (const shape of shapes) expect(readsOf(shape(400)) / readsOf(shape(50))).toBeLessThan(12);
});

test('wild JSON, deep and wide', () => {
  const key = fc.constantFrom(
    'contained',
    'entry',
    'resource',
    'extension',
    'name',
    'coding',
    'code',
    'item',
    'part',
    'value',
    'id',
    'x',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 12 },
      fc.constantFrom(null, true, 0, '', '#', '#x', 'Patient', 'x'),
      fc.array(tie('tree'), { maxLength: 12 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 8 }),
      fc.record({ resourceType: fc.constantFrom(...resourceTypes), contained: tie('tree'), entry: tie('tree') }),
    ),
  }));
  fc.assert(
    fc.property(fc.constantFrom(...resourceTypes), fc.dictionary(key, tree), (resourceType, members) => {
      const resource = JSON.parse(JSON.stringify({ ...members, resourceType })) as object;
      expect(readsOf(resource)).toBeLessThan(200 + 60 * sizeOf(resource));
    }),
    { numRuns: 300 },
  );
});
