/** The state of one validation and the rules that look at a single value, without going deeper. */
import type { Scope } from './invariants/invariant.ts';
import type { Report } from './issue.ts';
import type { Json } from './json.ts';
import { isReversed } from './order.ts';
import type { ElementCheck, InvariantCheck, Plan } from './plan.ts';
import { isResourceType } from './table.ts';
import { checkXhtml } from './xhtml.ts';

export type { Scope };

export interface Walk {
  readonly report: Report;
  readonly warnings: boolean;
  readonly maxDepth: number;
  depth: number;
  /** How many more values may be looked at. */
  values: number;
  /** How many more values may be given to fhirpath.js. */
  effort: number;
}

/** Counts a value; false when there have been too many, which is reported once. */
export function spend(walk: Walk): boolean {
  if (walk.values-- > 0) return true;
  if (walk.values === -1) walk.report.add('too-long', 'holds too many values; send less at once.');
  return false;
}

export function reportType(resourceType: unknown, report: Report): void {
  if (typeof resourceType !== 'string') report.add('structure', 'has no "resourceType"; name its R4 type there.');
  else if (isResourceType(resourceType)) report.add('not-supported', 'is of a type that this server does not take.');
  else report.add('structure', 'has a "resourceType" that R4 does not have; correct the name.');
}

/** The name is repeated only when it looks like a name: it is the sender's. */
export function reportUnknown(key: string, plan: Plan, report: Report): void {
  const name = /^[A-Za-z_][\w-]{0,63}$/.test(key) ? `an element "${key}"` : 'an element';
  report.add('structure', `has ${name} that R4's ${plan.name} does not have; remove it or correct its name.`);
}

export function checkRequired(value: Json, plan: Plan, report: Report): void {
  for (const { step, names, type } of plan.required)
    if (!isGiven(value, names)) report.add('required', `is required (${type}); give it.`, step);
}

function isGiven(value: Json, names: readonly string[]): boolean {
  for (const name of names) if (value[name] !== undefined || value[`_${name}`] !== undefined) return true;
  return false;
}

/** Reports a second type of one choice. @returns the checks to compare the next with */
export function checkChoice(check: ElementCheck, before: ElementCheck[], report: Report): ElementCheck[] {
  const { choice, name } = check.element;
  const other = before.find((b) => b.element.choice === choice && b.element.name !== name)?.element.name;
  if (other !== undefined) report.add('structure', `is given in two types (${other} and ${name}); keep one.`, choice);
  before.push(check);
  return before;
}

export function checkPrimitive(check: ElementCheck, value: unknown, scope: Scope, report: Report): void {
  const hint = check.primitive?.(value);
  const unbound = hint === undefined ? check.binding?.(value) : undefined;
  if (hint !== undefined) report.add('value', `takes ${hint}.`);
  else if (unbound !== undefined) report.add('code-invalid', unbound);
  else if (check.element.type === 'xhtml') checkNarrative(value as string, report);
  else if (check.isAnchor && (value as string).startsWith('#')) noteAnchor(check, value as string, scope);
}

function checkNarrative(text: string, report: Report): void {
  const fault = checkXhtml(text);
  if (fault !== undefined) report.add('invariant', fault);
}

/** dom-3 wants the bare `#` of references and canonicals, not of urls. */
function noteAnchor(check: ElementCheck, anchor: string, scope: Scope): void {
  scope.anchors.add(anchor);
  const { type } = check.element;
  if (anchor === '#' && (type === 'string' || type === 'canonical')) scope.pointsToContainer = true;
}

/** @param size how many values there are in `value` */
export function checkInvariants(
  value: Json,
  checks: readonly InvariantCheck[],
  scope: Scope,
  walk: Walk,
  size: number,
): void {
  for (const { test, isRare, text, severity } of checks)
    if ((severity === 'error' || walk.warnings) && (!isRare || afford(size, walk)) && !test(value, scope))
      walk.report.add('invariant', text, undefined, severity);
}

/** An evaluation takes about as long as looking at 20 values, however small its value is. */
function afford(size: number, walk: Walk): boolean {
  if (walk.effort < 0) return false;
  walk.effort -= size + 20;
  if (walk.effort >= 0) return true;
  if (walk.warnings)
    walk.report.add('too-costly', 'is too large: some of its invariants were not evaluated.', undefined, 'warning');
  return false;
}

/** What R4 does not state and every scheduler needs. */
export function checkOrder(value: Json, { name }: Plan, report: Report): void {
  if ((name === 'Slot' || name === 'Appointment') && isReversed(value.start, value.end))
    report.add('business-rule', 'is before start; let it end after it begins.', 'end');
}
