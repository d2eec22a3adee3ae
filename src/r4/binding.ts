/** Bindings: the codes that R4 fixes (required) or advises (extensible, preferred). https://hl7.org/fhir/R4/terminologies.html#strength */

import type { Element } from './definition.ts';
import { systemsOf } from './table.ts';

/** Undefined when the value is bound as it must be, else how to mend it. */
export type BindingCheck = (value: unknown) => string | undefined;

const mimePattern = /^(?:[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?|xml|json|ttl)$/;
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** The check of an element's required binding; undefined when it has none that can be checked. */
export function bindingCheckOf(element: Element): BindingCheck | undefined {
  if (element.required === undefined) return undefined;
  if (element.required.endsWith('/mimetypes'))
    return (v) => (mimePattern.test(String(v)) ? undefined : 'takes a MIME type such as application/pdf.');
  if (element.required.endsWith('/currencies'))
    return (v) => (currencies.has(String(v)) ? undefined : 'takes a currency code of ISO 4217 such as RUB.');
  const systems = systemsOf(element.required);
  return systems && checkOf(element, systems, element.required);
}

export interface Advice {
  readonly check: BindingCheck;
  readonly severity: 'warning' | 'information';
}

/** For an extensible or preferred binding whose codes the table has. Text without a coding is no cause for advice. */
export function adviceOf(element: Element): Advice | undefined {
  const url = element.extensible ?? element.preferred;
  const systems = url === undefined ? undefined : systemsOf(url);
  const bound = systems && checkOf(element, systems, url!);
  if (bound === undefined) return undefined;
  const severity = element.extensible === undefined ? 'information' : 'warning';
  const hint = `has no code of ${url}: ${listOf(systems!)}. Use one of them if one fits.`;
  return { check: (v) => (isUncoded(element, v) || bound(v) === undefined ? undefined : hint), severity };
}

function isUncoded({ type }: Element, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return type === 'CodeableConcept' ? !('coding' in value) : !('code' in value);
}

function checkOf(element: Element, systems: ReadonlyMap<string, string>, url: string): BindingCheck | undefined {
  const hint = `takes a code of ${url}: ${listOf(systems)}.`;
  switch (element.type) {
    case 'Coding':
      return (v) => (isIn(systems, v) ? undefined : `${hint} Give its system too.`);
    case 'CodeableConcept':
      return (v) => (conceptIsIn(systems, v) ? undefined : `needs a coding that ${hint} Give its system too.`);
    default:
      return element.kind === 'primitive' ? (v) => (systems.has(v as string) ? undefined : hint) : undefined;
  }
}

function listOf(systems: ReadonlyMap<string, string>): string {
  const codes = [...systems.keys()];
  return codes.length <= 20 ? codes.join(' | ') : `${codes.slice(0, 10).join(' | ')} and ${codes.length - 10} more`;
}

function isIn(systems: ReadonlyMap<string, string>, coding: unknown): boolean {
  if (typeof coding !== 'object' || coding === null) return false;
  const { system, code } = coding as { system?: unknown; code?: unknown };
  return typeof code === 'string' && systems.get(code) === system;
}

function conceptIsIn(systems: ReadonlyMap<string, string>, concept: unknown): boolean {
  const coding = (concept as { coding?: unknown } | null)?.coding;
  return Array.isArray(coding) && coding.some((c) => isIn(systems, c));
}
