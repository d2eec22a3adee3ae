/** Makes the value of an expression fit its element: one or a list, the right JSON type, nothing empty. */
import type { Element } from '../../r4/definition.ts';
import { jsonTypeOf } from './binding.ts';

/** @returns undefined for nothing @throws Error with a sentence when the value cannot be what the element holds */
export type Fit = (value: unknown) => unknown;

/** @param element undefined for a MIS record, which takes anything @param list whether a list of values is wanted */
export function fitFor(element: Element | undefined, list: boolean): Fit {
  const fit =
    element === undefined ? compact : element.kind === 'primitive' ? fitPrimitive(element) : fitObject(element);
  if (list) return (value) => fitList(value, fit);
  return element === undefined ? compact : (value) => (Array.isArray(value) ? fit(onlyOf(value)) : fit(value));
}

function fitPrimitive({ type }: Element): Fit {
  const wanted = jsonTypeOf(type);
  const advice = wanted === 'string' ? 'use $string(…)' : wanted === 'number' ? 'use $number(…)' : 'use a comparison';
  return (value) => {
    if (typeof value === wanted && value !== '' && (wanted !== 'number' || Number.isFinite(value))) return value;
    if (value === undefined || value === null || value === '') return undefined;
    throw new Error(`is a ${type} and was given ${kindOf(value)}: ${advice}`);
  };
}

function fitObject({ type }: Element): Fit {
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object' && !Array.isArray(value)) return compact(value);
    throw new Error(`is a ${type} and was given ${kindOf(value)}: write an object with its elements`);
  };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function onlyOf(values: readonly unknown[]): unknown {
  if (values.length <= 1) return values[0];
  throw new Error(`holds one value and was given ${values.length}: choose one, e.g. with [0]`);
}

function fitList(value: unknown, fit: Fit): unknown[] | undefined {
  const items = Array.isArray(value) ? value : [value];
  const fitted = items.map(fit).filter((item) => item !== undefined);
  return fitted.length === 0 ? undefined : fitted;
}

/** A copy without null, missing and empty parts, so that neither the record nor a code table is shared with the output. */
export function compact(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return fitList(value, compact);
  const copy: Record<string, unknown> = {};
  let any = false;
  for (const name of Object.keys(value)) {
    const part = compact((value as Record<string, unknown>)[name]);
    if (part === undefined || name === '__proto__') continue;
    copy[name] = part;
    any = true;
  }
  return any ? copy : undefined;
}
