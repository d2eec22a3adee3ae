/** What stands where something sensible should: texts, numbers and dates by which servers have fallen (RELIABILITY §1.10). */
import fc from 'fast-check';

/** Draws a value from an arbitrary; the same ones for the same seed. */
export type Draw = fc.GeneratorValue;

/** A number from 0 to `max`, all alike: fast-check itself would prefer the small ones. */
export const even = (max: number) => fc.noBias(fc.nat(max));

export const oneOf = <T>(draw: Draw, list: readonly T[]): T => list[draw(even, list.length - 1)]!;
/** True in so many of a hundred cases. */
export const chance = (draw: Draw, percent: number): boolean => draw(even, 99) < percent;

const dates = [
  'now',
  'infinity',
  '-infinity',
  'epoch',
  'today',
  '2026',
  '2026-12',
  '2026-12-01',
  '2026-02-30',
  '2026-13-01',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31',
  '10000-01-01',
  '2026-01-01T24:00:00Z',
  '2026-01-01T12:00:60Z',
  '2026-01-01T12:00:00.123456789012Z',
  '2026-01-01T12:00',
  '2026-01-01T12:00:00+14:00',
  '2026-01-01T12:00:00+99:99',
  '2026-12-01T09:00:00+03:00',
  '٢٠٢٦-٠١-٠١',
];

export const nastyTexts = [
  ...dates,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udc00y',
  '\ufffe',
  '\u202e',
  '\u0001',
  '\r\nX: y',
  '😀',
  'ﷺ',
  'İ',
  'a'.repeat(3000),
  'я'.repeat(3000),
  "'; drop table document; --",
  '$1',
  '%',
  '%00',
  '_',
  '\\',
  '\\,',
  '|',
  '||',
  'a|b|c',
  ',',
  '../../etc/passwd',
  '<x/>',
  ']]>',
  '&lt;',
  '{}',
  '[]',
  'null',
  'true',
  '#',
  '#a',
  'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
  'urn:oid:1.2.643.100.3',
  'http://hub.test/fhir/Patient/x',
  'http://127.0.0.1:1/',
  'javascript:alert(1)',
  'constructor',
  '__proto__',
  'hasOwnProperty',
  'Patient',
  'Patient/',
  'Patient/x/_history/1',
  'Patient?identifier=x',
  '11223344595',
  '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml">ok</div>',
];

/** As they stand in JSON; some are none. */
export const rawNumbers = [
  ...['0', '-0', '1.10', '1e400', '-1e400', '1e-400', '1E5', '2147483648', '-2147483649', '9007199254740993', '1e308'],
  ...[
    '00',
    '.5',
    '1.',
    'NaN',
    'Infinity',
    '0x10',
    '+1',
    '1_000',
    '12345678901234567890.1234567890',
    `1${'0'.repeat(400)}`,
  ],
];

/** A JSON value that has nothing to do with its place; a raw number is a text that `rawText` unwraps. */
export function nastyValue(draw: Draw, sensible: readonly unknown[]): unknown {
  const kind = draw(even, 9);
  if (kind < 3) return oneOf(draw, nastyTexts);
  if (kind < 6) return oneOf(draw, sensible);
  if (kind === 6) return `@raw:${oneOf(draw, rawNumbers)}@`;
  if (kind === 7) return oneOf(draw, [null, true, false, 0, -1, 1.5, [], {}, [null], [[]], [{}], { '': 1 }]);
  return draw(fc.jsonValue, { maxDepth: 3 });
}

export const rawText = (json: string): string => json.replace(/"@raw:([^"@]*)@"/g, (_, text: string) => text);
