/**
 * Which interaction a method and an address ask for. https://hl7.org/fhir/R4/http.html. The same for HTTP and for the entries of
 * a Bundle.
 */
import { Fault } from '../fault.ts';
import { compartmentParameters, isResourceType } from '../r4/table.ts';
import type { Operations } from './operations.ts';
import type { ResourceDeclaration } from './resource.ts';
import type { Declarations } from './search/request.ts';

export type Interaction =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'create'
  | 'search-type'
  | 'capabilities'
  | 'batch'
  | 'history-system'
  | 'operation';

export interface Call {
  readonly interaction: Interaction;
  readonly method: Method;
  readonly type?: string;
  /** Any text: that of an id which is none of ours is the id of nothing. */
  readonly id?: string;
  readonly version?: string;
  /** `Patient/1/Appointment`: only what is in this compartment. */
  readonly compartment?: { readonly type: string; readonly id: string };
  /** Code of the operation, without `$`. */
  readonly operation?: string;
  readonly query: URLSearchParams;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What can be called: the resource types and operations that are served. */
export interface Served {
  readonly declarations: Declarations;
  readonly operations: Operations;
}

type Found = Omit<Call, 'query' | 'method'>;
type ByMethod = Partial<Record<Method, Found>>;

/**
 * @param path below the base, without a slash at its beginning
 * @throws Fault not-found, method-not-allowed, bad-request
 */
export function callOf(method: Method, path: string, query: URLSearchParams, served: Served): Call {
  const steps = path.split('/').map(decodeStep);
  if (steps.at(-1) === '') steps.pop();
  const byMethod = interactionsAt(steps, served);
  const call = byMethod[method];
  if (call !== undefined) return { ...call, method, query };
  const allowed = Object.keys(byMethod);
  if (allowed.length === 0) throw new Fault('not-found', 'There is nothing at this address.');
  throw new Fault('method-not-allowed', `There is no ${method} here, only ${allowed.join(', ')}.`, {
    headers: { allow: allowed.flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : m)).join(', ') },
  });
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    throw new Fault('bad-request', 'The address holds a % that begins no code.');
  }
}

function interactionsAt(steps: readonly string[], served: Served): ByMethod {
  const [first, ...rest] = steps;
  if (first === undefined) return { POST: { interaction: 'batch' } };
  const operation = operationAt(steps, served);
  if (operation !== undefined) return operation;
  if (rest.length === 0 && first === 'metadata') return { GET: { interaction: 'capabilities' } };
  if (rest.length === 0 && first === '_history') return { GET: { interaction: 'history-system' } };
  const declaration = served.declarations.get(first);
  if (declaration === undefined) throw nothingAt(first, served.declarations);
  if (rest.length > 0) return declared(declaration, deeperInteractions(first, rest, served));
  let known = ofTypes.get(declaration);
  if (known === undefined) {
    known = declared(declaration, typeInteractions(first));
    ofTypes.set(declaration, known);
  }
  return known;
}

/** Made once: nearly every request is a search. */
const ofTypes = new WeakMap<ResourceDeclaration, ByMethod>();

function declared({ interactions }: ResourceDeclaration, all: ByMethod): ByMethod {
  const has = ([, found]: [string, Found]) =>
    found.compartment !== undefined || (interactions as readonly string[]).includes(found.interaction);
  return Object.fromEntries(Object.entries(all).filter(has));
}

function nothingAt(first: string, declarations: Declarations): Fault {
  if (first.startsWith('$')) return new Fault('not-found', 'There is no such operation here.');
  if (isResourceType(first))
    return new Fault('not-found', `This type is not served. There are: ${[...declarations.keys()].join(', ')}.`);
  return new Fault('not-found', 'There is nothing at this address.');
}

function typeInteractions(type: string): ByMethod {
  return {
    GET: { interaction: 'search-type', type },
    POST: { interaction: 'create', type },
    PUT: { interaction: 'update', type },
    PATCH: { interaction: 'patch', type },
    DELETE: { interaction: 'delete', type },
  };
}

function deeperInteractions(type: string, rest: readonly string[], served: Served): ByMethod {
  const [id = '', second, third] = rest;
  if (rest.length === 1 && id === '_search') return { POST: { interaction: 'search-type', type } };
  if (rest.length === 1 && id === '_history') return { GET: { interaction: 'history-type', type } };
  if (rest.length === 1) return instanceInteractions(type, id);
  if (second === '_history' && rest.length === 2) return { GET: { interaction: 'history-instance', type, id } };
  if (second === '_history' && rest.length === 3) return { GET: { interaction: 'vread', type, id, version: third! } };
  if (served.declarations.has(second!) && (compartmentParameters(type, second!) ?? []).length > 0) {
    const search: Found = { interaction: 'search-type', type: second!, compartment: { type, id } };
    if (rest.length === 2) return { GET: search };
    if (rest.length === 3 && third === '_search') return { POST: search };
  }
  if (served.declarations.has(second!))
    throw new Fault(
      'not-found',
      `There is no compartment of ${type} with ${second} in it: search ${second}?… instead.`,
    );
  throw nothingAt(second!, served.declarations);
}

function instanceInteractions(type: string, id: string): ByMethod {
  return {
    GET: { interaction: 'read', type, id },
    PUT: { interaction: 'update', type, id },
    PATCH: { interaction: 'patch', type, id },
    DELETE: { interaction: 'delete', type, id },
  };
}

/** `$code`, `Type/$code`, `Type/id/$code`; only where the operation is declared for that level. */
function operationAt(steps: readonly string[], { operations }: Served): ByMethod | undefined {
  const name = steps.at(-1)!;
  if (!name.startsWith('$') || steps.length > 3) return undefined;
  const [type, id] = steps.slice(0, -1);
  const level = type === undefined ? 'system' : id === undefined ? 'type' : 'instance';
  const found = operations.find(name.slice(1), level, type);
  if (found === undefined) throw new Fault('not-found', 'There is no such operation here.');
  const call: Found = {
    interaction: 'operation',
    operation: found.code,
    ...(type !== undefined && { type }),
    ...(id !== undefined && { id }),
  };
  return found.affectsState ? { POST: call } : { GET: call, POST: call };
}
