/**
 * Our validator against HL7's own, by its published test cases (hl7.ts). Runs with `FHIR_TEST_CASES=<checkout of
 * github.com/FHIR/fhir-test-cases>`; the cases are not part of this repository. What is told here is of commit 2dee8a0f.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/r4/json-reader.ts';
import { type Issue, validate } from '../../src/r4/validate.ts';
import { readXml } from '../../src/r4/xml/read.ts';
import { casesFolder } from '../support/hl7-cases.ts';
import { chooseCases } from './hl7.ts';

/** Name → why we see it otherwise, and mean to. */
const { verdict, place } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'hl7-disagreements.json'), 'utf8'),
) as Record<'verdict' | 'place', object>;

const cases = casesFolder === undefined ? [] : chooseCases(casesFolder);
const judged = cases.map((c) => ({ ...c, ours: errorsOf(c.file, c.text) }));
const agreed = judged.filter((j) => j.ours.length > 0 === j.errors.length > 0);
const refused = agreed.filter((j) => j.errors.length > 0);
const placed = refused.filter((j) => j.errors.some((e) => j.ours.some((o) => isNear(e.place, o.expression))));

function errorsOf(file: string, text: string): Pick<Issue, 'expression' | 'text'>[] {
  const { value, issues } = file.endsWith('.xml') ? readXml(text) : readJson(text);
  // Where the text cannot be read has seldom an element to be compared.
  return issues.length > 0
    ? [{ expression: '', text: issues[0]!.text }]
    : validate(value).filter((i) => i.severity === 'error');
}

/** One is told of the element and the other of what holds it, or of what it holds. */
function isNear(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`) || b === '';
}

describe.runIf(casesFolder !== undefined)("HL7's cases of its validator", () => {
  test('we agree with HL7, or say why not', () => {
    expect(cases.length).toBeGreaterThan(130);
    console.log(`agree ${agreed.length} of ${cases.length}`);
    console.log(`of ${refused.length} that both refuse, ${placed.length} for an error at the same place`);
    const others = judged.filter((j) => !agreed.includes(j));
    const told = others.map((j) => [j.name, j.errors.map((e) => `${e.place}: ${e.text}`), j.ours.map((o) => o.text)]);
    expect(others.map((j) => j.name).sort(), JSON.stringify(told, null, 1)).toEqual(Object.keys(verdict).sort());
  });

  test('what both refuse is refused at the same place', () => {
    const elsewhere = refused.filter((j) => !placed.includes(j));
    const told = elsewhere.map((j) => [j.name, j.errors.map((e) => e.place), j.ours.map((o) => o.expression)]);
    expect(elsewhere.map((j) => j.name).sort(), JSON.stringify(told, null, 1)).toEqual(Object.keys(place).sort());
  });
});
