/** Token search values. https://hl7.org/fhir/R4/search.html#token */
import { systemsOf } from '../table.ts';
import type { Found, SimpleValue } from './value.ts';

const booleanSystem = 'http://terminology.hl7.org/CodeSystem/special-values';

export function tokenValues(found: Found): SimpleValue[] {
  const { value, type } = found;
  switch (type) {
    case 'CodeableConcept':
      return conceptTokens(found);
    case 'Coding':
      return codingToken(found, value as Coding);
    case 'Identifier':
      return identifierToken(found);
    case 'ContactPoint':
      return token(found, undefined, (value as { value?: unknown }).value, undefined);
    case 'boolean':
      return token(found, booleanSystem, value, undefined);
    case 'code':
      return token(found, systemOfCode(found), value, undefined);
    default:
      return typeof value === 'object' ? [] : token(found, undefined, value, undefined);
  }
}

interface Coding {
  system?: unknown;
  code?: unknown;
  display?: unknown;
}

/** Each coding under its display, and under the text of the concept, which a coding without display is given. */
function conceptTokens(found: Found): SimpleValue[] {
  const { coding, text } = found.value as { coding?: unknown; text?: unknown };
  const codings = Array.isArray(coding) ? (coding as Coding[]) : [];
  const told = codings.some((c) => (c.display ?? text) === text);
  const values = codings.flatMap((c) => codingToken(found, c, text));
  return told || text === undefined ? values : [...values, ...token(found, undefined, undefined, text)];
}

function codingToken(found: Found, { system, code, display }: Coding, text?: unknown): SimpleValue[] {
  return token(found, system, code, display ?? text);
}

interface Identifier {
  system?: unknown;
  value?: unknown;
  type?: { text?: unknown; coding?: unknown };
}

function identifierToken(found: Found): SimpleValue[] {
  const { system, value, type } = found.value as Identifier;
  const codings = Array.isArray(type?.coding) ? (type.coding as Coding[]) : [];
  return [...token(found, system, value, type?.text), ...codings.flatMap((coding) => typed(found.code, coding, value))];
}

function typed(parameter: string, { system, code }: Coding, value: unknown): SimpleValue[] {
  if (typeof code !== 'string' || typeof value !== 'string') return [];
  return [{ kind: 'typed', code: parameter, system: typeof system === 'string' ? system : '', type: code, value }];
}

/** A `code` has no system of its own: R4 searches it under the one of its required binding. */
function systemOfCode({ element, value }: Found): string | undefined {
  return element?.required === undefined ? undefined : systemsOf(element.required)?.get(value as string);
}

function token({ code }: Found, system: unknown, value: unknown, text: unknown): SimpleValue[] {
  if (value === undefined && system === undefined && text === undefined) return [];
  return [
    {
      kind: 'token',
      code,
      ...(typeof system === 'string' && { system }),
      ...(value !== undefined && value !== null && { value: String(value) }),
      ...(typeof text === 'string' && { text }),
    },
  ];
}
