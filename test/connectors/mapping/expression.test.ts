/**
 * Compiled expressions give jsonata's result or jsonata's error code (protocols/r4.md §A). When several items of one list
 * constructor fail, jsonata reports whichever promise rejects first, the compiler the first in order: not compared.
 */
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileExpression, contextOf } from '../../../src/connectors/mapping/expression.ts';
import { pick, type Random, randomOf } from '../../support/random.ts';
import { planted, randomExpression } from './expressions.ts';
import { randomRecord, randomValue } from './inputs.ts';

const own = {
  own: (value: unknown, second: unknown) => {
    if (value === null) throw Object.assign(new Error('no'), { code: 'M1' });
    return value === undefined ? second : typeof value === 'object' ? value : String(value);
  },
};

interface Tally {
  compared: number;
  failures: number;
  values: number;
  mismatches: string[];
}

async function compare(text: string, inputs: readonly string[], tally: Tally): Promise<void> {
  const oracle = jsonata(text);
  oracle.registerFunction('own', own.own);
  const mine = compileExpression(text, own);
  for (const input of inputs) {
    const wanted = await outcomeOf(() => oracle.evaluate(JSON.parse(input)));
    const record = JSON.parse(input);
    const got = await outcomeOf(() => mine.evaluate(contextOf(record), record));
    tally.compared++;
    if (wanted.startsWith('!')) tally.failures++;
    else if (wanted !== 'nothing') tally.values++;
    if (wanted !== got) tally.mismatches.push(`${text} on ${input}: jsonata ${wanted}, compiled ${got}`);
    if (JSON.stringify(record) !== input) tally.mismatches.push(`${text} changed its input ${input}`);
  }
}

async function outcomeOf(run: () => unknown): Promise<string> {
  try {
    const value = await run();
    return value === undefined ? 'nothing' : `${typeof value} ${JSON.stringify(value)}`;
  } catch (error) {
    return `!${(error as { code?: string }).code ?? (error as Error).constructor.name}`;
  }
}

function inputsOf(random: Random, count: number): string[] {
  const texts = Array.from({ length: count }, () =>
    JSON.stringify(random() < 0.9 ? randomRecord(random, 3) : randomValue(random, 3)),
  );
  return [...texts, '{}', '[]', 'null', '{"a":[]}', '{"a":null}', '{"a":[{"b":1}]}', '{"a":[{"b":[1,2]},{"b":3}]}'];
}

describe('compiled expressions', () => {
  it('equal jsonata on the planted expressions', { timeout: 120_000 }, async () => {
    const random = randomOf(20261201);
    const inputs = inputsOf(random, 700);
    const tally: Tally = { compared: 0, failures: 0, values: 0, mismatches: [] };
    for (const text of planted) await compare(text, inputs, tally);
    expect(tally.mismatches.slice(0, 10)).toEqual([]);
    expect(tally.compared).toBeGreaterThanOrEqual(100_000);
    expect(tally.failures).toBeGreaterThan(5_000);
    expect(tally.values).toBeGreaterThan(30_000);
  });

  it('equal jsonata on random expressions', { timeout: 120_000 }, async () => {
    const random = randomOf(4711);
    const inputs = inputsOf(random, 300);
    const tally: Tally = { compared: 0, failures: 0, values: 0, mismatches: [] };
    for (let i = 0; i < 2_000; i++) {
      const sample = Array.from({ length: 15 }, () => pick(random, inputs));
      await compare(randomExpression(random, 1 + (i % 3)), sample, tally);
    }
    expect(tally.mismatches.slice(0, 10)).toEqual([]);
    expect(tally.values).toBeGreaterThan(5_000);
  });
});

describe('refused expressions', () => {
  it.each([
    ['$eval("1")', '$eval is not allowed; allowed are $boolean'],
    ['$now()', '$now is not allowed'],
    ['$millis()', '$millis is not allowed'],
    ['$random()', '$random is not allowed'],
    ['a ~> $eval', '$eval is not allowed'],
    ['$lenght(a)', '$lenght is not allowed'],
    ['$constructor(a)', '$constructor is not allowed'],
    ['a b', 'syntax error'],
    ['a & ', 'syntax error'],
    ['(a', 'syntax error'],
  ])('%s is refused with a sentence', (text, sentence) => {
    expect(() => compileExpression(text, own)).toThrow(sentence);
  });

  it.each([
    'a^(b)',
    'a{b: c}',
    '{"a": b}',
    '*',
    '**',
    'a.%.b',
    '[1..3]',
    '($x := a; $x)',
    'a@$x.b',
    'a#$i.b',
    '/x/',
    'a ~> |b|{}|',
  ])('%s is left to jsonata', (text) => {
    expect(() => compileExpression(text, own)).toThrow(expect.objectContaining({ slowOnly: true }));
  });
});
