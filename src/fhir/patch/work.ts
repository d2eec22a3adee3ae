/** How much a patch may make the hub do: copies double what they copy, and a small patch can be repeated on a large list. */
import { Fault } from '../../fault.ts';

/** Deeper than the validator lets anything be nested, so that no later walk runs out of stack. */
const maxDepth = 100;

/** Values looked at or copied for one patch; a body of 2 MB holds about 200,000. */
const maxValues = 1_000_000;

/** Characters of texts that are copied: one text of 1 MB would count as one value. */
const maxCopied = 4_000_000;

/** What one patch has used up. */
export class Work {
  #values = maxValues;
  #characters = maxCopied;

  /** @throws Fault too-large when the patch has had enough */
  spend(values: number): void {
    this.#values -= values;
    if (this.#values < 0) throw new Fault('too-large', 'The patch moves or looks at too much: send it in parts.');
  }

  /** A copy that shares nothing with the value, numbers written in a special way excepted. @throws Fault too-large */
  copy(value: unknown): unknown {
    return this.#copy(value, 0);
  }

  /** Counts the value as looked at, and refuses one that is nested too deep. @throws Fault too-large */
  weigh(value: unknown, depth = 0): void {
    this.spend(1);
    if (depth > maxDepth) throw new Fault('too-large', `The patch nests values deeper than ${maxDepth} levels.`);
    if (typeof value !== 'object' || value === null) return;
    for (const member of Array.isArray(value) ? value : Object.values(value)) this.weigh(member, depth + 1);
  }

  #copy(value: unknown, depth: number): unknown {
    this.spend(1);
    if (typeof value === 'string') this.#characters -= value.length;
    if (this.#characters < 0) throw new Fault('too-large', 'The patch copies too much text.');
    if (depth > maxDepth) throw new Fault('too-large', `The patch nests values deeper than ${maxDepth} levels.`);
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.#copy(member, depth + 1)]));
  }
}

/** Made by a JSON parser, and not a number that keeps its digits. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
