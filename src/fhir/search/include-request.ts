/** `_include` and `_revinclude` taken apart. https://hl7.org/fhir/R4/search.html#include */
import type { SearchParameter } from '../../r4/definition.ts';
import { blame, show } from './blame.ts';
import { findParameter, mayLeadTo } from './filter.ts';
import { servedParameters } from './parameter.ts';
import type { Declarations } from './request.ts';

export interface Include {
  /** What refers to something is included, and not what is referred to. */
  readonly reverse: boolean;
  /** The type that refers. */
  readonly source: string;
  /** Codes of the parameters by which it refers. */
  readonly codes: readonly string[];
  /** Served types that it may refer to by them. */
  readonly targets: readonly string[];
  /** Only references to `targets` are meant, though there may be others. */
  readonly narrowed: boolean;
  /** From what is included, too; else from the matches alone. */
  readonly iterate: boolean;
}

/** `:recurse` is what STU3 called `:iterate`. */
const modifiers = new Set(['', 'iterate', 'recurse']);

/** `Slot:schedule`, `Schedule:actor:Practitioner`, `Appointment:*`, `*`. @throws Fault for what is not served */
export function parseInclude(type: string, name: string, value: string, declarations: Declarations): Include[] {
  const [kind = '', modifier = '', ...more] = name.split(':');
  if (!modifiers.has(modifier) || more.length > 0) throw blame(name, 'has no such modifier; there is :iterate');
  const reverse = kind === '_revinclude';
  const iterate = modifier !== '';
  if (value === '*') return everything(type, reverse, iterate, declarations);
  const [source = '', code = '', target, ...rest] = value.split(':');
  if (rest.length > 0) throw blame(kind, 'is written <type>:<parameter>:<target type>');
  if (!declarations.has(source)) throw blame(kind, `names a resource type that is not served: ${show(source)}`);
  if (target !== undefined && !declarations.has(target))
    throw blame(kind, `names a target type that is not served: ${show(target)}`);
  const parameters =
    code === '*' ? referencesOf(source, declarations) : [findReference(kind, source, code, declarations)];
  const whole = includeOf(reverse, source, parameters, iterate, declarations);
  if (target === undefined) return [whole];
  return [{ ...whole, targets: whole.targets.filter((t) => t === target), narrowed: true }];
}

function includeOf(
  reverse: boolean,
  source: string,
  parameters: readonly SearchParameter[],
  iterate: boolean,
  declarations: Declarations,
): Include {
  const targets = [...declarations.keys()].filter((t) => parameters.some((p) => mayLeadTo(p, t)));
  return { reverse, source, codes: parameters.map((p) => p.code), targets, narrowed: false, iterate };
}

function findReference(kind: string, source: string, code: string, declarations: Declarations): SearchParameter {
  const parameter = findParameter(source, code, kind, declarations);
  if (parameter.type !== 'reference') throw blame(kind, `needs a reference parameter; ${code} is a ${parameter.type}`);
  return parameter;
}

const referencesOf = (type: string, declarations: Declarations) =>
  servedParameters(declarations.get(type)!).filter((p) => p.type === 'reference');

/** `*`: all that the matches refer to, or all that refers to them; iterated, of whatever is included as well. */
function everything(type: string, reverse: boolean, iterate: boolean, declarations: Declarations): Include[] {
  const sources = reverse || iterate ? [...declarations.keys()] : [type];
  return sources.flatMap((source) => {
    const parameters = referencesOf(source, declarations);
    const leading = reverse && !iterate ? parameters.filter((p) => mayLeadTo(p, type)) : parameters;
    return leading.length === 0 ? [] : [includeOf(reverse, source, leading, iterate, declarations)];
  });
}
