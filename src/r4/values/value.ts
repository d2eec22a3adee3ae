/** The shape of search values and of what makes them. */
import type { Element } from '../definition.ts';

/** `code` is the search parameter's. */
export type SearchValue = SimpleValue | CompositeValue;

export type SimpleValue =
  | TokenValue
  | TypedValue
  | StringValue
  | { readonly kind: 'date'; readonly code: string; readonly low: number; readonly high: number }
  | ReferenceValue
  | { readonly kind: 'uri'; readonly code: string; readonly uri: string }
  | { readonly kind: 'number'; readonly code: string; readonly value: number }
  | QuantityValue
  | { readonly kind: 'position'; readonly code: string; readonly latitude: number; readonly longitude: number };

/** Without `value` for a concept that has only text, and for an identifier that has only a system. */
export interface TokenValue {
  readonly kind: 'token';
  readonly code: string;
  readonly system?: string;
  readonly value?: string;
  /** Display, concept text or identifier type, for `:text`. */
  readonly text?: string;
}

/** An identifier with the type that it has, for `:of-type`: one for each coding of the type. */
export interface TypedValue {
  readonly kind: 'typed';
  readonly code: string;
  readonly system: string;
  readonly type: string;
  readonly value: string;
}

export interface StringValue {
  readonly kind: 'string';
  readonly code: string;
  readonly text: string;
  /** `foldString(text)`. */
  readonly folded: string;
}

/**
 * `type` and `id` when it leads to a resource of this server, else `url`; `identifier` of a logical reference; `version` of a
 * reference that names one.
 */
export interface ReferenceValue {
  readonly kind: 'reference';
  readonly code: string;
  readonly type?: string;
  readonly id?: string;
  readonly version?: string;
  readonly url?: string;
  readonly identifier?: { readonly system?: string; readonly value: string };
}

/** Inclusive bounds, equal for an exact quantity, infinite where open. */
export interface QuantityValue {
  readonly kind: 'quantity';
  readonly code: string;
  readonly low: number;
  readonly high: number;
  readonly system?: string;
  /** Unit as a code, else as text. */
  readonly unit?: string;
  /** Unit as text, where there is a code besides. */
  readonly label?: string;
}

/** A value of one component; those with the same `item` are of the same element. */
export interface CompositeValue {
  readonly kind: 'composite';
  readonly code: string;
  readonly item: number;
  /** Which component it is, counted from 0. */
  readonly place: number;
  readonly value: SimpleValue;
}

export interface ExtractOptions {
  /** IANA zone in which a date without offset is a day. */
  readonly zone: string;
  /** Base URL of this server, without a final slash: absolute references below it are local. */
  readonly base?: string;
}

export interface Found {
  readonly code: string;
  readonly value: unknown;
  /** R4 type of `value`. */
  readonly type: string;
  readonly element: Element | undefined;
  readonly options: ExtractOptions;
}

export type Convert = (found: Found) => readonly SimpleValue[];
