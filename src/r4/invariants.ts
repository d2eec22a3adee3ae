/**
 * R4's invariants written by hand, 34-50 times faster than by FHIRPath (protocols/r4.md §D). Those of conformance and
 * terminology resources (sdf, eld, que, cpb, opd, vsd, …) are not here: the hub publishes such resources and takes none.
 * Nor are ctm-1, which needs another resource, and ppc-2 to ppc-5, which R4 wrote for a system called 'something'.
 */
import { bundleInvariants } from './invariants/bundle.ts';
import { containmentInvariants } from './invariants/containment.ts';
import { datatypeInvariants } from './invariants/datatype.ts';
import type { InvariantTest } from './invariants/invariant.ts';
import { resourceInvariants } from './invariants/resource.ts';

/** By R4's key, as table.json has it. txt-1 and txt-2 are in xhtml.ts. */
export const invariantTests: ReadonlyMap<string, InvariantTest> = new Map(
  Object.entries({ ...datatypeInvariants, ...resourceInvariants, ...bundleInvariants, ...containmentInvariants }),
);
