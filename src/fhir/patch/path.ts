/**
 * FHIRPath of a patch → the nodes that it means, by fhirpath.js and R4's model. https://hl7.org/fhir/R4/fhirpatch.html
 *
 * Only what walks down from where it stands is allowed: then the cost of a path is its length times the size of the resource.
 * `repeat()`, `descendants()`, `matches()` and `%resource` inside of `where()` have no such bound; `resolve()` would call
 * other servers, `trace()` writes to the console, and `now()` is another clock.
 */
import fhirpath, { type Model, type UserInvocationTable } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { Fault } from '../../fault.ts';
import type { Work } from './work.ts';

/** Of fhirpath.js: a value and how it was reached. */
export interface PathNode {
  readonly data: unknown;
  readonly parentResNode: PathNode | null;
  /** Without the type of a choice or with it. */
  readonly propName: string | null;
  readonly index: number | null;
}

const longestPath = 300;

const functions = new Set(
  (
    'where exists empty not all count first last tail skip take single ofType as is extension hasValue ' +
    'startsWith endsWith contains lower upper length'
  ).split(' '),
);

const syntax = new Set(
  (
    'EntireExpression TermExpression InvocationTerm InvocationExpression MemberInvocation FunctionInvocation Functn Identifier ' +
    'ParamList ThisInvocation ParenthesizedTerm IndexerExpression AndExpression OrExpression EqualityExpression ' +
    'InequalityExpression TypeExpression TypeSpecifier QualifiedIdentifier LiteralTerm StringLiteral NumberLiteral ' +
    'BooleanLiteral DateLiteral DateTimeLiteral TimeLiteral'
  ).split(' '),
);

interface Syntax {
  readonly type?: string;
  readonly text?: string;
  readonly children?: readonly Syntax[];
}

/**
 * The path as fhirpath.js takes it: `Patient.text.div`, which HL7's own test cases have, is an unfinished division there.
 * @throws Fault bad-request for what is not FHIRPath or not of the part of it that a patch may use
 */
export function readPath(text: string, expression: string): string {
  const path = text.replace(/\.div\s*$/, '.`div`');
  checkPath(path, expression);
  return path;
}

function checkPath(path: string, expression: string): void {
  if (path.length > longestPath)
    throw new Fault('bad-request', `A path has ${longestPath} characters at most.`, { expression });
  let tree: Syntax;
  try {
    tree = fhirpath.parse(path) as Syntax;
  } catch (cause) {
    throw new Fault('bad-request', 'The path is not FHIRPath.', { expression, cause });
  }
  const stranger = strangerIn(tree);
  if (stranger !== undefined)
    throw new Fault(
      'bad-request',
      `A path of a patch cannot use ${stranger}; functions: ${[...functions].join(', ')}.`,
      {
        expression,
      },
    );
}

/** What of the expression is not allowed, in words. */
function strangerIn(node: Syntax): string | undefined {
  if (node.type !== undefined && !syntax.has(node.type)) return `this kind of expression (${node.type})`;
  if (node.type === 'EqualityExpression' && node.text?.includes('~')) return 'equivalence (~)';
  const name = node.type === 'Functn' ? node.children?.[0]?.text : undefined;
  if (name !== undefined && !functions.has(name)) return 'this function';
  for (const child of node.children ?? []) {
    const stranger = strangerIn(child);
    if (stranger !== undefined) return stranger;
  }
  return undefined;
}

/** @param path that has been checked. @throws Fault invalid-content when it cannot be evaluated on this resource */
export function nodesAt(resource: object, path: string, expression: string, work: Work): readonly PathNode[] {
  let nodes: readonly PathNode[] = [];
  const keep = (found: readonly PathNode[]) => {
    nodes = found;
    return [];
  };
  // The only way to values that have extensions and no value: results leave them out.
  const table: UserInvocationTable = { medmostNodes: { fn: keep, arity: { 0: [] }, internalStructures: true } };
  const options = { userInvocationTable: table, debugger: (...step: unknown[]) => work.spend(costOf(step)) };
  try {
    fhirpath.evaluate(resource, `(\n${path}\n).medmostNodes()`, {}, r4 as unknown as Model, options as object);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('invalid-content', 'The path cannot be evaluated on this resource.', { expression, cause });
  }
  if (!nodes.every((node) => typeof node === 'object' && node !== null && 'parentResNode' in node))
    throw new Fault('invalid-content', 'The path leads to something that is no part of the resource.', { expression });
  return nodes;
}

/** Values that a step of the evaluation has looked at, each of which takes three times as long as one that is copied. */
function costOf([, given, result]: readonly unknown[]): number {
  return 3 * (1 + (Array.isArray(given) ? given.length : 0) + (Array.isArray(result) ? result.length : 0));
}

/** Where a list would stand that is not there yet: `Patient.name.given` → [`Patient.name`, `given`]. */
export function splitPath(path: string): readonly [holder: string, name: string] | undefined {
  const match = /^(.*[\w)\]])\s*\.\s*([A-Za-z_]\w*)\s*$/s.exec(path) ?? /^()([a-z]\w*)$/.exec(path.trim());
  return match === null ? undefined : [match[1]!, match[2]!];
}
