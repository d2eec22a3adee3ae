/** The shape of search values and of what makes them. */
import type { Element } from '../table.ts';

/** `code` is the search parameter's. */
export type SearchValue =
  | TokenValue
  | StringValue
  | { readonly kind: 'date'; readonly code: string; readonly low: number; readonly high: number }
  | ReferenceValue
  | { readonly kind: 'uri'; readonly code: string; readonly uri: string }
  | { readonly kind: 'number'; readonly code: string; readonly value: number }
  | QuantityValue;

/** Without `value` for a concept that has only text, and for an identifier that has only a system. */
export interface TokenValue {
  readonly kind: 'token';
  readonly code: string;
  readonly system?: string;
  readonly value?: string;
  /** Display, concept text or identifier type, for `:text`. */
  readonly text?: string;
}

export interface StringValue {
  readonly kind: 'string';
  readonly code: string;
  readonly text: string;
  /** `foldString(text)`. */
  readonly folded: string;
}

/** `type` and `id` when it leads to a resource of this server, else `url`; `identifier` of a logical reference. */
export interface ReferenceValue {
  readonly kind: 'reference';
  readonly code: string;
  readonly type?: string;
  readonly id?: string;
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

export type Convert = (found: Found) => readonly SearchValue[];
