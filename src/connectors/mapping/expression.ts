/**
 * Compiles a JSONata expression to a synchronous closure with jsonata 2.2.2's results and error codes; protocols/r4.md §A.
 * What it does not take (sorting, grouping, lambdas, variables, wildcards, ranges, regular expressions) it refuses.
 */
import { type Builtin, builtins } from './builtin.ts';
import { toBoolean } from './coercion.ts';
import { compileBinary, compileNegation } from './operator.ts';
import { compilePath, filterOf } from './path.ts';
import { collapse, constructed, isSequence, type Sequence, sequenceOf } from './sequence.ts';
import { fitArguments } from './signature.ts';
import { ExpressionRefused, type Node, parseExpression, unknownNames } from './syntax.ts';

/**
 * @param context value at hand, `$`, as `contextOf` gives it
 * @param root the whole record: `$$`
 * @throws failure() with JSONata's code
 */
export type Evaluate = (context: unknown, root: unknown) => unknown;

/** Compiles a node within the expression that is being compiled. */
export type Compile = (node: Node) => Evaluate;

/** Functions beside JSONata's own, by name without `$`; called with the values as they are. */
export type OwnFunctions = { readonly [name: string]: (...args: unknown[]) => unknown };

export interface Expression {
  readonly text: string;
  readonly node: Node;
  readonly evaluate: Evaluate;
}

/** @param text the expression without the leading `=` @throws ExpressionRefused */
export function compileExpression(text: string, own: OwnFunctions): Expression {
  const node = parseAllowed(text, own);
  const compile: Compile = (child) => compileNode(child, own, compile);
  return { text, node, evaluate: compile(node) };
}

/** Parses and checks the names of functions, for expressions that jsonata itself will run too. @throws ExpressionRefused */
export function parseAllowed(text: string, own: OwnFunctions): Node {
  const node = parseExpression(text);
  const allowed = new Set([...builtins.keys(), ...Object.keys(own)]);
  const stranger = unknownNames(node, allowed)[0];
  if (stranger === undefined) return node;
  const list = [...allowed].sort().map((name) => `$${name}`);
  throw new ExpressionRefused(`$${stranger.value} is not allowed; allowed are ${list.join(', ')}`, stranger.position);
}

/** A list as the whole input counts as one value. Records, which are objects, need not be passed through here. */
export function contextOf(context: unknown): unknown {
  if (!Array.isArray(context) || isSequence(context)) return context;
  const wrapper = sequenceOf(context);
  wrapper.outerWrapper = true;
  return wrapper;
}

function compileNode(node: Node, own: OwnFunctions, compile: Compile): Evaluate {
  if (node.group || node.focus || node.index || node.tuple || node.ancestor) throw refused(node);
  const bare = compileBare(node, own, compile);
  const filters = (node.predicate ?? []).map((stage) => filterOf(stage, compile));
  const keep = node.keepArray === true;
  if (filters.length > 0)
    return (c, r) =>
      collapse(
        filters.reduce((found, filter) => filter(found, r), bare(c, r)),
        keep,
      );
  return node.type === 'variable' ? (c, r) => collapse(bare(c, r), keep) : bare;
}

function compileBare(node: Node, own: OwnFunctions, compile: Compile): Evaluate {
  if (node.type === 'path') return compilePath(node, compile);
  if (node.type === 'string' || node.type === 'number' || node.type === 'value') return () => node.value;
  if (node.type === 'variable') return node.value === '' ? contextValue : node.value === '$' ? rootValue : refuse(node);
  if (node.type === 'binary') return compileBinary(node, compile) ?? refuse(node);
  if (node.type === 'unary' && node.value === '-') return compileNegation(compile(node.expression!));
  if (node.type === 'unary' && node.value === '[') return compileList(node, compile);
  if (node.type === 'condition') return compileCondition(node, compile);
  if (node.type === 'block') return compileBlock(node, compile);
  if (node.type === 'function') return compileCall(node, [], own, compile);
  if (node.type === 'apply' && node.rhs?.type === 'function') {
    if (node.rhs.predicate || node.rhs.group) throw refused(node.rhs);
    return compileCall(node.rhs, [compile(node.lhs!)], own, compile);
  }
  return refuse(node);
}

