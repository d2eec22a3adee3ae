/** Which modifiers a parameter takes. https://hl7.org/fhir/R4/search.html#modifiers */

import type { SearchParameter, SearchType } from '../../r4/definition.ts';
import { isResourceType } from '../../r4/table.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';

const byType: Readonly<Record<SearchType, readonly string[]>> = {
  token: ['missing', 'not', 'text', 'in', 'not-in'],
  string: ['missing', 'exact', 'contains'],
  reference: ['missing', 'identifier'],
  uri: ['missing', 'above', 'below'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  composite: ['missing'],
  special: ['missing'],
};

/** Those that are columns: what has no text and no system has no modifier for it. */
const ofColumns: Readonly<Record<string, readonly string[]>> = {
  _id: ['missing', 'not'],
  clinic: ['missing', 'not'],
  'Slot.status': ['missing', 'not', 'in', 'not-in'],
  'Slot.schedule': ['missing', 'Schedule'],
};

function modifiersOf(type: string, parameter: SearchParameter): readonly string[] {
  const column = ofColumns[parameter.code] ?? ofColumns[`${type}.${parameter.code}`];
  if (column !== undefined) return column;
  const general = byType[parameter.type];
  return isOfIdentifiers(parameter) ? [...general, 'of-type'] : general;
}

const isOfIdentifiers = ({ type, expression = '' }: SearchParameter) =>
  type === 'token' && /identifier/i.test(expression);

/** @throws Fault naming the modifiers that there are */
export function checkModifier(
  type: string,
  parameter: SearchParameter,
  modifier: string | undefined,
  name: string,
): void {
  const known = modifiersOf(type, parameter);
  if (modifier === undefined || known.includes(modifier) || isTarget(type, parameter, modifier)) return;
  if (parameter.type === 'token' && (modifier === 'above' || modifier === 'below'))
    throw blame(name, `has no :${modifier}: no hierarchy of its code systems is known here. Use :in with a value set`);
  const types = parameter.type === 'reference' ? ', :<resource type>' : '';
  const list = `${known.map((m) => `:${m}`).join(', ')}${types}`;
  throw blame(
    name,
    `has no modifier :${modifier.slice(0, 40)} here; there ${list.includes(',') ? 'are' : 'is'} ${list}`,
  );
}

/** `subject:Patient=…` */
function isTarget(type: string, parameter: SearchParameter, modifier: string): boolean {
  if (parameter.type !== 'reference' || ofColumns[`${type}.${parameter.code}`] !== undefined) return false;
  return parameter.targets.length === 0 ? isResourceType(modifier) : parameter.targets.includes(modifier);
}

/** @throws Fault for anything but one of true and false */
export function isMissing({ name, values }: ValueFilter): boolean {
  const [value] = values;
  if (values.length > 1 || (value !== 'true' && value !== 'false')) throw blame(name, 'takes true or false');
  return value === 'true';
}
