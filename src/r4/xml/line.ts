/** On which line of the XML an element stood, found again when it is asked for: a body that is right pays nothing for it. */
import { SaxesParser } from 'saxes';

/** Resource → the text that it was read from. */
const texts = new WeakMap<object, string>();

export function keepText(resource: object, text: string): void {
  texts.set(resource, text);
}

interface Sought {
  readonly steps: readonly { readonly name: string; readonly index: number }[];
  /** How many of the steps lead to the element that is open. */
  reached: number;
  /** Of the deepest of the steps that was met. */
  deepest: number;
  line: number | undefined;
}

/**
 * Lines from 1, of the start tags of elements by their FHIRPath in `resource`; of the nearest one around for what is no element of its
 * own or is missing. Undefined for all when the resource was not read from XML by itself.
 */
export function linesOf(resource: object, expressions: readonly string[]): readonly (number | undefined)[] {
  const text = texts.get(resource);
  if (text === undefined) return expressions.map(() => undefined);
  const all = expressions.map(soughtOf);
  follow(text, all);
  return all.map((s) => s.line);
}

/** `Patient.name[0].family` is the first of its elements at each step; the type itself is step 0. */
function soughtOf(expression: string): Sought {
  const steps = expression.split('.').map((step) => {
    const [, name = '', index = '0'] = /^([^[]*)(?:\[(\d+)\])?/.exec(step) ?? [];
    return { name, index: Number(index) };
  });
  return { steps, reached: 0, deepest: 0, line: undefined };
}

function follow(text: string, all: readonly Sought[]): void {
  const parser = new SaxesParser({ xmlns: true });
  // Names of the children met so far, of every open element that is a step; undefined for one that is none.
  const open: (Map<string, number> | undefined)[] = [];
  let depth = 0;
  parser.on('opentag', ({ local }) => {
    // The resource in <resource> or <contained> is no step of FHIRPath.
    const isStep = open.length === 0 || !/^[A-Z]/.test(local);
    const siblings = open.findLast((s) => s !== undefined);
    const index = siblings?.get(local) ?? 0;
    if (isStep) {
      siblings?.set(local, index + 1);
      for (const sought of all) meet(sought, depth, local, index, parser.line);
      depth++;
    }
    open.push(isStep ? new Map() : undefined);
  });
  parser.on('closetag', () => {
    if (open.pop() === undefined) return;
    depth--;
    for (const sought of all) sought.reached = Math.min(sought.reached, depth);
  });
  parser.write(text).close();
}

function meet(sought: Sought, depth: number, local: string, index: number, line: number): void {
  const step = sought.steps[depth];
  if (sought.reached !== depth || step === undefined || step.index !== index || !isNamed(local, step.name)) return;
  sought.reached = depth + 1;
  if (sought.reached <= sought.deepest) return;
  sought.deepest = sought.reached;
  sought.line = line;
}

/** `value` is the name of `valueString`, too. */
function isNamed(local: string, name: string): boolean {
  return local === name || (local.startsWith(name) && /^[A-Z]/.test(local.slice(name.length)));
}
