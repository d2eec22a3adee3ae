/** Checks the calls of our own functions: the type or table they name must be written out and must exist. */
import { isResourceType, resourceTypes } from '../../r4/table.ts';
import { callsOf } from './binding.ts';
import type { CodeTables } from './codes.ts';
import type { MappingDocument } from './document.ts';
import { suggestion } from './nearest.ts';
import type { Report } from './problem.ts';
import type { Node } from './syntax.ts';
import { type Leaf, leavesOf } from './template.ts';

/** Leaves of both directions and the key. */
export function* leavesOfDocument({ reading, writing }: MappingDocument): Generator<Leaf> {
  if (reading !== undefined) yield reading.key;
  if (reading !== undefined) yield* leavesOf(reading.template);
  if (writing !== undefined) yield* leavesOf(writing);
}

export function checkCalls(document: MappingDocument, tables: CodeTables, report: Report): void {
  for (const leaf of leavesOfDocument(document)) {
    const { node } = leaf;
    if (node === undefined) continue;
    const problems = [
      ...['ref', 'id'].flatMap((name) => callsOf(node, name).map((call) => typeProblem(call, name))),
      ...callsOf(node, 'code').map((call) => tableProblem(call, tables)),
    ];
    for (const problem of problems) if (problem !== undefined) report(leaf.place, problem);
  }
}

function typeProblem(call: Node, name: string): string | undefined {
  const type = call.arguments?.[0];
  if (type?.type !== 'string' || call.arguments!.length !== 2)
    return `$${name} takes a resource type in quotes and the MIS id: $${name}('Patient', patient)`;
  const text = String(type.value);
  return isResourceType(text) ? undefined : `$${name}: R4 has no resource "${text}"${suggestion(text, resourceTypes)}`;
}

function tableProblem(call: Node, tables: CodeTables): string | undefined {
  const table = call.arguments?.[0];
  if (table?.type !== 'string' || call.arguments!.length !== 2)
    return `$code takes the name of a table in quotes and a value: $code('specialty', name)`;
  const name = String(table.value);
  if (tables.has(name)) return undefined;
  const advice = suggestion(name, tables.keys()) || '; add it to codes.yaml under "tables:"';
  return `codes.yaml has no table "${name}"${advice}`;
}
