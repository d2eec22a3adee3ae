/** Faults of XML: wrong, doubled, disordered, dangerous or enormous elements. */
import { type Call, sendAnswer, sendPieces } from '../call.ts';
import { soapOperations } from '../operation-names.ts';
import type { Fault, FaultParams } from './fault.ts';

/** Executed; the good envelope is changed. */
function changed(name: string, sentence: string, change: (body: string, params: FaultParams, call: Call) => string) {
  return {
    name,
    sentence,
    committed: 'yes',
    operations: soapOperations,
    async play(call, params) {
      const { status, body } = await call.run();
      sendAnswer(call, { status, body: change(body, params, call) });
    },
  } as const satisfies Fault;
}

/** Executed; this stands before the end of the envelope's body. */
function beside(name: string, sentence: string, extra: (params: FaultParams) => Iterable<string>): Fault {
  return {
    name,
    sentence,
    committed: 'yes',
    operations: soapOperations,
    async play(call, params) {
      const { body } = await call.run();
      const at = endOfResponse(body);
      const pieces = function* () {
        yield body.slice(0, at);
        yield* extra(params);
        yield body.slice(at);
      };
      return sendPieces(call, {}, pieces());
    },
  };
}

/** Where the wrapper `<Op>Response` closes, or the body when the wrapper is empty. */
function endOfResponse(body: string): number {
  const wrapper = /<\/(?:\w+:)?\w+Response>\s*<\/(?:\w+:)?Body>/.exec(body);
  return wrapper === null ? body.search(/<\/(?:\w+:)?Body>/) : wrapper.index;
}

const element = /<((?:\w+:)?\w+)(?:\s[^<>]*)?(?:\/>|>[^<>]*<\/\1>)/g;

function doubled(body: string): string {
  const last = [...body.matchAll(element)].at(-1);
  if (last === undefined) return body;
  return `${body.slice(0, last.index)}${last[0]}${body.slice(last.index)}`;
}

/** Runs of simple elements side by side are turned round. */
function disordered(body: string): string {
  const one = element.source.replaceAll('\\1', '\\2');
  return body.replaceAll(new RegExp(`(?:${one.replace('\\2', '\\1')}){2,}`, 'g'), (run) =>
    [...run.matchAll(element)]
      .map(([text]) => text)
      .reverse()
      .join(''),
  );
}

export const shapeFaults: readonly Fault[] = [
  changed(
    'wrong-element',
    'Executed; the response of another operation. Variant `return`: only the result has another name.',
    (body, params, call) => {
      const name = call.operation.replace(/^\w+\./, '');
      const other = name === 'GetDistrictList' ? 'GetVersion' : 'GetDistrictList';
      const tail = params.variant === 'return' ? 'Result' : '';
      return body.replaceAll(new RegExp(`${name}(Response|Result)`, 'g'), (whole, part: string) =>
        tail === '' || part === tail ? `${other}${part}` : whole,
      );
    },
  ),
  changed(
    'wrong-namespace',
    'Executed; the data of the answer in a namespace of our own, to be refused, not read as empty.',
    (body) => body.replaceAll(/datacontract\.org\/2004\/07/g, 'datacontract.org/2004/08'),
  ),
  changed('duplicate-return', 'Executed; the whole response stands twice in the envelope.', (body) => {
    const [, inside] = /<(?:\w+:)?Body>([\s\S]*)<\/(?:\w+:)?Body>/.exec(body) ?? ['', ''];
    return body.replace(inside, () => inside + inside);
  }),
  changed('duplicate-element', 'Executed; the last simple element of the answer stands twice.', doubled),
  changed('disordered', 'Executed; simple elements that stand side by side come in the opposite order.', disordered),
  beside('proto-element', 'Executed; elements `__proto__` and `constructor` beside the result.', () => [
    '<__proto__><polluted>yes</polluted></__proto__><constructor><prototype/></constructor>',
  ]),
  beside('deep-xml', 'Executed; `count` (100000) nested elements beside the result.', ({ count = 100_000 }) => [
    '<a>'.repeat(count),
    '</a>'.repeat(count),
  ]),
  beside('many-elements', 'Executed; `count` (3000000) empty elements beside the result.', ({ count = 3_000_000 }) =>
    thousands(count),
  ),
  changed('entity-bomb', 'Executed; a document type with entities that expand a billion times.', (body) =>
    withDoctype(body, bomb(), '&e9;'),
  ),
  changed(
    'xxe',
    'Executed; an external entity pointing to /control/canary of the sandbox (`text` = other address).',
    (body, params, call) =>
      withDoctype(body, `<!ENTITY x SYSTEM "${params.text ?? `${call.origin}/control/canary`}">`, '&x;'),
  ),
];

function* thousands(count: number): Generator<string> {
  for (let left = count; left > 0; left -= 1000) yield '<a/>'.repeat(Math.min(left, 1000));
}

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`);
  return `<!ENTITY e0 "lol">${levels.join('')}`;
}

function withDoctype(body: string, entities: string, use: string): string {
  const at = endOfResponse(body);
  return `<?xml version="1.0"?>\n<!DOCTYPE a [${entities}]>\n${body.slice(0, at)}${use}${body.slice(at)}`;
}
