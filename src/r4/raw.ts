/** The shape of table.json as it lies on disk; tools/r4 writes it, table.ts reads it, nobody else needs it. */

export interface RawTable {
  fhirVersion: '4.0.1';
  /** Every concrete resource type of R4, covered or not. */
  allResourceTypes: string[];
  /** Those whose elements are below. */
  resourceTypes: string[];
  /** By type name (`Slot`, `Period`) or path of a backbone element (`Appointment.participant`). */
  nodes: Record<string, RawNode>;
  invariants: Record<string, RawInvariant>;
  /** Value set URL → its codes; of required bindings, and small ones of extensible and preferred ones, that can be enumerated. */
  codes: Record<string, RawCodes>;
  /** Type, `Resource` or `DomainResource` → base search parameters. */
  searches: Record<string, RawParameter[]>;
  /** Compartment type → resource type → the parameters by which a resource is in the compartment. */
  compartments: Record<string, Record<string, string[]>>;
  /** Resource type → the elements at its root that belong to its summary. */
  summaries: Record<string, string[]>;
}

export interface RawNode {
  invariants?: string[];
  /** In R4's own order, which is the order of XML. A choice is written `value[x]`. */
  elements: Record<string, RawElement>;
}

export interface RawElement {
  /** Primitive (`code`), datatype (`Period`), node of a backbone element, or `Resource` for any resource. */
  types: string[];
  list?: true;
  min?: number;
  /** Value set of a required binding. */
  required?: string;
  extensible?: string;
  preferred?: string;
  /** Resource types that a Reference may point to; any when absent. */
  targets?: string[];
  invariants?: string[];
}

export interface RawInvariant {
  human: string;
  expression: string;
  severity?: 'warning';
}

/** Code system → codes. */
export type RawCodes = Record<string, string[]>;

export interface RawParameter {
  code: string;
  type: 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';
  /** Last step of its canonical URL, when that is not `<type>-<code>`. */
  id?: string;
  /** Absent where R4 gives none (`_text`, `_content`, `_query`). */
  expression?: string;
  targets?: string[];
  components?: { id: string; expression: string }[];
}
