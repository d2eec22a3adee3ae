/** The state of one validation and the rules that look at a single value, without going deeper. */
import type { Advice } from './binding.ts';
import type { Scope } from './invariants/invariant.ts';
import { Report } from './issue.ts';
import { isObject, type Json } from './json.ts';
import type { ElementCheck, InvariantCheck, Plan } from './plan.ts';
import type { Entries } from './reference.ts';
import { isResourceType } from './table.ts';
import { checkXhtml } from './xhtml.ts';

export type { Scope };

export interface ValidateOptions {
  /** Also report R4's own warnings, such as a missing narrative (dom-6), and codes other than those advised. Default false. */
  readonly warnings?: boolean;
  /**
   * For a resource that is to be acted upon: URLs of the modifier extensions that are understood. Any other modifierExtension,
   * and implicitRules, is then an error, as R4 wants it (extensibility.html#modifierExtension).
   */
  readonly understood?: ReadonlySet<string>;
  /** Of a Bundle or a Parameters: the resources in it are left to the caller. Default false. */
  readonly frameOnly?: boolean;
  /** Objects within objects. Default 64. */
  readonly maxDepth?: number;
  /** Values of all kinds. Default 1,000,000. */
  readonly maxValues?: number;
  /** Values that may be given to fhirpath.js, a value counting once for each invariant. Default 50,000: half a second at most. */
  readonly maxEffort?: number;
  /** The walk ends at this many issues. Default 100. */
  readonly maxIssues?: number;
}

export interface Walk {
  readonly report: Report;
  readonly warnings: boolean;
  readonly understood: ReadonlySet<string> | undefined;
  readonly frameOnly: boolean;
  /** Of the innermost Bundle around. */
  entries: Entries | undefined;
  readonly maxDepth: number;
  depth: number;
  /** How many more values may be looked at. */
  values: number;
  /** Too deep or too large: what was not walked is not shown to invariants. */
  isCut: boolean;
  /** How many more values may be given to fhirpath.js. */
  effort: number;
}

export function walkFrom(type: string, options: ValidateOptions): Walk {
  return {
    report: new Report(type, options.maxIssues ?? 100),
    warnings: options.warnings ?? false,
    understood: options.understood,
    frameOnly: options.frameOnly ?? false,
    entries: undefined,
    maxDepth: options.maxDepth ?? 64,
    depth: 0,
    values: options.maxValues ?? 1_000_000,
    isCut: false,
    effort: options.maxEffort ?? 50_000,
  };
}

/** Counts a value; false when there have been too many, which is reported once. */
export function spend(walk: Walk): boolean {
  if (walk.values-- > 0) return true;
  if (!walk.isCut) walk.report.add('too-long', 'holds too many values; send less at once.');
  walk.isCut = true;
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

export function checkPrimitive(check: ElementCheck, value: unknown, scope: Scope, walk: Walk): void {
  const { report } = walk;
  const hint = check.primitive?.(value);
  const unbound = hint === undefined ? check.binding?.(value) : undefined;
  if (hint !== undefined) report.add('value', `takes ${hint}.`);
  else if (unbound !== undefined) report.add('code-invalid', unbound);
  else if (check.advice !== undefined && walk.warnings) giveAdvice(check.advice, value, report);
  else if (check.element.type === 'xhtml') checkNarrative(value as string, scope, report);
  else if (check.isAnchor && (value as string).startsWith('#')) noteAnchor(check, value as string, scope);
}

export function giveAdvice({ check, severity }: Advice, value: unknown, report: Report): void {
  const hint = check(value);
  if (hint !== undefined) report.add('code-invalid', hint, undefined, severity);
}

/** https://hl7.org/fhir/R4/extensibility.html#modifierExtension, https://hl7.org/fhir/R4/resource.html#implicitRules */
export function checkModifier(check: ElementCheck, member: unknown, walk: Walk): void {
  const { report, understood } = walk;
  if (understood === undefined) return;
  if (check.element.name === 'implicitRules')
    report.add('not-supported', 'names rules that this server does not know; leave it out.');
  else if (!Array.isArray(member) || !member.every((e) => isObject(e) && understood.has(e.url as string)))
    report.add('extension', 'changes the meaning in a way that this server does not understand; leave it out.');
}

function checkNarrative(text: string, scope: Scope, report: Report): void {
  const fault = checkXhtml(text, scope.anchors);
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
  if (walk.isCut) return;
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
