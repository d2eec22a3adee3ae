/** Weights and grades of $match, without a database. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { personOf } from '../../../src/fhir/match/person.ts';
import { grades, isOneEdit, prior, scoreOf, weights } from '../../../src/fhir/match/score.ts';
import { identifierSystems } from '../../../src/r4/identifier.ts';
import type { Json } from '../../../src/r4/json.ts';
import { root } from '../../support/process.ts';

const snils = { system: identifierSystems.snils, value: '000-000-600 04' };
const mostov = {
  name: [{ family: 'Мостов', given: ['Пётр', 'Ильич'] }],
  birthDate: '1980-05-07',
  gender: 'male',
  telecom: [{ system: 'phone', value: '+7 (900) 000-00-01' }],
  identifier: [snils],
};

const gradeOf = (asked: Json, found: Json) => scoreOf(personOf(asked), personOf(found)).grade;

test('the same record', () => {
  expect(scoreOf(personOf(mostov), personOf(mostov))).toEqual({ score: 1, grade: 'certain' });
});

const { name, birthDate, telecom, identifier } = mostov;
const [{ given }] = name as [{ family: string; given: string[] }];

describe('what is known', () => {
  test.each([
    ['СНИЛС and birth date', { identifier, birthDate }, 'certain'],
    ['СНИЛС and a name in another spelling', { identifier, name: [{ text: 'МОСТОВ  Петр' }] }, 'certain'],
    ['СНИЛС alone', { identifier }, 'probable'],
    ['whole name and birth date', { name, birthDate }, 'certain'],
    [
      'name without patronymic, and birth date',
      { name: [{ family: 'мостов', given: ['Петр'] }], birthDate },
      'probable',
    ],
    ['family name and birth date', { name: [{ family: 'Мостов' }], birthDate }, 'possible'],
    ['name and phone', { name, telecom: [{ system: 'phone', value: '89000000001' }] }, 'probable'],
    ['first name and phone', { name: [{ given: ['Пётр'] }], telecom }, 'possible'],
    ['whole name', { name }, 'possible'],
    ['phone alone', { telecom }, undefined],
    ['birth date and phone', { birthDate, telecom }, 'probable'],
  ])('%s', (_what, asked, expected) => {
    expect(gradeOf(asked, mostov)).toBe(expected);
  });
});

describe('what differs', () => {
  test.each([
    ['a letter', { name: [{ family: 'Мастов', given }], birthDate }, 'probable'],
    ['letters in the other order', { name: [{ family: 'Мосотв', given }], birthDate }, 'probable'],
    ['initials', { name: [{ family: 'Мостов', given: ['П.', 'И.'] }], birthDate }, 'probable'],
    ['day and month', { name, birthDate: '1980-07-05' }, 'probable'],
    ['a digit of the year', { name, birthDate: '1981-05-07' }, 'probable'],
    ['the month is not known', { name, birthDate: '1980' }, 'probable'],
    ['a twin', { name: [{ family: 'Мостов', given: ['Павел', 'Ильич'] }], birthDate }, 'probable'],
    [
      'a father',
      { name: [{ family: 'Мостов', given: ['Илья', 'Петрович'] }], birthDate: '1955-01-02', telecom },
      undefined,
    ],
    ['a namesake', { name, birthDate: '1944-12-31' }, undefined],
    [
      'a namesake with another СНИЛС',
      { name, birthDate, identifier: [{ ...snils, value: '11223344595' }] },
      'probable',
    ],
    [
      'a sister of the same day',
      { name: [{ family: 'Мостова', given: ['Анна', 'Ильинична'] }], birthDate, gender: 'female' },
      undefined,
    ],
    ['a maiden name', { name: [{ family: 'Орлова', given }], birthDate, identifier }, 'probable'],
  ])('%s', (_what, asked, expected) => {
    expect(gradeOf(asked, { ...mostov })).toBe(expected);
  });

  test('another СНИЛС lowers the score', () => {
    const other = [{ ...snils, value: '11223344595' }];
    const score = (ids: object[]) => scoreOf(personOf({ name, identifier: ids }), personOf(mostov)).score;
    expect(score(other)).toBeLessThan(score([]));
  });
});

test('of several names the one that agrees', () => {
  const found = { ...mostov, name: [{ use: 'maiden', family: 'Орлов', given }, ...name] };
  expect(gradeOf({ name, birthDate }, found)).toBe('certain');
});

test('one edit', () => {
  expect([isOneEdit('abcd', 'abxd'), isOneEdit('abcd', 'abd'), isOneEdit('abcd', 'xabcd')]).toEqual([true, true, true]);
  expect([isOneEdit('abcd', 'acbd'), isOneEdit('abcd', 'badc'), isOneEdit('abcd', 'ab')]).toEqual([true, false, false]);
});

test('the page tells the weights as they are', () => {
  const page = readFileSync(join(root, 'docs/fhir-operations/match.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \|[^|]*\| (−?\d+) \| (−?\d+) \| (−?\d+) \|/gm)];
  const told = Object.fromEntries(rows.map(([, trait, ...w]) => [trait, w.map((n) => Number(n.replace('−', '-')))]));
  expect(told).toEqual(weights);
  expect(page).toContain(`less ${prior}`);
  for (const [grade, least] of Object.entries(grades)) expect(page).toContain(`| \`${grade}\` | ${least} |`);
});
