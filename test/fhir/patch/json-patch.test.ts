/** JSON Patch over resources, against RFC 6902 and, where it is right, the library rfc6902. */
import fc from 'fast-check';
import { applyPatch as oracle } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import { Fault } from '../../../src/fault.ts';
import { applyJsonPatch } from '../../../src/fhir/patch/json-patch.ts';

const document = { list: ['a', 'b', 'c'], object: { key: 1, 'a/b': 2, 'm~n': 3 }, text: 'text', nothing: null };

function outcome(patch: unknown, on: unknown = document): unknown {
  try {
    return applyJsonPatch(on, patch);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.status} ${error.details.expression ?? ''}`.trim();
  }
}

const one = (op: string, path: string, rest: object = {}) => [{ op, path, ...rest }];

describe('each operation', () => {
  test.each([
    ['add a member', one('add', '/new', { value: 1 }), { ...document, new: 1 }],
    ['add over a member', one('add', '/text', { value: [] }), { ...document, text: [] }],
    ['add into a list', one('add', '/list/1', { value: 'x' }), { ...document, list: ['a', 'x', 'b', 'c'] }],
    ['add at its end', one('add', '/list/3', { value: 'x' }), { ...document, list: ['a', 'b', 'c', 'x'] }],
    ['add behind its end', one('add', '/list/-', { value: 'x' }), { ...document, list: ['a', 'b', 'c', 'x'] }],
    ['add null', one('add', '/new', { value: null }), { ...document, new: null }],
    ['replace the whole', one('replace', '', { value: { id: 1 } }), { id: 1 }],
    ['remove a member', one('remove', '/text'), { list: document.list, object: document.object, nothing: null }],
    ['remove an item', one('remove', '/list/0'), { ...document, list: ['b', 'c'] }],
    ['replace null', one('replace', '/nothing', { value: 1 }), { ...document, nothing: 1 }],
    [
      'replace with escapes',
      one('replace', '/object/a~1b', { value: 0 }),
      { ...document, object: { ...document.object, 'a/b': 0 } },
    ],
    ['copy', one('copy', '/new', { from: '/list/2' }), { ...document, new: 'c' }],
    ['move backwards', one('move', '/list/0', { from: '/list/2' }), { ...document, list: ['c', 'a', 'b'] }],
    ['move onto itself', one('move', '/list/1', { from: '/list/1' }), document],
    ['test a tilde', one('test', '/object/m~0n', { value: 3 }), document],
    ['test without order of members', one('test', '/object', { value: { 'm~n': 3, 'a/b': 2, key: 1 } }), document],
    ['no operation', [], document],
  ])('%s', (_name, patch, expected) => {
    expect(outcome(patch)).toEqual(expected);
  });
});

describe('refused with the operation', () => {
  const bad = '400 http.body[0]';
  const unfit = '422 http.body[0]';
  test.each([
    ['not a list', { op: 'add' }, '400'],
    ['not an object', ['add'], bad],
    ['another op', one('merge', '/text'), `${bad}.op`],
    ['an inherited op', one('toString', '/text'), `${bad}.op`],
    ['no value', one('add', '/text'), `${bad}.value`],
    ['no path', [{ op: 'remove' }], `${bad}.path`],
    ['a path without slash', one('remove', 'text'), `${bad}.path`],
    ['a lone tilde', one('remove', '/te~xt'), `${bad}.path`],
    ['__proto__', one('add', '/__proto__/polluted', { value: 1 }), `${bad}.path`],
    ['no from', one('copy', '/new'), `${bad}.from`],
    ['into itself', one('move', '/object/key/deep', { from: '/object' }), `${bad}.from`],
    ['a parent that is not there', one('add', '/none/new', { value: 1 }), `${unfit}.path`],
    ['a parent that is null', one('add', '/nothing/new', { value: 1 }), `${unfit}.path`],
    ['a parent that is a text', one('add', '/text/0', { value: 1 }), `${unfit}.path`],
    ['an inherited member', one('remove', '/toString'), `${unfit}.path`],
    ['the length of a list', one('replace', '/list/length', { value: 0 }), `${unfit}.path`],
    ['a leading zero', one('replace', '/list/01', { value: 0 }), `${unfit}.path`],
    ['beyond the end', one('add', '/list/4', { value: 0 }), `${unfit}.path`],
    ['the end as an item', one('replace', '/list/-', { value: 0 }), `${unfit}.path`],
    ['a negative index', one('remove', '/list/-1'), `${unfit}.path`],
    ['nothing to remove', one('remove', '/none'), `${unfit}.path`],
    ['nothing to copy', one('copy', '/new', { from: '/none' }), `${unfit}.from`],
    ['another value', one('test', '/text', { value: 'other' }), unfit],
    ['a number for a text', one('test', '/object/key', { value: '1' }), unfit],
    ['a longer list', one('test', '/list', { value: ['a', 'b', 'c', 'd'] }), unfit],
    ['an object for a list', one('test', '/list', { value: { 0: 'a', 1: 'b', 2: 'c' } }), unfit],
  ])('%s', (_name, patch, expected) => {
    expect(outcome(patch)).toBe(expected);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('the third operation', () => {
    const [ok] = one('test', '/text', { value: 'text' });
    expect(outcome([ok, ok, { op: 'remove', path: '/none' }])).toBe('422 http.body[2].path');
  });
});

test('a failed operation leaves the document as it was, and so does one that succeeds', () => {
  const before = structuredClone(document);
  outcome([...one('remove', '/list/0'), ...one('remove', '/none')]);
  const after = applyJsonPatch(document, one('add', '/object/new', { value: {} })) as typeof document;
  after.list.push('x');
  expect(document).toEqual(before);
});

test('what was added or copied is not shared with the patch or its origin', () => {
  const patch = [
    { op: 'add', path: '/new', value: { list: [] } },
    { op: 'copy', from: '/new', path: '/other' },
    { op: 'add', path: '/other/list/-', value: 1 },
  ];
  expect(outcome(patch, {})).toEqual({ new: { list: [] }, other: { list: [1] } });
  expect(patch[0]!.value).toEqual({ list: [] });
});

/** As a parser may keep a decimal. */
class Digits extends Number {}

test('decimals keep their digits and are compared as numbers', () => {
  const price = new Digits('1.10');
  expect(outcome(one('test', '/price', { value: 1.1 }), { price })).toEqual({ price });
  expect(outcome(one('test', '/price', { value: 1.11 }), { price })).toBe('422 http.body[0]');
});

describe('bounds', () => {
  test('copies of copies', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '', path: `/c${i}` }));
    expect(outcome(doubling, { text: 'x' })).toBe('413');
  });

  test('copies of one long text', () => {
    const copies = Array.from({ length: 100 }, (_, i) => ({ op: 'copy', from: '/text', path: `/c${i}` }));
    expect(outcome(copies, { text: 'x'.repeat(100_000) })).toBe('413');
  });

  test('moves of a large list', () => {
    const large = { a: Array.from({ length: 20_000 }, () => 0) };
    const there = [0, 1].map((i) => ({ op: 'move', from: `/${'ab'[i]}`, path: `/${'ba'[i]}` }));
    expect(outcome(Array.from({ length: 500 }, () => there).flat(), large)).toBe('413');
  });

  test('depth', () => {
    let deep: unknown = 0;
    for (let i = 0; i < 5000; i++) deep = [deep];
    expect(outcome([{ op: 'add', path: '/a', value: deep }], {})).toBe('413');
    expect(outcome(one('remove', '/a'.repeat(65)))).toBe('400 http.body[0].path');
  });

  test('operations', () => {
    expect(outcome(Array.from({ length: 1001 }, () => one('test', '/text', { value: 'text' })[0]))).toBe('413');
  });
});

const pointers = fc.constantFrom('/a', '/b', '/c~1d', '/a/0', '/a/1', '/a/2', '/a/-', '/b/a', '/b/0', '/b/a/0', '/new');
const values = fc.oneof(fc.integer({ max: 3 }), fc.constant(null), fc.constant([1]), fc.constant({ a: [2] }));
const lists = fc.array(values, { minLength: 1, maxLength: 3 });
const documents = fc.record(
  { a: lists, b: fc.record({ a: lists, 0: values }), 'c/d': values },
  { noNullPrototype: true },
);
const operations = fc.record({
  op: fc.constantFrom('add', 'remove', 'replace', 'copy', 'move', 'test'),
  path: pointers,
  from: pointers,
  value: values,
});

test('what we do, the library does as well', () => {
  let applied = 0;
  fc.assert(
    fc.property(documents, fc.array(operations, { maxLength: 3 }), (given, patch) => {
      const ours = outcome(patch, given);
      if (typeof ours === 'string') return;
      // Generated values may be one object in two places, which JSON has not.
      const parsed = <T>(value: T): T => JSON.parse(JSON.stringify(value));
      const theirs = parsed(given);
      const errors = oracle(theirs, parsed(patch) as Parameters<typeof oracle>[1]);
      expect(errors.filter((error) => error !== null)).toEqual([]);
      expect(JSON.parse(JSON.stringify(theirs))).toEqual(JSON.parse(JSON.stringify(ours)));
      if (patch.length > 0) applied++;
    }),
    { numRuns: 3000 },
  );
  expect(applied).toBeGreaterThan(100);
});
