import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Decimal, decimalOf, decimalValue } from '../../src/r4/decimal.ts';
import { parseKept, readJson } from '../../src/r4/json-reader.ts';
import { validate } from '../../src/r4/validate.ts';

const says = (text: string, options = {}) => {
  const { value, issues } = readJson(text, options);
  expect(value).toBeUndefined();
  expect(issues).toHaveLength(1);
  return `${issues[0]!.code} ${issues[0]!.text}`;
};

test('what JSON.parse reads is read the same', () => {
  const written = fc.json({ maxDepth: 6 }).map((json) => [json, JSON.stringify(JSON.parse(json), null, 3)]);
  fc.assert(
    fc.property(written, (texts) => {
      for (const text of texts) {
        if (text.includes('"__proto__"')) continue;
        const { value, issues } = readJson(text);
        expect(issues).toEqual([]);
        expect(JSON.parse(JSON.stringify(value))).toEqual(JSON.parse(text));
      }
    }),
    { numRuns: 2000, seed: 11 },
  );
});

test('what JSON.parse refuses is refused, and nothing else', () => {
  const pieces = fc.constantFrom(
    ...'{}[]:,"\\ \n\t-+.eE0123u',
    'true',
    'false',
    'null',
    '"a"',
    '"a":',
    '1.5',
    '\u0001',
    'é',
    '\ud800',
    '\\u00e9',
    '\\x',
    '\u00a0',
    '\ufeff',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
      const text = list.join('');
      const { issues } = readJson(text);
      const isRefused = issues.length > 0 && !issues[0]!.text.includes('twice');
      expect(isRefused, text).toBe(!parses(text));
    }),
    { numRuns: 20_000, seed: 12 },
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('is refused with its place', () => {
  test.each([
    [
      'a member given twice',
      '{"resourceType":"Patient",\n"name":[{"family":"A","given":["B"],\n"family":"C"}]}',
      'structure Patient.name[0] has "family" twice (line 3); keep one.',
    ],
    ['a member twice in other letters', '{"a":1,"\\u0061":2}', 'structure Resource has "a" twice (line 1); keep one.'],
    ['a name that is none', '{"a b":1,"a b":2}', 'structure Resource has a member twice (line 1); keep one.'],
    [
      '__proto__',
      '{"resourceType":"Patient","name":[{"__proto__":{"x":1}}]}',
      'structure Patient.name[0] has a member "__proto__", which R4 does not have (line 1); remove it.',
    ],
    [
      '__proto__ in other letters',
      '{"\\u005f_proto__":1}',
      'structure Resource has a member "__proto__", which R4 does not have (line 1); remove it.',
    ],
    ['nothing', '', 'structure Resource: the body is empty; send JSON.'],
    ['blanks', ' \n ', 'structure Resource: the body is empty; send JSON.'],
    [
      'half of it',
      '{"resourceType":"Patient","name":[',
      'structure Patient.name[0]: this is not JSON at line 1, column 35.',
    ],
    ['something after it', '{}\n {}', 'structure Resource: this is not JSON at line 2, column 2.'],
    ['a comma too many', '{"a":[1,]}', 'structure Resource.a[1]: this is not JSON at line 1, column 9.'],
    ['XML', '<Patient/>', 'structure Resource: this is not JSON at line 1, column 1.'],
  ])('%s', (_name, text, message) => {
    expect(says(text)).toBe(message);
  });

  test('nesting', () => {
    expect(says('['.repeat(1_000_000))).toContain('too-long Resource[0][0]');
    expect(says(`${'{"a":'.repeat(1_000_000)}`)).toContain('is nested deeper than 160 levels');
    expect(readJson(`${'['.repeat(160)}${']'.repeat(160)}`).issues).toEqual([]);
  });

  test('values without number', () => {
    expect(says(`[${'1,'.repeat(600_000)}1]`)).toContain('holds too many values');
  });
});

test('a long text with an escape in every letter is read', () => {
  const text = JSON.stringify('"\\\n'.repeat(500_000));
  expect(readJson(text).value).toBe(JSON.parse(text));
});

describe('decimals', () => {
  test.each(['1.10', '0.0', '12345678901234567890', '0.1234567890123456789', '1e3', '1E+3', '-0', '-0.0', '100.0'])(
    '%s keeps its digits and is a number all the same',
    (text) => {
      const value = (readJson(`{"a":${text}}`).value as { a: Decimal }).a;
      expect(value).toBeInstanceOf(Decimal);
      expect(JSON.stringify({ value })).toBe(`{"value":${text}}`);
      expect(JSON.stringify([value], null, 1)).toBe(`[\n ${text}\n]`);
      expect(String(value)).toBe(text);
      expect(decimalValue(value)).toBe(Number(text));
      expect(Number(value) + 1).toBe(Number(text) + 1);
    },
  );

  test.each(['0', '1', '1.5', '-2.25', '1e+21', '0.1'])('%s is an ordinary number', (text) => {
    expect(decimalOf(text)).toBe(Number(text));
  });

  const quantity = (text: string) =>
    readJson(`{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"urn:x","valueDecimal":${text}}]}`).value;

  test.each(['1.10', '12345678901234567890.5', '1e-7', '0.0'])('%s is a decimal of R4', (text) => {
    expect(validate(quantity(text))).toEqual([]);
  });

  test.each(['1e400', '-1e999', `0.${'1'.repeat(70)}`])('%s is none', (text) => {
    expect(validate(quantity(text))).toMatchObject([{ code: 'value', expression: 'Basic.extension[0].value' }]);
  });

  test.each(['1.0', '1e0', '-0'])('%s is no integer', (text) => {
    const { value } = readJson(`{"resourceType":"Patient","multipleBirthInteger":${text}}`);
    expect(validate(value)).toMatchObject([{ code: 'value', expression: 'Patient.multipleBirth' }]);
  });

  test('one in the place of something else is refused', () => {
    for (const member of [
      '"name":1.10',
      '"name":[1.10]',
      '"active":1.10',
      '"contained":[1.10]',
      '"gender":1.10',
      '"_gender":1.10',
    ])
      expect(validate(readJson(`{"resourceType":"Patient",${member}}`).value), member).not.toEqual([]);
  });
});

test('what is kept is parsed with its digits', () => {
  for (const text of [
    '{"a":1.10}',
    '{"a":[1,2.50]}',
    '{"a" : -1e3}',
    '{"a":12345678901234567890}',
    '{"a":-0}',
    '[0.10]',
  ])
    expect(JSON.stringify(parseKept(text))).toBe(text.replaceAll(' ', ''));
  expect(parseKept('{"lastUpdated":"2026-11-21T18:15:35.057Z","a":[1,2],"b":"a,1.10"}')).toEqual({
    lastUpdated: '2026-11-21T18:15:35.057Z',
    a: [1, 2],
    b: 'a,1.10',
  });
});
