/** Tests of numbers, quantities and positions. https://hl7.org/fhir/R4/search.html#number, #quantity, location.html#near */
import { indexable } from '../../store/search-rows.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';
import type { Statement } from './statement.ts';
import { partsOf, unescapeValue } from './value.ts';

const numberPattern = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?([+-]?\d{1,30}(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,3}))?)$/;

/**
 * `100` means 99.5 to 100.5, `100.00` means 99.995 to 100.005, `1e2` means 95 to 105; behind a prefix other than eq, ne and ap it
 * means exactly 100.
 */
export function numberTest(s: Statement, v: string, { name }: ValueFilter, value: string): string {
  const [, prefix = 'eq', text, decimals = '', exponent] = numberPattern.exec(value) ?? [];
  if (text === undefined) throw blame(name, 'takes a number such as 100, 5.40 or 1e2, with a prefix or without');
  const places = exponent === undefined ? decimals.length : Math.max(1, decimals.length) - Number(exponent);
  const number = () => s.value(text, 'numeric');
  const half = () => (prefix === 'ap' ? `abs(${number()}) / 10` : s.value(`5e${-places - 1}`, 'numeric'));
  const low = () => `${number()} - ${half()}`;
  const high = () => `${number()} + ${half()}`;
  const tests: Record<string, () => string> = {
    eq: () => `${v}.least >= ${low()} and ${v}.most < ${high()}`,
    ne: () => `not (${v}.least >= ${low()} and ${v}.most < ${high()})`,
    ap: () => `${v}.least <= ${high()} and ${v}.most >= ${low()}`,
    gt: () => `${v}.most > ${number()}`,
    ge: () => `${v}.most >= ${number()}`,
    lt: () => `${v}.least < ${number()}`,
    le: () => `${v}.least <= ${number()}`,
    sa: () => `${v}.least > ${number()}`,
    eb: () => `${v}.most < ${number()}`,
  };
  return `(${tests[prefix]!()})`;
}

/** `5.4`, `5.4|system|code`, `5.4||unit`, where the unit is a code or what people read. */
export function quantityTest(s: Statement, v: string, filter: ValueFilter, value: string): string {
  const [number = '', system = '', unit = '', ...more] = partsOf(value, '|').map(unescapeValue);
  if (more.length > 0) throw blame(filter.name, 'takes <number>|<system>|<code of the unit>');
  const tests = [numberTest(s, v, filter, number)];
  if (system !== '') tests.push(`${v}.system = ${s.value(indexable(system))}`);
  if (unit !== '')
    tests.push(system === '' ? `${s.value(unit)} in (${v}.unit, ${v}.label)` : `${v}.unit = ${s.value(unit)}`);
  return tests.join(' and ');
}

const kilometres: Readonly<Record<string, number>> = { km: 1, m: 0.001, '[mi_us]': 1.609347, mi_us: 1.609347 };
const defaultKilometres = 10;
const kilometresOfDegree = 111.195;

/** `latitude|longitude|distance|unit`: within that distance on a sphere of 6371 km. */
export function nearTest(s: Statement, v: string, { name }: ValueFilter, value: string): string {
  const [latitude = '', longitude = '', distance = '', unit = 'km', ...more] = partsOf(value, '|').map(unescapeValue);
  const [north, east] = [coordinate(latitude, 90), coordinate(longitude, 180)];
  const factor = Object.hasOwn(kilometres, unit || 'km') ? kilometres[unit || 'km'] : undefined;
  const length = distance === '' ? defaultKilometres : Number(distance) * (factor ?? 0);
  if (
    north === undefined ||
    east === undefined ||
    factor === undefined ||
    more.length > 0 ||
    !(length > 0 && length < 21_000)
  )
    throw blame(name, 'takes <latitude>|<longitude>|<distance>|<unit>, the unit km, m or [mi_us]');
  const [from, to] = [
    s.value(north - length / kilometresOfDegree, 'float8'),
    s.value(north + length / kilometresOfDegree, 'float8'),
  ];
  const [lat, lon] = [s.value(north, 'float8'), s.value(east, 'float8')];
  return `${v}.latitude between ${from} and ${to} and 12742 * asin(least(1, sqrt(sind((${v}.latitude - ${lat}) / 2) ^ 2
    + cosd(${v}.latitude) * cosd(${lat}) * sind((${v}.longitude - ${lon}) / 2) ^ 2))) <= ${s.value(length, 'float8')}`;
}

function coordinate(text: string, most: number): number | undefined {
  const value = /^[+-]?\d{1,3}(\.\d{1,20})?$/.test(text) ? Number(text) : Number.NaN;
  return Math.abs(value) <= most ? value : undefined;
}
