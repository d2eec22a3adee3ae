/** What comes of reading a text in one of FHIR's formats. */
import type { Issue } from './issue.ts';

export interface Reading {
  /** As in JSON; undefined when there are issues. Decimals may be a `Decimal`. */
  readonly value: unknown;
  /** Why it could not be read; their texts name the place and the line. */
  readonly issues: readonly Issue[];
}

export interface ReadingLimits {
  /** Things within things. */
  readonly depth: number;
  /** Members and items of JSON, elements of XML. */
  readonly values: number;
}

/** The validator's own are 64 objects, each of which may stand in a list or a resource of its own. */
export const readingLimits: ReadingLimits = { depth: 160, values: 500_000 };

/** FHIRPath of a place: `Patient.name[0].family`. @param steps names and indices */
export function expressionOf(root: string, steps: readonly (string | number)[]): string {
  return steps.reduce<string>((text, s) => (typeof s === 'number' ? `${text}[${s}]` : `${text}.${s}`), root);
}