function contextValue(context: unknown): unknown {
  return Array.isArray(context) && (context as Sequence).outerWrapper ? context[0] : context;
}

function rootValue(_context: unknown, root: unknown): unknown {
  return root;
}

function refuse(node: Node): never {
  throw refused(node);
}

function refused(node: Node): ExpressionRefused {
  const what = node.type === 'binary' || node.type === 'unary' ? `"${node.value}"` : `"${node.type}"`;
  const advice = 'write it with paths, filters, operators and functions, or say "slow: true" in this document';
  return new ExpressionRefused(`${what} cannot be compiled; ${advice}`, node.position, true);
}

function compileCondition(node: Node, compile: Compile): Evaluate {
  const condition = compile(node.condition!);
  const then = compile(node.then!);
  const otherwise = node.else === undefined ? () => undefined : compile(node.else);
  return (c, r) => (toBoolean(condition(c, r)) ? then(c, r) : otherwise(c, r));
}

function compileBlock(node: Node, compile: Compile): Evaluate {
  const parts = node.expressions!.map(compile);
  if (parts.length === 1) return parts[0]!;
  return (c, r) => parts.reduce<unknown>((_, part) => part(c, r), undefined);
}

/** `[a, b]`: lists are joined into one, a list constructor inside stays a list. */
function compileList(node: Node, compile: Compile): Evaluate {
  const items = node.expressions!.map((item) => ({ evaluate: compile(item), whole: item.value === '[' }));
  return (c, r) => {
    const list: unknown[] = [];
    for (const item of items) {
      const value = item.evaluate(c, r);
      if (Array.isArray(value) && !item.whole) list.push(...value);
      else if (value !== undefined) list.push(value);
    }
    return node.consarray ? constructed(list) : list;
  };
}

function compileCall(node: Node, first: readonly Evaluate[], own: OwnFunctions, compile: Compile): Evaluate {
  const procedure = node.procedure!;
  if (procedure.type !== 'variable' || procedure.predicate || procedure.value === '' || procedure.value === '$')
    throw refused(node);
  const name = procedure.value as string;
  const args = [...first, ...node.arguments!.map(compile)];
  const mine = Object.hasOwn(own, name) ? own[name] : undefined;
  return mine === undefined ? callBuiltin(builtins.get(name)!, args) : callOwn(mine, args);
}

function callOwn(call: (...args: unknown[]) => unknown, args: readonly Evaluate[]): Evaluate {
  const [a, b] = args;
  if (args.length === 1) return (c, r) => call(a!(c, r));
  if (args.length === 2) return (c, r) => call(a!(c, r), b!(c, r));
  return (c, r) => call(...args.map((arg) => arg(c, r)));
}

function callBuiltin(builtin: Builtin, args: readonly Evaluate[]): Evaluate {
  const run = builtin.run as (...args: unknown[]) => unknown;
  const required = builtin.signature.parameters.filter((p) => !p.optional).length;
  const quick = args.length >= required && args.length <= builtin.quick.length ? builtin.quick : undefined;
  if (quick !== undefined && args.length === 1) return callQuickly(args[0]!, quick[0]!, builtin);
  return (c, r) => {
    const values = args.map((arg) => arg(c, r));
    if (quick?.every((type, i) => i >= values.length || fits(values[i], type, i))) return run(...values);
    return run(...fitArguments(builtin.signature, values, c));
  };
}

function callQuickly(arg: Evaluate, type: string, builtin: Builtin): Evaluate {
  const run = builtin.run as (value: unknown) => unknown;
  return (c, r) => {
    const value = arg(c, r);
    return fits(value, type, 0) ? run(value) : run(fitArguments(builtin.signature, [value], c)[0]);
  };
}

/** A missing first argument fits every function: all of them then give nothing. */
function fits(value: unknown, type: string, place: number): boolean {
  return type === 'any' || typeof value === type || (place === 0 && value === undefined);
}
