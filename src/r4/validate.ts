/**
 * Whether a resource is valid R4: one walk over the table (protocols/r4.md §D, BEHAVIOURS.md §5.1) for structure,
 * cardinality, formats, required codes, reference targets and invariants, and what R4 says in words or forgot (prose.ts).
 */
import type { Issue } from './issue.ts';
import { isObject, type Json } from './json.ts';
import { type ElementCheck, type Plan, planOf } from './plan.ts';
import { checkReference, entriesOf } from './reference.ts';
import { isResourceType } from './table.ts';
import {
  checkChoice,
  checkInvariants,
  checkModifier,
  checkPrimitive,
  checkRequired,
  giveAdvice,
  reportType,
  reportUnknown,
  type Scope,
  spend,
  type ValidateOptions,
  type Walk,
  walkFrom,
} from './walk.ts';

export type { Issue, IssueCode } from './issue.ts';
export type { ValidateOptions } from './walk.ts';

/** All that is wrong with a parsed JSON value as an R4 resource; empty when it is valid. Never throws. */
export function validate(resource: unknown, options: ValidateOptions = {}): Issue[] {
  const stated = isObject(resource) ? resource.resourceType : undefined;
  const type = typeof stated === 'string' && planOf(stated) !== undefined ? stated : 'Resource';
  const walk = walkFrom(type, options);
  if (isObject(resource)) checkResource(resource, undefined, walk);
  else walk.report.add('structure', 'must be one resource: send a JSON object.');
  return walk.report.issues;
}

/** @param container the scope of the resource that contains this one in `contained` */
function checkResource(resource: Json, container: Scope | undefined, walk: Walk): void {
  const { resourceType } = resource;
  const plan = typeof resourceType === 'string' ? planOf(resourceType) : undefined;
  if (plan === undefined || !isResourceType(plan.name)) {
    reportType(resourceType, walk.report);
    return;
  }
  const root = container?.root ?? resource;
  const scope: Scope = { resource, root, anchors: new Set(), pointsToContainer: false, contained: [] };
  const { entries } = walk;
  if (plan.name === 'Bundle') walk.entries = entriesOf(resource);
  checkObject(resource, plan, scope, walk);
  walk.entries = entries;
  if (container === undefined) return;
  container.contained.push(scope);
  for (const anchor of scope.anchors) container.anchors.add(anchor);
}

/** @returns how many values there are in it */
function checkObject(value: Json, plan: Plan, scope: Scope, walk: Walk): number {
  const { report } = walk;
  if (walk.depth >= walk.maxDepth) {
    report.add('too-long', `is nested deeper than ${walk.maxDepth} levels; flatten it.`);
    walk.isCut = true;
    return 0;
  }
  walk.depth++;
  const before = report.issues.length;
  const left = walk.values;
  const count = checkMembers(value, plan, scope, walk);
  if (count === 0 && !isIdEnough(value, plan)) report.add('structure', 'is empty; leave the element out.');
  checkRequired(value, plan, report);
  if (plan.rule !== undefined && report.issues.length === before) plan.rule(value, report);
  const size = left - walk.values;
  if (plan.invariants.length > 0) checkInvariants(value, plan.invariants, scope, walk, size);
  walk.depth--;
  return size;
}

/** @returns how many members there are besides `id` */
function checkMembers(value: Json, plan: Plan, scope: Scope, walk: Walk): number {
  let count = 0;
  let chosen: ElementCheck[] | undefined;
  for (const key in value) {
    if (walk.report.isFull || !spend(walk)) return count + 1;
    const member = value[key];
    if ((key === 'resourceType' && plan.isResource) || member === undefined) continue;
    if (key !== 'id') count++;
    const check = plan.checks.get(key) ?? companionCheck(key, plan, walk);
    if (check === undefined) continue;
    if (check.element.choice !== undefined) chosen = checkChoice(check, chosen ?? [], walk.report);
    walk.report.enter(check.step);
    if (check.isModifier) checkModifier(check, member, walk);
    if (key === check.element.name) checkElement(check, member, value, scope, walk);
    else checkCompanion(check, member, value[check.element.name], scope, walk);
    walk.report.leave();
  }
  return count;
}

/** ele-1 wants more than an id, except of a resource and of the `_name` of a primitive that has a value. */
function isIdEnough(value: Json, plan: Plan): boolean {
  return plan.isResource || (plan.name === 'Element' && value.id !== undefined);
}

/** The element of a primitive that `_name` belongs to; else the name is unknown. */
function companionCheck(key: string, plan: Plan, walk: Walk): ElementCheck | undefined {
  const check = key.startsWith('_') ? plan.checks.get(key.slice(1)) : undefined;
  if (check?.element.kind === 'primitive') return check;
  reportUnknown(key, plan, walk.report);
  return undefined;
}

