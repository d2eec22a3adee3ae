/** What a resource file declares; routes, search, CapabilityStatement and docs are derived from it. */
import type { Principal } from '../access/token.ts';
import type { Fault } from '../fault.ts';
import type { Resource } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import type { Context } from './context.ts';
import type { SlotStorage } from './search/slot.ts';

export type Interaction = 'read' | 'search-type' | 'create' | 'update';

/** Who asks for what, as a handler needs it. */
export interface Asked {
  readonly principal: Principal;
  readonly viewer: Viewer;
  /** Absolute FHIR base URL by which the client sees the hub. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
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
}

export interface ResourceDeclaration {
  readonly type: string;
  /** One sentence for CapabilityStatement and docs. */
  readonly documentation: string;
  readonly interactions: readonly Interaction[];
  /** Codes of search parameters that are not served though R4 has them, with the reason. */
  readonly notServed?: Readonly<Record<string, string>>;
  /** Slots live in typed columns and not in documents. */
  readonly storage?: SlotStorage;
  readonly create?: (context: Context, asked: Asked, body: Resource) => Promise<Written>;
  readonly update?: (context: Context, asked: Asked, id: string, body: Resource) => Promise<Written>;
  /** Looks at the MIS before a single one is read, when the mirror may be old. */
  readonly refresh?: (context: Context, asked: Asked, id: string) => Promise<void>;
}

export type Refusal = Fault;
