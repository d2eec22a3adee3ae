/** Invariants of single resource types, by their R4 pages. */
import { has, hasCoding, isObject, itemsOf, type Json } from '../json.ts';
import { isReversed } from '../order.ts';
import { hasChoice } from './datatype.ts';
import type { InvariantTest } from './invariant.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';

export const resourceInvariants: Record<string, InvariantTest> = {
  'ait-1': (a) => isMistakenAllergy(a) || has(a, 'clinicalStatus'),
  'ait-2': (a) => !isMistakenAllergy(a) || !has(a, 'clinicalStatus'),
  'app-1': (p) => has(p, 'type') || has(p, 'actor'),
  'app-2': (a) => has(a, 'start') === has(a, 'end'),
  'app-3': (a) => (has(a, 'start') && has(a, 'end')) || isOneOf(a.status, 'proposed', 'cancelled', 'waitlist'),
  'app-4': (a) => !has(a, 'cancelationReason') || isOneOf(a.status, 'noshow', 'cancelled'),
  'apr-1': (a) => has(a, 'participantType') || has(a, 'actor'),
  'cmp-1': (s) => has(s, 'text') || has(s, 'entry') || has(s, 'section'),
  'cmp-2': (s) => !has(s, 'emptyReason') || !has(s, 'entry'),
  'con-1': (s) => has(s, 'summary') || has(s, 'assessment'),
  'con-2': (e) => has(e, 'code') || has(e, 'detail'),
  'con-3': (c) => has(c, 'clinicalStatus') || isMistakenCondition(c) || !has(c, 'category'),
  'con-4': (c) =>
    !hasChoice(c, 'abatement') ||
    hasCoding(c.clinicalStatus, `${terminology}/condition-clinical`, 'resolved', 'remission', 'inactive'),
  'con-5': (c) => !isMistakenCondition(c) || !has(c, 'clinicalStatus'),
  'cpl-3': (a) => !has(a, 'detail') || !has(a, 'reference'),
  'gol-1': (t) => !hasChoice(t, 'detail') || has(t, 'measure'),
  'grp-1': (g) => !has(g, 'member') || g.actual === true || g.actual === undefined,
  'inv-1': isParameter,
  'inv-1@Task': (t) => !isReversed(t.authoredOn, t.lastModified),
  'lst-1': (l) => !has(l, 'emptyReason') || !has(l, 'entry'),
  'lst-2': (l) => isOneOf(l.mode, 'changes') || itemsOf(l, 'entry').every((e) => !has(e, 'deleted')),
  'lst-3': (l) => isOneOf(l.mode, 'working') || itemsOf(l, 'entry').every((e) => !has(e, 'date')),
  'mad-1': (d) => has(d, 'dose') || hasChoice(d, 'rate'),
  'mdd-1': (d) => !isReversed(d.whenPrepared, d.whenHandedOver),
  'nsd-1': (n) => n.kind !== 'root' || itemsOf(n, 'uniqueId').every((u) => has(u, 'type') && u.type !== 'uuid'),
  'nsd-2': (n) => hasOnePreferredOfAType(itemsOf(n, 'uniqueId')),
  'obs-3': (r) => has(r, 'low') || has(r, 'high') || has(r, 'text'),
  'obs-6': (o) => !has(o, 'dataAbsentReason') || !hasChoice(o, 'value'),
  'obs-7': (o) => !hasChoice(o, 'value') || !hasComponentOf(o, o.code),
  'org-1': (o) => has(o, 'identifier') || has(o, 'name'),
  'org-2': (a) => a.use !== 'home',
  'org-3': (t) => t.use !== 'home',
  'pat-1': (c) => has(c, 'name') || has(c, 'telecom') || has(c, 'address') || has(c, 'organization'),
  'ppc-1': (c) => has(c, 'policy') || has(c, 'policyRule'),
  'prr-1': (s) => !has(s, 'orderDetail') || has(s, 'code'),
  'qrs-1': (i) => !has(i, 'answer') || !has(i, 'item'),
  'rqg-1': (a) => has(a, 'resource') !== has(a, 'action'),
  'sev-1': (e) => !has(e, 'name') || !has(e, 'query'),
  'spd-1': (p) => !has(p, 'xpath') || has(p, 'xpathUsage'),
  'spd-2': (p) => !has(p, 'chain') || isOneOf(p.type, 'reference'),
};

/** A missing code is an error of its own and fails no invariant, as in FHIRPath. */
function isOneOf(code: unknown, ...codes: readonly string[]): boolean {
  return code === undefined || codes.includes(code as string);
}

function isMistakenAllergy({ verificationStatus }: Json): boolean {
  return hasCoding(verificationStatus, `${terminology}/allergyintolerance-verification`, 'entered-in-error');
}

function isMistakenCondition({ verificationStatus }: Json): boolean {
  return hasCoding(verificationStatus, `${terminology}/condition-ver-status`, 'entered-in-error');
}

/** Exactly one of parts, a value, a resource. */
function isParameter(parameter: Json): boolean {
  const hasValue = hasChoice(parameter, 'value');
  const hasResource = has(parameter, 'resource');
  return has(parameter, 'part') ? !hasValue && !hasResource : hasValue !== hasResource;
}

function hasOnePreferredOfAType(ids: readonly Json[]): boolean {
  const types = ids.filter((u) => u.preferred === true).flatMap((u) => u.type ?? []);
  return new Set(types).size === types.length;
}

/** Both the codings and the components may be thousands: each is looked at once. */
function hasComponentOf(observation: Json, code: unknown): boolean {
  const own = new Set(codingsOf(code));
  return itemsOf(observation, 'component').some((c) => codingsOf(c.code).some((coding) => own.has(coding)));
}

/** As texts that are equal when the codings are, whatever the order of their members. */
function codingsOf(concept: unknown): string[] {
  if (!isObject(concept)) return [];
  return itemsOf(concept, 'coding').map((c) => JSON.stringify(Object.entries(c).sort(([a], [b]) => (a < b ? -1 : 1))));
}
