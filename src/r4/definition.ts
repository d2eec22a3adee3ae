/** The shape of what the R4 table says (table.ts). */
import type { RawParameter } from './raw.ts';

export type Kind = 'primitive' | 'datatype' | 'backbone' | 'resource';

/** One JSON property of a type. A choice `value[x]` is present as one element per type (`valueString`, `valueCode`, …). */
export interface Element {
  /** Where R4 defines it: `Appointment.participant.actor`, `Period.start`, `Extension.value[x]`. */
  readonly path: string;
  /** The JSON property: `actor`, `valueString`. */
  readonly name: string;
  /** Set for a choice: its name without `[x]`, as FHIRPath calls it (`value`). */
  readonly choice?: string;
  /** `code`, `Period`, `Appointment.participant` (the node of a backbone element), or `Resource` for any resource. */
  readonly type: string;
  readonly kind: Kind;
  /** JSON has an array here. */
  readonly list: boolean;
  /** How many are needed; for a choice, of all its types together. */
  readonly min: number;
  /** Value set URL of a required binding; `codesOf(required)` has its codes when they can be enumerated. */
  readonly required?: string;
  /** Value set URL of an extensible binding. */
  readonly extensible?: string;
  /** Value set URL of a preferred binding. */
  readonly preferred?: string;
  /** Of a Reference: the resource types it may point to; empty when any may be. */
  readonly targets: readonly string[];
  /** Keys of invariants stated on this element, besides those of its type. */
  readonly invariants: readonly string[];
}

/** A resource type, a datatype or a backbone element. */
export interface Node {
  readonly name: string;
  readonly kind: Exclude<Kind, 'primitive'>;
  /** By JSON property, in the order of XML. `resourceType` is not among them. */
  readonly elements: ReadonlyMap<string, Element>;
  /** FHIRPath name of a choice → its elements. */
  readonly choices: ReadonlyMap<string, readonly Element[]>;
  readonly invariants: readonly string[];
}

export type SearchType = RawParameter['type'];

export interface SearchParameter {
  readonly code: string;
  readonly type: SearchType;
  /** Canonical URL of R4's definition. */
  readonly url: string;
  /** FHIRPath, only the branches of the type it was asked for; absent for `_text`, `_content` and `_query`. */
  readonly expression?: string;
  /** Of a reference parameter: types it may lead to; empty when any may be. */
  readonly targets: readonly string[];
  /** Of a composite parameter. */
  readonly components: readonly Component[];
}

export interface Component {
  readonly url: string;
  readonly type: SearchType;
  /** FHIRPath from the element that is composed. */
  readonly expression: string;
}

export interface Invariant {
  readonly human: string;
  readonly expression: string;
  readonly severity: 'error' | 'warning';
}
