/** The shape of an invariant written by hand. */
import type { Json } from '../json.ts';

/** What an invariant may look at besides the value it is stated on. */
export interface Scope {
  /** %resource */
  readonly resource: Json;
  /** %rootResource: the container of a contained resource, else the resource itself. */
  readonly root: Json;
  /** `#…` texts of references, canonicals, uris and urls in `resource`, with those of what it contains. */
  readonly anchors: Set<string>;
  /** Whether a reference or canonical in `resource` is a bare `#`. */
  pointsToContainer: boolean;
  readonly contained: Scope[];
}

/**
 * Whether the invariant holds or its FHIRPath would be empty, which is no failure. Must not throw whatever it is given:
 * the structure may be wrong.
 */
export type InvariantTest = (value: Json, scope: Scope) => boolean;
