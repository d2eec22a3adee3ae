/**
 * A parameter of a search taken apart: chains and `_has`, modifier, alternatives. https://hl7.org/fhir/R4/search.html.
 * A parameter that is not known is an error: it must never silently widen a result.
 */
import { Fault } from '../../fault.ts';
import type { SearchParameter } from '../../r4/definition.ts';
import { blame, show } from './blame.ts';
import { checkModifier } from './modifier.ts';
import { longestOf, servedParameters } from './parameter.ts';
import type { Declarations } from './request.ts';
import { valuesOf } from './value.ts';

export type Filter = ValueFilter | ChainFilter | HasFilter;

export interface ValueFilter {
  readonly kind: 'value';
  readonly parameter: SearchParameter;
  readonly modifier?: string;
  /** Milliseconds that a date kept for the parameter takes at most; absent where it may be open. */
  readonly longest?: number;
  /** Alternatives; escapes are still in them (each type of parameter has its own separators). */
  readonly values: readonly string[];
  /** Name as it was sent, for errors. */
  readonly name: string;
}

/** `schedule.actor=…`: for each type that may be referred to, the filter that it must pass. */
export interface ChainFilter {
  readonly kind: 'chain';
  readonly parameter: SearchParameter;
  readonly targets: ReadonlyMap<string, Filter>;
}

/** `_has:Appointment:patient:status=…`: some resource of `source` that refers by `parameter` must pass the filter. */
export interface HasFilter {
  readonly kind: 'has';
  readonly source: string;
  readonly parameter: SearchParameter;
  readonly filter: Filter;
}

/** Names in a row, `_has` included. */
const mostSteps = 5;
/** A chain over references to any type has a condition for each of them; more than this take too long to plan. */
const mostConditions = 60;

/** @throws Fault naming the parameter to blame; of an unknown one with the code `unknown-parameter` */
export function parseFilter(type: string, name: string, value: string, declarations: Declarations): Filter {
  const filter = parseStep({ sent: name, value, declarations }, type, name, 1);
  if (countConditions(filter) > mostConditions)
    throw blame(name, 'leads to too many types: name the one that is meant, as in subject:Patient.name');
  return filter;
}

interface Sent {
  readonly sent: string;
  readonly value: string;
  readonly declarations: Declarations;
}

function parseStep(given: Sent, type: string, name: string, steps: number): Filter {
  if (steps > mostSteps) throw blame(given.sent, `is chained over more than ${mostSteps} names`);
  if (name === '_has' || name.startsWith('_has:')) return parseHas(given, type, name, steps);
  const dot = name.indexOf('.');
  const head = dot === -1 ? name : name.slice(0, dot);
  const [code = '', modifier, ...more] = head.split(':');
  const parameter = findParameter(type, code, given.sent, given.declarations);
  if (more.length > 0) throw blame(given.sent, 'takes one modifier at most');
  if (dot !== -1) return parseChain(given, parameter, modifier, name.slice(dot + 1), steps);
  checkModifier(type, parameter, modifier, given.sent);
  const values = valuesOf(given.sent, given.value);
  const longest = longestOf(type, parameter);
  return {
    kind: 'value',
    parameter,
    values,
    name: given.sent,
    ...(modifier !== undefined && { modifier }),
    ...(longest !== undefined && { longest }),
  };
}

function parseHas(given: Sent, type: string, name: string, steps: number): Filter {
  const [, source, code, rest] = /^_has:([^:.]+):([^:.]+):(.+)$/s.exec(name) ?? [];
  if (source === undefined || code === undefined || rest === undefined)
    throw blame(given.sent, 'is written _has:<type>:<its reference parameter>:<its parameter>');
  if (!given.declarations.has(source)) throw blame(given.sent, `names a type that is not served: ${show(source)}`);
  const parameter = findParameter(source, code, given.sent, given.declarations);
  if (parameter.type !== 'reference' || !mayLeadTo(parameter, type))
    throw blame(given.sent, `needs a parameter of ${source} that refers to ${type}; ${code} does not`);
  return { kind: 'has', source, parameter, filter: parseStep(given, source, rest, steps + 1) };
}

export const mayLeadTo = ({ targets }: SearchParameter, type: string): boolean =>
  targets.length === 0 || targets.includes(type);

function parseChain(
  given: Sent,
  parameter: SearchParameter,
  only: string | undefined,
  rest: string,
  steps: number,
): Filter {
  const { sent, declarations } = given;
  if (parameter.type !== 'reference') throw blame(sent, `cannot be chained: ${parameter.code} is not a reference`);
  const served = [...declarations.keys()].filter((t) => mayLeadTo(parameter, t) && (only ?? t) === t);
  const targets = new Map<string, Filter>();
  for (const target of served) {
    const filter = parseTarget(given, target, rest, steps + 1);
    if (filter !== undefined) targets.set(target, filter);
  }
  if (targets.size === 0)
    throw blame(
      sent,
      `leads nowhere: no type that ${parameter.code} may refer to here has the parameter ${show(rest)}`,
    );
  return { kind: 'chain', parameter, targets };
}

/** Undefined for a type that does not have the parameter: others may. */
function parseTarget(given: Sent, target: string, rest: string, steps: number): Filter | undefined {
  try {
    return parseStep(given, target, rest, steps);
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

const unknown = 'unknown-parameter';

export const isUnknown = (error: unknown): error is Fault => error instanceof Fault && error.details.code === unknown;

/** @param name as it was sent, for the error */
export function findParameter(type: string, code: string, name: string, declarations: Declarations): SearchParameter {
  const served = servedParameters(declarations.get(type)!);
  const parameter = served.find((p) => p.code === code);
  if (parameter !== undefined) return parameter;
  const list = served.map((p) => p.code).join(', ');
  const what = code === name ? 'is not' : `names ${show(code)}, which is not`;
  const { message, details } = blame(name, `${what} a search parameter that ${type} has here. There are: ${list}`);
  throw new Fault('not-supported', message, { ...details, code: unknown });
}

function countConditions(filter: Filter): number {
  if (filter.kind === 'value') return 1;
  if (filter.kind === 'has') return countConditions(filter.filter);
  return [...filter.targets.values()].reduce((n, f) => n + countConditions(f), 0);
}

/** The innermost filters, which have the values. */
export function leavesOf(filter: Filter): ValueFilter[] {
  if (filter.kind === 'value') return [filter];
  if (filter.kind === 'has') return leavesOf(filter.filter);
  return [...filter.targets.values()].flatMap(leavesOf);
}
