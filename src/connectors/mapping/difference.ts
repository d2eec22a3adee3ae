/** Where two JSON values first differ, for golden examples. */

export interface Difference {
  /** Path below the values, such as `.name[0].family`; empty when they differ as a whole. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Order of keys does not matter, order of lists does. */
export function firstDifference(expected: unknown, actual: unknown, path = ''): Difference | undefined {
  if (expected === actual) return undefined;
  if (!isBranch(expected) || !isBranch(actual) || Array.isArray(expected) !== Array.isArray(actual))
    return { path, expected, actual };
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const step = Array.isArray(expected) ? `[${key}]` : `.${key}`;
    const difference = firstDifference(expected[key], actual[key], path + step);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
