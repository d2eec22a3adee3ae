/** JSONata's operators on values; faithful to jsonata 2.2.2 `evaluateBinary`. https://docs.jsonata.org/comparison-operators */
import { isDeepEqual, isNumeric, toBoolean, toText } from './coercion.ts';
import type { Compile, Evaluate } from './expression.ts';
import { failure } from './failure.ts';
import type { Node } from './syntax.ts';

type Operator = (left: unknown, right: unknown) => unknown;

const operators: ReadonlyMap<unknown, Operator> = new Map<string, Operator>([
  ['=', isSame],
  ['!=', (left, right) => left !== undefined && right !== undefined && !isDeepEqual(left, right)],
  ['in', (left, right) => left !== undefined && right !== undefined && listOf(right).indexOf(left) !== -1],
  ['&', (left, right) => textOf(left) + textOf(right)],
  ['<', comparison((left, right) => left < right)],
  ['<=', comparison((left, right) => left <= right)],
  ['>', comparison((left, right) => left > right)],
  ['>=', comparison((left, right) => left >= right)],
  ['+', arithmetic((left, right) => left + right)],
  ['-', arithmetic((left, right) => left - right)],
  ['*', arithmetic((left, right) => left * right)],
  ['/', arithmetic((left, right) => left / right)],
  ['%', arithmetic((left, right) => left % right)],
]);

/** @returns undefined for an operator that is not compiled (`..`) */
export function compileBinary(node: Node, compile: Compile): Evaluate | undefined {
  const left = compile(node.lhs!);
  const right = compile(node.rhs!);
  if (node.value === 'and') return (c, r) => (toBoolean(left(c, r)) ?? false) && (toBoolean(right(c, r)) ?? false);
  if (node.value === 'or') return (c, r) => (toBoolean(left(c, r)) ?? false) || (toBoolean(right(c, r)) ?? false);
  const operator = operators.get(node.value);
  return operator === undefined ? undefined : (c, r) => operator(left(c, r), right(c, r));
}

/** Unary minus. */
export function compileNegation(operand: Evaluate): Evaluate {
  return (c, r) => {
    const value = operand(c, r);
    if (value === undefined) return undefined;
    if (!isNumeric(value)) throw failure('D1002');
    return -value;
  };
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false;
  return left === right || isDeepEqual(left, right);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function textOf(value: unknown): string {
  return value === undefined ? '' : toText(value);
}

function comparison(compare: (left: string | number, right: string | number) => boolean): Operator {
  return (left, right) => {
    if (!isComparable(left) || !isComparable(right)) throw failure('T2010');
    if (left === undefined || right === undefined) return undefined;
    if (typeof left !== typeof right) throw failure('T2009');
    return compare(left, right);
  };
}

function isComparable(value: unknown): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

function arithmetic(calculate: (left: number, right: number) => number): Operator {
  return (left, right) => {
    if (left !== undefined && !isNumeric(left)) throw failure('T2001');
    if (right !== undefined && !isNumeric(right)) throw failure('T2002');
    return left === undefined || right === undefined ? undefined : calculate(left, right);
  };
}
