/** Token search values. https://hl7.org/fhir/R4/search.html#token */
import { systemsOf } from '../table.ts';
import type { Found, SearchValue } from './value.ts';

const booleanSystem = 'http://terminology.hl7.org/CodeSystem/special-values';

export function tokenValues(found: Found): SearchValue[] {
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

function conceptTokens(found: Found): SearchValue[] {
  const { coding, text } = found.value as { coding?: unknown; text?: unknown };
  if (!Array.isArray(coding) || coding.length === 0) return token(found, undefined, undefined, text);
  return coding.flatMap((c: Coding) => codingToken(found, c, text));
}

function codingToken(found: Found, { system, code, display }: Coding, text?: unknown): SearchValue[] {
  return token(found, system, code, text ?? display);
}

function identifierToken(found: Found): SearchValue[] {
  const { system, value, type } = found.value as { system?: unknown; value?: unknown; type?: { text?: unknown } };
  return token(found, system, value, type?.text);
}

/** A `code` has no system of its own: R4 searches it under the one of its required binding. */
function systemOfCode({ element, value }: Found): string | undefined {
  return element?.required === undefined ? undefined : systemsOf(element.required)?.get(value as string);
}

function token({ code }: Found, system: unknown, value: unknown, text: unknown): SearchValue[] {
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
