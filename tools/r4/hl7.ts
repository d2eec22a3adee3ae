/**
 * Chooses from HL7's test cases of its validator those that `test/r4/hl7.test.ts` runs, by the rule below and never by hand:
 * `node tools/r4/hl7.ts <git directory of FHIR/fhir-test-cases>` writes test/r4/hl7/.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { coveredTypes } from './coverage.ts';

const target = join(import.meta.dirname, '../../test/r4/hl7');

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

function choose(git: (path: string) => string | undefined): void {
  const manifest = JSON.parse(git('manifest.json')!.replace(/^\uFEFF/, '')) as { 'test-cases': ManifestCase[] };
  rmSync(join(target, 'cases'), { recursive: true, force: true });
  const cases = manifest['test-cases'].filter(isPlain).flatMap((c) => {
    const text = git(c.file);
    const outcome = git(`outcomes/${c.java}`);
    if (text === undefined || outcome === undefined || !isOurs(c.file, text) || needsServer(outcome)) return [];
    mkdirSync(dirname(join(target, 'cases', c.file)), { recursive: true });
    writeFileSync(join(target, 'cases', c.file), text);
    return [{ name: c.name, file: c.file, errors: errorsOf(JSON.parse(outcome) as Outcome) }];
  });
  writeFileSync(join(target, 'cases.json'), `[\n${cases.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
  console.log(`${cases.length} of ${manifest['test-cases'].length} cases`);
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

function main(directory: string): void {
  const read = (path: string) => {
    try {
      return execFileSync('git', ['-C', directory, 'show', `HEAD:validator/${path}`], {
        encoding: 'utf8',
        maxBuffer: 1e8,
        stdio: 'pipe',
      });
    } catch {
      return undefined;
    }
  };
  choose(read);
}

if (import.meta.main) main(process.argv[2]!);
