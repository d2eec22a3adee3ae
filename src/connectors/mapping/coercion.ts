/** How JSONata turns values into booleans, text and numbers and compares them; faithful to jsonata 2.2.2 `functions`. */
import { failure } from './failure.ts';
import type { Sequence } from './sequence.ts';

/** @throws D1001 for an infinite number */
export function isNumeric(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) throw failure('D1001');
  return true;
}

/** Effective boolean value; a missing value stays missing, and is then as good as false. */
export function toBoolean(value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > 0;
  if (Array.isArray(value)) return value.length === 1 ? toBoolean(value[0]) : anyTrue(value);
  if (isNumeric(value)) return value !== 0;
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0;
}

/** Looks at every item even after a true one: a later infinite number must fail. */
function anyTrue(items: readonly unknown[]): boolean {
  return items.filter((item) => toBoolean(item)).length > 0;
}

/** @throws D3001 for a number that JSON cannot hold, D1001 for one inside a list or an object */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw failure('D3001');
  if (Number.isInteger(value)) return String(value);
  const plain = Array.isArray(value) && (value as Sequence).outerWrapper ? value[0] : value;
  return JSON.stringify(plain, shortNumber);
}

/** 15 significant digits: 0.1 + 0.2 is written 0.3. */
function shortNumber(_key: string, value: unknown): unknown {
  if (value === undefined || value === null || !isNumeric(value)) return value;
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

const decimal = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
// The missing group is jsonata's own: each alternative is anchored at one end only.
const radix = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/;

/** @throws D3030 when the value is not a number in any notation JSONata reads */
export function toNumber(value: unknown): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'string' && decimal.test(value) && Number.isFinite(Number(value)))
    return Number.parseFloat(value);
  if (typeof value === 'string' && radix.test(value)) return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw failure('D3030');
}

export function isDeepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, i) => isDeepEqual(item, right[i]));
  const names = Object.getOwnPropertyNames(left).sort();
  const others = Object.getOwnPropertyNames(right).sort();
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i]) &&
    names.every((name) => isDeepEqual((left as never)[name], (right as never)[name]))
  );
}
