/** One of HL7's FHIRPath test cases, and whether fhirpath.js, as we call it, agrees with it. */

import { Fhir } from 'fhir/fhir.js';
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { childrenOf, readCase, readCases, resourceOf, type XmlNode } from '../support/hl7-cases.ts';

export interface Case {
  /** Names are not unique in the file: the second one of a name is `name #2`. */
  readonly name: string;
  readonly expression: string;
  readonly input: string;
  /** `syntax`, `semantic` or `execution`: it must fail. */
  readonly invalid: string | undefined;
  /** Only whether there is a result matters. */
  readonly predicate: boolean;
  readonly ordered: boolean;
  readonly outputs: readonly { readonly type: string; readonly text: string }[];
}

export function readFhirPathCases(): Case[] {
  const groups = childrenOf(readCases('fhirpath/tests-fhir-r4.xml'), 'group');
  const seen = new Map<string, number>();
  return groups
    .flatMap((group) => childrenOf(group, 'test'))
    .map((test) => {
      const given = test.attributes['name'] ?? 'unnamed';
      const times = (seen.get(given) ?? 0) + 1;
      seen.set(given, times);
      return caseOf(test, times === 1 ? given : `${given} #${times}`);
    });
}

function caseOf(test: XmlNode, name: string): Case {
  const { inputfile = 'patient-example.xml', predicate, ordered } = test.attributes;
  const [expression] = childrenOf(test, 'expression');
  return {
    name,
    expression: expression!.text,
    input: inputfile,
    invalid: expression!.attributes['invalid'],
    predicate: predicate === 'true',
    ordered: ordered !== 'false',
    outputs: childrenOf(test, 'output').map((output) => ({ type: output.attributes['type']!, text: output.text })),
  };
}

const inputs = new Map<string, object>();

function inputOf(file: string): object {
  let input = inputs.get(file);
  if (input === undefined) {
    const text = readCase(file);
    input = file.endsWith('.xml') ? readInput(text) : (JSON.parse(text) as object);
    inputs.set(file, input);
  }
  return input;
}

/** The Observation has an extension where R4 has none, which our reader refuses. */
function readInput(xml: string): object {
  try {
    return resourceOf(xml);
  } catch {
    return JSON.parse(new Fhir().xmlToJson(xml)) as object;
  }
}

/** What FHIR lets a host provide. https://hl7.org/fhir/R4/fhirpath.html#vars */
const variables = {
  sct: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  'vs-administrative-gender': 'http://hl7.org/fhir/ValueSet/administrative-gender',
  'ext-patient-birthTime': 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
};

/** @returns what is wrong, or undefined */
export function disagreement({ expression, input, invalid, predicate, ordered, outputs }: Case): string | undefined {
  let results: unknown[];
  try {
    const resource = inputOf(input);
    const environment = { resource, rootResource: resource, ...variables };
    const options = { traceFn: () => {} };
    results = fhirpath.evaluate(resource, expression, environment, r4 as unknown as Model, options) as unknown[];
  } catch (error) {
    return invalid === undefined ? `fails: ${(error as Error).message}` : undefined;
  }
  if (invalid !== undefined) return `does not fail: ${JSON.stringify(results)}`;
  const found = predicate ? [String(results.length > 0 && results[0] !== false)] : results.map(textOf);
  const wanted = outputs.map(({ text }) => text.replace(/^@T?(?=\d)/, ''));
  if (found.length !== wanted.length) return `gives ${JSON.stringify(found)}`;
  const [left, right] = ordered ? [found, wanted] : [found.toSorted(), wanted.toSorted()];
  return left.every((text, i) => isSame(text, right[i]!)) ? undefined : `gives ${JSON.stringify(found)}`;
}

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Numbers by their value, times with an offset by their instant; fhirpath.js writes the latter in UTC. */
function isSame(found: string, wanted: string): boolean {
  if (found === wanted) return true;
  if (/T.*([+-]\d\d:\d\d|Z)$/.test(found) && /[+-]\d\d:\d\d$/.test(wanted))
    return Date.parse(found) === Date.parse(wanted);
  return found !== '' && wanted !== '' && Number(found) === Number(wanted);
}
