/** Checks the arguments of JSONata's built-in functions as jsonata 2.2.2 `parseSignature` does, the context filled in. */
import { failure } from './failure.ts';

interface Parameter {
  /** Types it takes, as letters: s text, n number, b boolean, a list, o object, l null; m (missing) always fits. */
  readonly letters: string;
  readonly optional: boolean;
  /** Takes the context when the argument is left out. */
  readonly context: boolean;
  /** `a` a list (a single value is put into one), `texts` a list of texts. */
  readonly list: 'no' | 'any' | 'texts';
}

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly pattern: RegExp;
}

const anything = 'asnblo';

/** @param text parameters such as `text- number number?`: `-` takes the context, `?` may be left out */
export function signatureOf(text: string): Signature {
  const parameters = text.split(' ').map(parameterOf);
  const groups = parameters.map((p) => `([${p.letters}m]${p.optional || p.context ? '?' : ''})`);
  return { parameters, pattern: new RegExp(`^${groups.join('')}$`) };
}

function parameterOf(word: string): Parameter {
  const name = word.replace(/[-?]$/, '');
  const letters = { text: 's', number: 'n', boolean: 'b', castable: 'nsb' }[name] ?? anything;
  const list = name === 'list' ? 'any' : name === 'texts' ? 'texts' : 'no';
  return { letters, optional: word.endsWith('?'), context: word.endsWith('-'), list };
}

function letterOf(value: unknown): string {
  if (value === undefined) return 'm';
  if (value === null) return 'l';
  if (Array.isArray(value)) return 'a';
  return (typeof value)[0]!;
}

/** Arguments in the places of the parameters. @throws T0410, T0411, T0412 */
export function fitArguments(signature: Signature, given: readonly unknown[], context: unknown): unknown[] {
  const match = signature.pattern.exec(given.map(letterOf).join(''));
  if (match === null) throw failure('T0410');
  let next = 0;
  return signature.parameters.map((parameter, i) => {
    const letter = match[i + 1]!;
    if (letter !== '') return fitArgument(parameter, letter, given[next++]);
    return parameter.context ? fitContext(parameter, context) : given[next++];
  });
}

function fitContext(parameter: Parameter, context: unknown): unknown {
  if (!`${parameter.letters}m`.includes(letterOf(context))) throw failure('T0411');
  return context;
}

function fitArgument(parameter: Parameter, letter: string, value: unknown): unknown {
  if (parameter.list === 'no' || letter === 'm') return value;
  if (parameter.list === 'texts' && !isTexts(value)) throw failure('T0412');
  return letter === 'a' ? value : [value];
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) ? value.every((item) => typeof item === 'string') : typeof value === 'string';
}
