/** What a resource file declares; routes, search, CapabilityStatement and docs are derived from it. */
import type { Principal } from '../access/principal.ts';
import type { SearchType } from '../r4/definition.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import type { Act, Occasion } from './audit/recording.ts';
import type { Context } from './context.ts';
import type { SlotStorage } from './search/slot.ts';

/** https://hl7.org/fhir/R4/valueset-type-restful-interaction.html */
export type Interaction =
  | 'read'
  | 'vread'
  | 'history-instance'
  | 'history-type'
  | 'search-type'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete';

/** Those of a type that only its source may change. */
export const readOnly: readonly Interaction[] = ['read', 'vread', 'history-instance', 'history-type', 'search-type'];

/** Who asks for what, as a handler needs it. */
export interface Asked {
  readonly principal: Principal;
  readonly viewer: Viewer;
  /** Absolute FHIR base URL by which the client sees the hub. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** IP address of the client; absent for what the hub asks itself. */
  readonly address?: string;
  /** The id that what is created gets, where a transaction has given it already; else a new one. */
  readonly newId?: string;
  /** `Type/id` of all that the same transaction creates: it may be referred to before it is there. */
  readonly promised?: ReadonlySet<string>;
  /** Filled with all that is done for the request, for the audit. */
  readonly acts?: Act[];
  /** The request, where it is this one call and no more. */
  readonly occasion?: Occasion;
}

/** What a writing handler answers. */
export interface Written {
  readonly status: 200 | 201 | 202;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly body: string;
  /** Seconds after which a pending outcome is worth asking for. */
  readonly retryAfter?: number;
  /** The audit says so already. */
  readonly noted?: boolean;
}

/** A search parameter of our own. https://hl7.org/fhir/R4/searchparameter.html */
export interface OwnParameter {
  readonly code: string;
  readonly type: SearchType;
  /** FHIRPath in the subset of R4's own parameters; absent for what is no part of the resource. */
  readonly expression?: string;
  /** One sentence for its SearchParameter and docs. */
  readonly documentation: string;
  /** Of a reference: the types it may lead to. */
  readonly target?: readonly string[];
}

export interface ResourceDeclaration {
  readonly type: string;
  /** One sentence for CapabilityStatement and docs. */
  readonly documentation: string;
  readonly interactions: readonly Interaction[];
  /** Codes of search parameters that are not served though R4 has them, with the reason. */
  readonly notServed?: Readonly<Record<string, string>>;
  /** Search parameters that R4 lacks and bookers need. */
  readonly parameters?: readonly OwnParameter[];
  /** Slots live in typed columns and not in documents. */
  readonly storage?: SlotStorage;
  /**
   * Its writes go through to a MIS: they can stand neither in a transaction, which could not undo them, nor under a lock. Its
   * `create` answers If-None-Exist itself.
   */
  readonly writesThrough?: boolean;
  /** Whether a change of this one writes through to a MIS, though its type does not: it is not made under a lock. */
  readonly through?: (context: Context, id: string) => Promise<boolean>;
  /** What a create that writes through refuses before it looks at anything else, for $validate. @throws Fault */
  readonly check?: (asked: Asked, body: Resource) => void;
  /** Whose eyes its rows are seen by, where that is not decided by clinic and patient: they are seen by nobody else's. */
  readonly viewer?: (asked: Asked) => Viewer;
  /** Further members of its part of the CapabilityStatement. */
  readonly capability?: { readonly extension?: readonly object[]; readonly [member: string]: unknown };
  readonly create?: (context: Context, asked: Asked, body: Resource) => Promise<Written>;
  readonly update?: (context: Context, asked: Asked, id: string, body: Resource) => Promise<Written>;
  /** What a patch makes of a resource; `update` when absent. @param before as it was read, of the version in If-Match */
  readonly patch?: (context: Context, asked: Asked, id: string, body: Resource, before: Resource) => Promise<Written>;
  /** @returns quietly when there is no such resource */
  readonly remove?: (context: Context, asked: Asked, id: string) => Promise<void>;
  /** One that is kept nowhere and can be read all the same. */
  readonly unkept?: (context: Context, asked: Asked, id: string) => Promise<Resource | undefined>;
  /** Looks at the MIS before a single one is read, when the mirror may be old. */
  readonly refresh?: (context: Context, asked: Asked, id: string) => Promise<void>;
}
