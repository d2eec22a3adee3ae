/** What a ValueSet's `compose` means. */
import { describe, expect, test } from 'vitest';
import { Fault } from '../../../src/fault.ts';
import { codesOfSet } from '../../../src/fhir/terminology/expansion.ts';
import type { Json } from '../../../src/r4/json.ts';

const colours = {
  url: 'colours',
  content: 'complete',
  concept: [
    { code: 'red', display: 'Red', property: [{ code: 'warm', valueBoolean: true }] },
    {
      code: 'blue',
      display: 'Blue',
      property: [{ code: 'warm', valueBoolean: false }],
      concept: [{ code: 'navy', property: [{ code: 'inactive', valueBoolean: true }] }],
    },
  ],
};

const known: Readonly<Record<string, Json>> = {
  'CodeSystem colours': colours,
  'CodeSystem words': { url: 'words', content: 'not-present' },
  'ValueSet warm': { compose: { include: [{ system: 'colours', concept: [{ code: 'red' }] }] } },
  'ValueSet loop': { compose: { include: [{ valueSet: ['loop'] }] } },
};

function codes(compose: object): string[] | string {
  try {
    const found = codesOfSet({ compose } as Json, (type, url) => known[`${type} ${url}`]);
    return found.map(({ code, display }) => (display === undefined ? code : `${code} ${display}`));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.status} ${error.details.code ?? error.kind}`;
  }
}

const system = 'colours';
const filtered = (property: string, op: string, value: string) =>
  codes({ include: [{ system, filter: [{ property, op, value }] }] });

test.each([
  ['a whole system, children too', { include: [{ system }] }, ['red Red', 'blue Blue', 'navy']],
  [
    'named codes, with the displays of the system',
    { include: [{ system, concept: [{ code: 'blue' }] }] },
    ['blue Blue'],
  ],
  ['a display of its own', { include: [{ system, concept: [{ code: 'blue', display: 'B' }] }] }, ['blue B']],
  ['named codes of a system that is not known', { include: [{ system: 'x', concept: [{ code: 'y' }] }] }, ['y']],
  ['another value set', { include: [{ valueSet: ['warm'] }] }, ['red Red']],
  ['system and value set: both', { include: [{ system, valueSet: ['warm'] }] }, ['red Red']],
  [
    'two parts: either, each code once',
    { include: [{ valueSet: ['warm'] }, { system, concept: [{ code: 'red' }] }] },
    ['red Red'],
  ],
  ['without', { include: [{ system }], exclude: [{ valueSet: ['warm'] }] }, ['blue Blue', 'navy']],
  ['without those no longer used', { include: [{ system }], inactive: false }, ['red Red', 'blue Blue']],
  ['a system that is not known', { include: [{ system: 'x' }] }, '422 not-found'],
  ['a version that is not known', { include: [{ system, version: '2' }] }, '422 not-found'],
  ['a system without codes here', { include: [{ system: 'words' }] }, '422 not-found'],
  ['a value set that is not known', { include: [{ valueSet: ['x'] }] }, '422 not-found'],
  ['a value set within itself', { include: [{ valueSet: ['loop'] }] }, '422 not-found'],
  ['nothing', { include: [{}] }, '422 invalid-content'],
])('%s', (_name, compose, expected) => {
  expect(codes(compose)).toEqual(expected);
});

test('no compose', () => {
  expect(() => codesOfSet({}, () => undefined)).toThrow(/compose/);
});

describe('filters', () => {
  test.each([
    ['warm', '=', 'true', ['red Red']],
    ['code', 'in', 'navy,red', ['red Red', 'navy']],
    ['display', 'not-in', 'Red', ['blue Blue', 'navy']],
    ['warm', 'exists', 'false', ['navy']],
    ['concept', 'is-a', 'blue', '400 not-supported'],
  ])('%s %s %s', (property, op, value, expected) => {
    expect(filtered(property, op, value)).toEqual(expected);
  });

  test('several: all', () => {
    const filter = [
      { property: 'warm', op: 'exists', value: 'true' },
      { property: 'code', op: '=', value: 'blue' },
    ];
    expect(codes({ include: [{ system, filter }] })).toEqual(['blue Blue']);
  });
});

test('what costs too much is refused, however small each part', () => {
  const include = Array.from({ length: 10_000 }, () => ({ system }));
  expect(codes({ include })).toBe('422 too-costly');
  expect(codes({ include: Array.from({ length: 25_000 }, () => ({ valueSet: ['warm'] })) })).toBe('422 too-costly');
});
