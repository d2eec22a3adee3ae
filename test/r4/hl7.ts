/**
 * HL7's test cases of its validator, from the checkout that FHIR_TEST_CASES names (test/support/hl7-cases.ts): those that concern
 * us, chosen by the rule below and never by hand.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coveredTypes } from '../../tools/r4/coverage.ts';

/** Of types that the hub publishes and nobody writes to it. */
const published = [
  ...[
    'CapabilityStatement',
    'CodeSystem',
    'CompartmentDefinition',
    'ConceptMap',
    'NamingSystem',
    'OperationDefinition',
  ],
  ...['Questionnaire', 'SearchParameter', 'StructureDefinition', 'ValueSet'],
];
const types = new Set<string>(coveredTypes.filter((t) => !published.includes(t)));

/** Any other key loads packages, profiles or files, or changes how the validator is run. */
const plainKeys = new Set([
  ...['name', 'file', 'version', 'module', 'java', 'profile', 'explanation', 'description', 'tags', 'documentation'],
  ...['comment', 'use-test', 'brianpos', 'dotnet-brianpos', 'firely-sdk-current', 'firely-sdk-wip'],
]);

/** They ask a terminology server, or verify signatures. */
const foreignModules = new Set(['tx', 'tx-advanced', 'dsig']);
const largest = 50_000;

interface ManifestCase {
  readonly name: string;
  readonly file: string;
  readonly version?: string;
  readonly module?: string;
  readonly java?: unknown;
  readonly 'use-test'?: boolean;
}

interface Outcome {
  readonly issue?: readonly { severity: string; expression?: string[]; details?: { text?: string } }[];
}

export interface Case {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** What HL7's Java validator has against it, with places in FHIRPath. */
  readonly errors: readonly { readonly place: string; readonly text: string }[];
}

/** Version 4.0, plain mode, of a type that clients send us, no profile, no terminology server, 50 kB at most. */
export function chooseCases(folder: string): Case[] {
  // As bodies are read: without a byte order mark.
  const read = (path: string) => {
    const file = join(folder, 'validator', path);
    return existsSync(file) ? new TextDecoder().decode(readFileSync(file)) : undefined;
  };
  const manifest = JSON.parse(read('manifest.json')!) as { 'test-cases': ManifestCase[] };
  return manifest['test-cases'].filter(isPlain).flatMap(({ name, file, java }) => {
    const text = read(file);
    const outcome = read(`outcomes/${java}`);
    if (text === undefined || outcome === undefined || !isOurs(file, text) || needsServer(outcome)) return [];
    return [{ name, file, text, errors: errorsOf(JSON.parse(outcome) as Outcome) }];
  });
}

function isPlain(entry: ManifestCase): boolean {
  return (
    (entry.version === '4.0' || entry.version === '4.0.1') &&
    entry['use-test'] !== false &&
    typeof entry.java === 'string' &&
    Object.keys(entry).every((key) => plainKeys.has(key)) &&
    !foreignModules.has(entry.module ?? '')
  );
}

/** Of a type of ours, and no instance of a profile, which is told in meta.profile. */
function isOurs(file: string, text: string): boolean {
  if (text.length > largest) return false;
  const isXml = file.endsWith('.xml');
  const type = (isXml ? /<(?:\w+:)?([A-Z]\w+)/ : /"resourceType"\s*:\s*"(\w+)"/).exec(text)?.[1];
  return type !== undefined && types.has(type) && !(isXml ? /<profile\s/ : /"profile"\s*:/).test(text);
}

function needsServer(outcome: string): boolean {
  return outcome.includes('operationoutcome-issue-server');
}

/** Places in FHIRPath; HL7 writes the type and id of an entry's resource into a comment. */
function errorsOf({ issue = [] }: Outcome): { place: string; text: string }[] {
  return issue
    .filter((i) => i.severity === 'error' || i.severity === 'fatal')
    .map((i) => ({
      place: (i.expression?.[0] ?? '').replace(/\/\*.*?\*\//g, '').replace(/\.ofType\(\w+\)/g, ''),
      text: (i.details?.text ?? '').slice(0, 160),
    }));
}
