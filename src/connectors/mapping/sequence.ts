/**
 * JSONata's sequences: what a path step makes of lists. Faithful to jsonata 2.2.2 (`evaluate`, `evaluateStep`), whose
 * results the compiled expressions must equal; protocols/r4.md §A lists the surprises.
 */

/** A list made by a path. It collapses to its only item, a list that came with the data never does. */
export interface Sequence extends Array<unknown> {
  sequence?: boolean;
  /** Asked for by `[]`: stays a list even with one item. */
  keepSingleton?: boolean;
  /** Made by `[…]` at the end of a path: not flattened into the list around it. */
  cons?: boolean;
  /** The whole input, when the input is itself a list. */
  outerWrapper?: boolean;
}

export function sequenceOf(...items: unknown[]): Sequence {
  const made: Sequence = items;
  made.sequence = true;
  return made;
}

export function isSequence(value: unknown): value is Sequence {
  return Array.isArray(value) && (value as Sequence).sequence === true;
}

/** The value of a node from its sequence: nothing, the only item, or the sequence. */
export function collapse(value: unknown, keepArray: boolean): unknown {
  if (!isSequence(value)) return value;
  if (keepArray) value.keepSingleton = true;
  if (value.length === 0) return undefined;
  return value.length === 1 && !value.keepSingleton ? value[0] : value;
}

/** The field `key` of an object, or of every object in a list (lists inside it are flattened one level). */
export function lookUp(input: unknown, key: string): unknown {
  if (Array.isArray(input)) return lookUpEach(input, key);
  if (input === null || typeof input !== 'object' || !Object.hasOwn(input, key)) return undefined;
  return (input as Record<string, unknown>)[key];
}

function lookUpEach(items: readonly unknown[], key: string): Sequence {
  const found = sequenceOf();
  for (const item of items) {
    const value = lookUp(item, key);
    if (Array.isArray(value)) for (const each of value) found.push(each);
    else if (value !== undefined) found.push(value);
  }
  return found;
}

/** What one path step gives: the results of its items in one list, lists among them flattened one level. */
export function flatten(results: readonly unknown[], lastStep: boolean): Sequence {
  const only = results[0];
  if (lastStep && results.length === 1 && Array.isArray(only) && !isSequence(only)) return only;
  const flat = sequenceOf();
  for (const result of results) {
    if (!Array.isArray(result) || (result as Sequence).cons) flat.push(result);
    else for (const item of result) flat.push(item);
  }
  return flat;
}

/** The `[…]` constructor's list as the last (or first) step of a path. */
export function constructed(items: unknown[]): Sequence {
  Object.defineProperty(items, 'cons', { enumerable: false, configurable: false, value: true });
  return items;
}
