/** Searches of a fuzzed request, made of the parameters that the CapabilityStatement names. */
import { chance, type Draw, even, nastyTexts, oneOf } from './fuzz-value.ts';

export interface Parameter {
  readonly name: string;
  readonly type: string;
}

const results = [
  '_count=-1',
  '_count=0',
  '_count=1',
  '_count=1000000000',
  '_sort=_lastUpdated',
  '_sort=-_id,date',
  '_total=accurate',
  '_total=x',
  '_summary=count',
  '_summary=true',
  '_summary=text',
  '_elements=id,status',
  '_elements=,',
  '_include=*',
  '_include:iterate=*',
  '_include:iterate=Appointment:slot',
  '_include:iterate=Patient:link',
  '_include=Slot:schedule',
  '_revinclude=Appointment:patient',
  '_revinclude:iterate=Encounter:part-of',
  '_has:Appointment:patient:status=booked',
  '_has:Appointment:patient:_has:Encounter:appointment:status=planned',
  '_has:x',
  '_format=xml',
  '_format=ttl',
  '_pretty=true',
  '_contained=true',
  '_type=Patient,Slot',
  '_since=2026-01-01',
  '_at=2026',
  '_list=x',
  '_filter=name eq x',
  '_query=x',
  '_cursor=x',
  '_nosuch=x',
];
const prefixes = ['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap', 'xx'];
const modifiers = [
  'exact',
  'contains',
  'text',
  'missing',
  'not',
  'identifier',
  'of-type',
  'in',
  'not-in',
  'above',
  'below',
  'Patient',
  'x',
  '',
  'missing:missing',
];

/** Without `?`. @param values that find something */
export function fuzzQuery(draw: Draw, parameters: readonly Parameter[], values: readonly string[]): string {
  return Array.from({ length: Math.max(draw(even, 5) - 2, 0) }, () => pair(draw, parameters, values)).join('&');
}

function pair(draw: Draw, parameters: readonly Parameter[], values: readonly string[]): string {
  if (parameters.length === 0 || chance(draw, 30)) return oneOf(draw, results);
  const { name } = oneOf(draw, parameters);
  const modifier = chance(draw, 20) ? `:${oneOf(draw, modifiers)}` : '';
  const chain = chance(draw, 10) ? `.${oneOf(draw, parameters).name}` : '';
  const value = Array.from({ length: 1 + (chance(draw, 15) ? draw(even, 3) : 0) }, () =>
    searchValue(draw, values),
  ).join(',');
  return `${encode(draw, name + modifier + chain)}=${encode(draw, value)}`;
}

function searchValue(draw: Draw, values: readonly string[]): string {
  const value = oneOf(draw, chance(draw, 60) ? values : nastyTexts);
  const system = chance(draw, 15) ? `${oneOf(draw, ['', 'urn:x', 'http://x/y', '\\|'])}|` : '';
  return `${oneOf(draw, prefixes)}${system}${value}${chance(draw, 5) ? '|http://unitsofmeasure.org|min' : ''}`;
}

/** Mostly as it should be; sometimes as it stands, or in bytes that are no UTF-8. */
function encode(draw: Draw, text: string): string {
  if (chance(draw, 3)) return oneOf(draw, ['%', '%zz', '%ff%fe', '%ED%A0%80', '%00', '+', '%2B']);
  return encodeURIComponent(text.toWellFormed()).replace(/%3A|%2C/g, (c) =>
    chance(draw, 70) ? decodeURIComponent(c) : c,
  );
}
