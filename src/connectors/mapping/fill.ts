/** The object skeleton of a template as generated code; protocols/r4.md §A («closures + generated object code»). */
import type { Evaluate } from './expression.ts';

/** Puts the fields of a shape into `target`. @returns whether there were any */
export type Fill = (target: Record<string, unknown>, context: unknown, root: unknown) => boolean;

export interface Field {
  readonly name: string;
  readonly build: Evaluate;
}

/**
 * Code of its own for each shape keeps V8's stores of properties apart: a Patient takes 6.2 µs instead of the 8.3 µs of
 * one loop over all names. Of the mapping only names enter the code, and only as JSON strings.
 */
export function generateFill(fields: readonly Field[]): Fill {
  const stores = fields.map(
    ({ name }, i) => `v = b${i}(c, r); if (v !== undefined) { t[${JSON.stringify(name)}] = v; any = true; }`,
  );
  const code = `return (t, c, r) => { let v, any = false; ${stores.join('\n')} return any; };`;
  const generate = new Function(...fields.map((_, i) => `b${i}`), code);
  return generate(...fields.map((field) => field.build)) as Fill;
}
