/** Runs the examples of a folder: reports failures, differences and expressions that no example makes yield a value. */
import { validate } from '../../r4/validate.ts';
import type { Watch } from './build.ts';
import { CodeMissing } from './codes.ts';
import type { MappingDocument } from './document.ts';
import { compareResources, compareValues, type Example, exampleContext, namesWithin } from './example.ts';
import { suggestion } from './nearest.ts';
import type { Report } from './problem.ts';
import { buildReader, buildWriter, type FhirResource } from './resource.ts';
import { fieldsOf } from './syntax.ts';
import type { Leaf, Template } from './template.ts';

/** @param documents parsed with `exampleContext`; the slow ones are left out, for jsonata is asynchronous */
export function proveByExamples(
  documents: readonly MappingDocument[],
  examples: readonly Example[],
  report: Report,
): void {
  const given = new Set<Leaf>();
  for (const example of examples) runExample(example, documents, given, report);
  for (const document of documents) {
    if (document.slow) report(document.place, 'is slow: its examples are not compared', 'warning');
    else proveDocument(document, examples, given, report);
  }
}

function runExample(example: Example, documents: readonly MappingDocument[], given: Set<Leaf>, report: Report): void {
  const { file } = example;
  const mine = documents.filter((document) => isOf(example, document));
  const name = 'kind' in example ? `kind "${example.kind}"` : `toMis "${example.toMis}"`;
  if (mine.length === 0) report({ file, path: '(example)' }, `is of ${name}, which no document maps`);
  let failed = false;
  const watch: Watch = {
    gave: (leaf) => given.add(leaf),
    failed: (leaf, error) => {
      failed = true;
      given.add(leaf);
      report(leaf.place, failureOf(error, file));
    },
  };
  const quick = mine.filter((document) => !document.slow);
  const made = quick.map((document) => runDocument(document, example, watch));
  if (failed || mine.length === 0 || mine.some((document) => document.broken || document.slow)) return;
  if ('toMis' in example) {
    compareValues(file, `${example.toMis}.toMis`, example.expect, made[0], report);
    return;
  }
  const resources = made as (FhirResource | undefined)[];
  for (const [i, resource] of resources.entries()) validateMade(resource, quick[i]!, file, report);
  compareResources(
    file,
    example.expect,
    resources.filter((resource) => resource !== undefined),
    report,
  );
}

function isOf(example: Example, { resource, reading, writing }: MappingDocument): boolean {
  return 'kind' in example ? reading?.from === example.kind : resource === example.toMis && writing !== undefined;
}

function runDocument(document: MappingDocument, example: Example, watch: Watch): unknown {
  if ('toMis' in example) return buildWriter(document, watch)(example.input);
  return buildReader(document, exampleContext.clinic, watch)(example.input)?.resource;
}

function validateMade(
  resource: FhirResource | undefined,
  { place }: MappingDocument,
  example: string,
  report: Report,
): void {
  for (const { expression, text } of resource === undefined ? [] : validate(resource)) {
    const message = text.startsWith(expression) ? text.slice(expression.length).replace(/^:? /, '') : text;
    report({ file: place.file, path: expression }, `${message} (${example})`);
  }
}

function failureOf(error: unknown, file: string): string {
  const value = error instanceof CodeMissing ? `: ${JSON.stringify(error.value)}` : '';
  return `${error instanceof Error ? error.message : String(error)} (${file}${value})`;
}

function proveDocument(
  document: MappingDocument,
  examples: readonly Example[],
  given: ReadonlySet<Leaf>,
  report: Report,
): void {
  const { reading, writing, resource } = document;
  if (reading !== undefined) {
    const mine = examples.filter((example) => 'kind' in example && example.kind === reading.from);
    if (mine.length === 0) report(document.place, `no example has "kind": "${reading.from}": add one to examples/`);
    else for (const template of [reading.key, reading.template]) proveTemplate(template, mine, given, report);
  }
  if (writing !== undefined) {
    const mine = examples.filter((example) => 'toMis' in example && example.toMis === resource);
    if (mine.length === 0) report(document.place, `no example has "toMis": "${resource}": add one to examples/`);
    else proveTemplate(writing, mine, given, report);
  }
}

/** Fields of what `$code` gives. */
const ofCoding = ['system', 'code', 'display'];

function proveTemplate(
  template: Template,
  examples: readonly Example[],
  given: ReadonlySet<Leaf>,
  report: Report,
): void {
  const fields = new Set([...examples.flatMap((example) => [...namesWithin(example.input)]), ...ofCoding]);
  for (const leaf of reachable(template, given)) {
    if (leaf.node === undefined) continue;
    const strange = fieldsOf(leaf.node).filter((name) => !fields.has(name));
    const advice = strange.map((name) => `"${name}" is in no example${suggestion(name, fields)}`).join('; ');
    const meant = strange.some((name) => suggestion(name, fields) !== '');
    if (!given.has(leaf))
      report(leaf.place, `gives nothing in any example: ${advice || 'correct it, or add an example in which it does'}`);
    else if (strange.length > 0)
      report(leaf.place, `${advice}; correct it or add an example`, meant ? 'error' : 'warning');
  }
}

/** Leaves, without those below an `each` or `when` that never let anything through: that one is enough to report. */
function* reachable(template: Template, given: ReadonlySet<Leaf>): Generator<Leaf> {
  if (template.kind === 'leaf') yield template;
  if (template.kind === 'list') for (const item of template.items) yield* reachable(item, given);
  if (template.kind !== 'shape') return;
  for (const control of [template.each, template.when]) {
    if (control === undefined) continue;
    yield control;
    if (!given.has(control)) return;
  }
  for (const field of template.fields) yield* reachable(field.template, given);
}
