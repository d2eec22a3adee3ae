/** What an operation file declares: its OperationDefinition and its handler. https://hl7.org/fhir/R4/operations.html */
import type { Permission } from '../access/scope.ts';
import type { Resource } from '../store/resource.ts';
import type { Context } from './context.ts';
import type { Reply } from './reply.ts';
import type { Asked } from './resource.ts';

export interface OperationDeclaration {
  /** Without `$`. */
  readonly code: string;
  /** In words, for people: "Hold a Slot". */
  readonly title: string;
  /** Markdown: what it does, what it answers with which status. */
  readonly documentation: string;
  /** The published definition that this one implements. */
  readonly base?: string;
  /** Resource types it is called on; empty for the whole system only. */
  readonly types: readonly string[];
  /** `[base]/$code`, `[base]/Type/$code`, `[base]/Type/id/$code`. */
  readonly levels: readonly ('system' | 'type' | 'instance')[];
  /** One that changes nothing can be called by GET too, with its parameters in the query. */
  readonly affectsState: boolean;
  /** What its caller must be entitled to: a type, or that it is called on, and a permission of it. */
  readonly needs: readonly (readonly [type: string, permission: Permission])[];
  readonly parameters: readonly OperationParameter[];
  handle(context: Context, asked: Asked, call: OperationCall): Promise<Reply>;
}

export interface OperationParameter {
  readonly name: string;
  readonly use: 'in' | 'out';
  readonly min: number;
  readonly max: number | '*';
  /** A datatype (`Reference`, `dateTime`, …), `Resource` or a resource type; absent when it has parts. */
  readonly type?: string;
  readonly documentation: string;
  /** A resource that is handed over as it was sent, right or wrong: the operation is there to judge it. */
  readonly unchecked?: true;
  readonly parts?: readonly OperationParameter[];
}

type Declare = (
  name: string,
  cardinality: '0..1' | '1..1' | '0..*' | '1..*',
  of: string | readonly OperationParameter[],
  documentation: string,
) => OperationParameter;

const declare =
  (use: 'in' | 'out'): Declare =>
  (name, cardinality, of, documentation) => ({
    name,
    use,
    min: Number(cardinality[0]),
    max: cardinality.endsWith('*') ? '*' : 1,
    documentation,
    ...(typeof of === 'string' ? { type: of } : { parts: of }),
  });

/** A parameter of the call. @param of its type, or its parts */
export const input = declare('in');
/** A parameter of the answer. @param of its type, or its parts */
export const output = declare('out');

/** What is given to a handler: parameters are known, typed and as many as declared. */
export interface OperationCall {
  readonly type: string | undefined;
  /** Of the instance it was called on; undefined at the level of type or system. */
  readonly id: string | undefined;
  /** Of the address it was called by. */
  readonly query: URLSearchParams;
  readonly parameters: Arguments;
}

/** The parameters by name. */
export interface Arguments {
  /** All values of a parameter, in the order in which they were sent; primitives as JSON values, resources as objects. */
  all(name: string): readonly unknown[];
  /** The first value, or undefined. */
  one(name: string): unknown;
  text(name: string): string | undefined;
  resource(name: string): Resource | undefined;
}
