/** One document of a mapping file: the grammar's top keys around its templates (DESIGN.md §Mappings). */
import type { OwnFunctions } from './expression.ts';
import { suggestion } from './nearest.ts';
import type { Place, Problem, Report } from './problem.ts';
import { isExpression, type Kit, type Leaf, parseLeaf, parseTemplate, type Shape } from './template.ts';
import { entriesOf, readYaml, scalarOf, type YamlFile } from './yaml.ts';

export interface MappingDocument {
  readonly place: Place;
  /** FHIR resource type, e.g. `PractitionerRole`. */
  readonly resource: string;
  /** MIS record → resource. */
  readonly reading?: {
    /** Kind of MIS record. */
    readonly from: string;
    /** Expression of the MIS id. */
    readonly key: Leaf;
    readonly template: Shape;
  };
  /** Resource → MIS record. */
  readonly writing?: Shape;
  readonly slow: boolean;
  /** Something in it was reported: its examples are not compared. */
  readonly broken: boolean;
}

const grammar = ['resource', 'from', 'key', 'toFhir', 'toMis', 'slow'];

export function readDocuments(file: string, text: string, own: OwnFunctions, report: Report): MappingDocument[] {
  const yaml = readYaml(file, text, report);
  const documents = yaml.roots.map((root) => readDocument(root, yaml, own, report));
  return documents.filter((document) => document !== undefined);
}

function readDocument(root: unknown, yaml: YamlFile, own: OwnFunctions, report: Report): MappingDocument | undefined {
  const place = { file: yaml.file, line: yaml.lineOf(root), path: '(document)' };
  const entries = entriesOf(root);
  if (entries === undefined) {
    report(place, `must hold ${grammar.join(', ')}`);
    return undefined;
  }
  let broken = false;
  const note = (at: Place, message: string, severity?: Problem['severity']) => {
    broken ||= severity !== 'warning';
    report(at, message, severity);
  };
  for (const { name, key } of entries)
    if (!grammar.includes(name)) note({ ...place, line: yaml.lineOf(key), path: name }, strangeKey(name));
  const fields = new Map(entries.map((entry) => [entry.name, entry.value]));
  const resource = scalarOf(fields.get('resource'));
  if (typeof resource !== 'string') {
    note({ ...place, path: 'resource' }, 'must name the FHIR resource, e.g. "resource: Slot"');
    return undefined;
  }
  const slow = scalarOf(fields.get('slow')) === true;
  const kit: Kit = { yaml, own, slow, report: note };
  const reading = readReading(fields, resource, place, kit);
  const writing = fields.has('toMis') ? readShape(fields.get('toMis'), `${resource}.toMis`, kit) : undefined;
  if (reading === undefined && writing === undefined && !broken)
    note(place, 'maps nothing: write from, key and toFhir, or toMis');
  const parts = { ...(reading && { reading }), ...(writing && { writing }) };
  return { place: { ...place, path: resource }, resource, slow, broken, ...parts };
}

function strangeKey(name: string): string {
  return `"${name}" is not a key of a mapping: it holds ${grammar.join(', ')}${suggestion(name, grammar)}`;
}

function readReading(
  fields: ReadonlyMap<string, unknown>,
  resource: string,
  place: Place,
  kit: Kit,
): MappingDocument['reading'] | undefined {
  const wanted = ['from', 'key', 'toFhir'];
  if (!wanted.some((name) => fields.has(name))) return undefined;
  const missing = wanted.filter((name) => !fields.has(name));
  for (const name of missing) kit.report({ ...place, path: name }, `is missing: toFhir needs ${wanted.join(', ')}`);
  if (missing.length > 0) return undefined;
  const from = scalarOf(fields.get('from'));
  const text = scalarOf(fields.get('key'));
  if (typeof from !== 'string' || from === '')
    kit.report({ ...place, path: 'from' }, 'must name the kind of MIS record, e.g. "from: employee"');
  const at = { ...place, line: kit.yaml.lineOf(fields.get('key')), path: `${resource}.key` };
  if (typeof text !== 'string' || !isExpression(text))
    kit.report(at, 'must be an expression that gives the MIS id, e.g. "key: =employee"');
  const key = parseLeaf(typeof text === 'string' && isExpression(text) ? text : '=null', at, kit);
  const template = readShape(fields.get('toFhir'), resource, kit);
  return template === undefined ? undefined : { from: String(from), key, template };
}

function readShape(node: unknown, path: string, kit: Kit): Shape | undefined {
  const place = { file: kit.yaml.file, line: kit.yaml.lineOf(node), path };
  const template = entriesOf(node) === undefined ? undefined : parseTemplate(node, path, kit);
  if (template?.kind === 'shape') return template;
  kit.report(place, 'must be an object: a line for each element');
  return undefined;
}
