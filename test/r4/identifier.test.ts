/** Russian identifiers: check digits against the rules as they are written in regiz.md §5.3, systems, placing of issues. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aliases,
  canonicalSystem,
  checkIdentifiers,
  identifierSystems,
  isEnp,
  isSnils,
  normaliseIdentifier,
  normaliseSnils,
} from '../../src/r4/identifier.ts';

describe('СНИЛС', () => {
  test.each(['112-233-445 95', '11223344595', '123-456-789 64', '087-654-302 00', '112\u2011233\u2011445 95'])(
    '%s is right',
    (text) => {
      expect(isSnils(text)).toBe(true);
    },
  );

  test.each([
    '112-233-445 96',
    '112-233-445',
    '',
    '1122334459a',
    '000-000-000 00',
    '112-233-445 955',
    '112.233.445 95',
  ])('%s is wrong', (text) => {
    expect(isSnils(text)).toBe(false);
  });

  test('numbers up to 001-001-998 have no check digits', () => {
    expect(isSnils('001-001-998 00')).toBe(true);
    expect(isSnils('000-123-456 77')).toBe(true);
    expect(isSnils('001-001-999 00')).toBe(false);
  });

  test('the short form of the rule is the official one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_001_999, max: 999_999_999 }), (n) => {
        const nine = String(n).padStart(9, '0');
        const right = officialSnilsDigits(nine);
        expect(isSnils(nine + right)).toBe(true);
        expect(isSnils(nine + String((Number(right) + 1) % 100).padStart(2, '0'))).toBe(false);
      }),
    );
  });

  test('is normalised to digits', () => {
    expect(normaliseSnils(' 112-233-445 95 ')).toBe('11223344595');
    expect(normaliseSnils('112-233')).toBeUndefined();
  });
});

describe('ЕНП', () => {
  test.each(['7850000000000014', '7850123456789011', '7800000000000429', '7850 0000 0000 0014'])(
    '%s is right',
    (text) => {
      expect(isEnp(text)).toBe(true);
    },
  );

  test.each(['7850000000000015', '785000000000001', '0000000000000000', '', '78500000000000014'])(
    '%s is wrong',
    (text) => {
      expect(isEnp(text)).toBe(false);
    },
  );

  test('Luhn is the official rule', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 999_999_999_999_999n }), (n) => {
        const fifteen = String(n).padStart(15, '0');
        const right = officialEnpDigit(fifteen);
        expect(isEnp(fifteen + right)).toBe(true);
        expect(isEnp(fifteen + ((right + 1) % 10))).toBe(false);
      }),
    );
  });
});

test('aliases lead to our systems and are no aliases of each other', () => {
  expect(canonicalSystem('urn:oid:1.2.643.2.69.1.1.1.6.223')).toBe('urn:oid:1.2.643.100.3');
  expect(canonicalSystem('urn:oid:1.2.3')).toBe('urn:oid:1.2.3');
  for (const system of aliases.values()) expect(aliases.has(system)).toBe(false);
  expect(
    normaliseIdentifier({ use: 'official', system: 'https://fhir.ru/ig/core/systems/snils', value: '112-233-445 95' }),
  ).toEqual({ use: 'official', system: identifierSystems.snils, value: '11223344595' });
  expect(normaliseIdentifier({ value: 'x' })).toEqual({ value: 'x' });
});

test('wrong numbers are found wherever they stand, and never repeated in the text', () => {
  const issues = checkIdentifiers({
    resourceType: 'Appointment',
    contained: [
      { resourceType: 'Patient', identifier: [{ system: identifierSystems.snils, value: '112-233-445 96' }] },
    ],
    participant: [
      { actor: { identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.6.228', value: '7850000000000015' } } },
      { actor: { identifier: { system: identifierSystems.snils, value: '112-233-445 95' } } },
      { actor: { identifier: { system: 'urn:oid:1.2.3', value: '112-233-445 96' } } },
    ],
  });
  expect(issues.map((i) => i.expression)).toEqual([
    'Appointment.contained[0].identifier[0].value',
    'Appointment.participant[0].actor.identifier.value',
  ]);
  expect(JSON.stringify(issues)).not.toMatch(/112|785/);
  expect(issues.every((i) => i.severity === 'error' && i.code === 'value')).toBe(true);
});

/** 9 digits × weights 9…1; below 100 itself, 100 and 101 give 00, above that the remainder of 101, of which 100 gives 00. */
function officialSnilsDigits(nine: string): string {
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += Number(nine[i]) * (9 - i);
  if (sum > 101) sum %= 101;
  return String(sum === 100 || sum === 101 ? 0 : sum).padStart(2, '0');
}

/** From the right: digits of odd places as one number × 2, before it those of even places, digit sum, up to the next ten. */
function officialEnpDigit(fifteen: string): number {
  const reversed = [...fifteen].reverse();
  const odd = reversed.filter((_, i) => i % 2 === 0).join('');
  const even = reversed.filter((_, i) => i % 2 === 1).join('');
  const sum = [...(even + String(BigInt(odd) * 2n))].reduce((total, d) => total + Number(d), 0);
  return (10 - (sum % 10)) % 10;
}