function checkElement(check: ElementCheck, value: unknown, owner: Json, scope: Scope, walk: Walk): void {
  if (check.list) checkList(check, value, owner, scope, walk);
  else if (Array.isArray(value)) walk.report.add('structure', 'is a list; give a single value without brackets.');
  else checkValue(check, value, scope, walk);
}

function checkList(check: ElementCheck, list: unknown, owner: Json, scope: Scope, walk: Walk): void {
  const { report } = walk;
  const companion = check.primitive === undefined ? undefined : owner[`_${check.element.name}`];
  if (!Array.isArray(list)) report.add('structure', 'must be a list; put it in [ ].');
  else if (list.length === 0) report.add('structure', 'is an empty list; leave the element out.');
  else if (Array.isArray(companion) && companion.length !== list.length)
    report.add('structure', `and _${check.element.name} must be lists of one length; pad the shorter with null.`);
  else checkItems(check, list, companion, scope, walk);
}

function checkItems(check: ElementCheck, list: unknown[], companion: unknown, scope: Scope, walk: Walk): void {
  const { report } = walk;
  for (let i = 0; i < list.length; i++) {
    if (report.isFull || !spend(walk)) return;
    report.enter(i);
    const isPadding = list[i] === null && Array.isArray(companion) && isObject(companion[i]);
    if (!isPadding) checkValue(check, list[i], scope, walk);
    report.leave();
  }
}

function checkValue(check: ElementCheck, value: unknown, scope: Scope, walk: Walk): void {
  const { report } = walk;
  if (value === null) report.add('structure', 'is null; leave the element out.');
  else if (check.element.kind === 'primitive') checkPrimitive(check, value, scope, walk);
  else if (!isObject(value)) report.add('structure', `takes an object (${check.element.type}).`);
  else if (check.element.type === 'Resource') checkInner(check, value, scope, walk);
  else checkComplex(check, value, scope, walk);
}

/** Resources of Bundle entries and Parameters stand for themselves, contained ones belong to their container. */
function checkInner({ element }: ElementCheck, value: Json, scope: Scope, walk: Walk): void {
  if (element.name === 'contained') checkResource(value, scope, walk);
  else if (!walk.frameOnly) checkResource(value, undefined, walk);
}

function checkComplex(check: ElementCheck, value: Json, scope: Scope, walk: Walk): void {
  const { element } = check;
  const size = checkObject(value, planOf(element.type)!, scope, walk);
  const misplaced =
    element.type === 'Reference' ? checkReference(value, element.targets, scope.root, walk.entries) : undefined;
  if (misplaced !== undefined) walk.report.add('value', misplaced);
  const unbound = check.binding?.(value);
  if (unbound !== undefined) walk.report.add('code-invalid', unbound);
  if (check.advice !== undefined && walk.warnings) giveAdvice(check.advice, value, walk.report);
  if (check.invariants.length > 0) checkInvariants(value, check.invariants, scope, walk, size);
}

function checkCompanion(check: ElementCheck, companion: unknown, primitive: unknown, scope: Scope, walk: Walk): void {
  const { name } = check.element;
  if (check.list) checkCompanionList(name, companion, primitive, scope, walk);
  else if (isObject(companion)) checkAside(companion, primitive, scope, walk);
  else walk.report.add('structure', `: _${name} takes an object with id or extension.`);
}

/** What stands beside a primitive, or for it: then an id is not enough (ele-1). */
function checkAside(companion: Json, primitive: unknown, scope: Scope, walk: Walk): void {
  const isAlone = primitive === undefined || primitive === null;
  if (isAlone && companion.extension === undefined && companion.id !== undefined)
    walk.report.add('structure', 'has neither a value nor an extension; leave the element out.');
  else checkObject(companion, planOf('Element')!, scope, walk);
}

function checkCompanionList(name: string, list: unknown, primitive: unknown, scope: Scope, walk: Walk): void {
  const { report } = walk;
  if (!Array.isArray(list) || !list.some(isObject)) {
    report.add('structure', `: _${name} must be a list with an object in it.`);
    return;
  }
  const values = Array.isArray(primitive) ? primitive : [];
  for (let i = 0; i < list.length && spend(walk); i++) {
    report.enter(i);
    const isPadding = list[i] === null && i < values.length;
    if (isObject(list[i])) checkAside(list[i], values[i], scope, walk);
    else if (!isPadding) report.add('structure', `: _${name} takes objects and, where there is nothing to say, null.`);
    report.leave();
  }
}
