/** Faults of XML: wrong, doubled, dangerous or enormous elements. RELIABILITY.md §1.9. */
import { jsonShapes } from '../bwi/shapes.ts';
import { bodyOf, type Call, sendBody, sendPieces } from '../call.ts';
import { writeBooked, writeRefusal } from '../operations.ts';
import { writeResponse, writeReturn } from '../soap.ts';
import type { SoapWire } from '../wire.ts';
import { escapeXml } from '../xml.ts';
import { all, type Fault, type FaultParams } from './fault.ts';

type SoapCall = Call & { readonly wire: SoapWire };

interface SoapFault extends Omit<Fault, 'play'> {
  play(call: SoapCall, params: FaultParams): void | Promise<void>;
}

const soapShapes: readonly SoapFault[] = [
  {
    name: 'wrong-root',
    sentence: 'Executed; the inner document is well-formed and has an unknown root.',
    committed: 'yes',
    operations: all,
    play(call) {
      call.run();
      sendXml(call, bodyOf(call, '<ДругойОтвет xmlns="S1"><Результат>true</Результат></ДругойОтвет>'));
    },
  },
  {
    name: 'wrong-element',
    sentence:
      'Executed; the envelope holds the response of another operation; variant `return`: another name of return.',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const text = call.run();
      const other = call.operation === 'GetListClinic' ? 'GetListEmployees' : 'GetListClinic';
      const good = bodyOf(call, text).replaceAll('m:return', params.variant === 'return' ? 'm:result' : 'm:return');
      sendXml(call, params.variant === 'return' ? good : good.replaceAll(`m:${call.operation}R`, `m:${other}R`));
    },
  },
  {
    name: 'duplicate-return',
    sentence: 'Executed; `m:return` comes twice with different texts; variant `response`: the whole response twice.',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const text = call.run();
      const no = writeReturn(writeRefusal('ОтветНаЗаписьССайта', 'Второй ответ'), false);
      const good = bodyOf(call, text);
      if (params.variant !== 'response')
        return sendXml(
          call,
          good.replace('</m:return>', () => `</m:return>${no}`),
        );
      const [start, end] = [good.indexOf(`<m:${call.operation}`), good.indexOf('\n\t</soap:Body>')];
      sendXml(call, good.slice(0, end) + good.slice(start, end) + good.slice(end));
    },
  },
  {
    name: 'proto-element',
    sentence:
      'Executed; elements `__proto__` and `constructor` beside the result, in `layer` outer (default) or inner.',
    committed: 'yes',
    operations: all,
    play: (call, params) =>
      beside(call, params, ['<__proto__><polluted>yes</polluted></__proto__><constructor><prototype/></constructor>']),
  },
  {
    name: 'deep-xml',
    sentence: 'Executed; `count` (100000) nested elements beside the result, in `layer` outer (default) or inner.',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const depth = params.count ?? 100_000;
      return beside(call, params, ['<a>'.repeat(depth), '</a>'.repeat(depth)]);
    },
  },
  {
    name: 'many-elements',
    sentence: 'Executed; `count` (3000000) empty elements beside the result, in `layer` outer (default) or inner.',
    committed: 'yes',
    operations: all,
    play: (call, params) => beside(call, params, thousands(params.count ?? 3_000_000)),
  },
  {
    name: 'entity-bomb',
    sentence:
      'Executed; a document type with entities that expand a billion times, in `layer` outer (default) or inner.',
    committed: 'yes',
    operations: all,
    play: (call, params) => withDoctype(call, params, bomb(), '&e9;'),
  },
  {
    name: 'xxe',
    sentence: 'Executed; an external entity pointing to /control/canary of the sandbox (`text` = other address).',
    committed: 'yes',
    operations: all,
    play: (call, params) =>
      withDoctype(call, params, `<!ENTITY x SYSTEM "${params.text ?? `${call.origin}/control/canary`}">`, '&x;'),
  },
];

const sendXml = (call: Call, envelope: string): void => sendBody(call, 200, call.wire.type(), envelope);

/** The HTTP twin has the same faults in JSON. */
export const shapeFaults: readonly Fault[] = soapShapes.map((fault) => ({
  ...fault,
  play: (call, params) =>
    isSoap(call) ? fault.play(call, params) : jsonShapes[fault.name as keyof typeof jsonShapes](call, params),
}));

const isSoap = (call: Call): call is SoapCall => call.wire.kind === 'soap';

function* thousands(count: number): Generator<string> {
  for (let left = count; left > 0; left -= 1000) yield '<a/>'.repeat(Math.min(left, 1000));
}

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`);
  return `<!ENTITY e0 "lol">${levels.join('')}`;
}

/** The inner document, for operations that answer a bare `Ok` too. */
function documentOf(call: Call): string {
  const text = call.run();
  return text.startsWith('<') ? text : writeBooked();
}

/** The answer with extra XML before the end of the envelope's response, or of the inner document's root. */
function beside(call: SoapCall, params: FaultParams, extra: Iterable<string>): Promise<void> {
  const inner = params.layer === 'inner';
  const whole = inner ? documentOf(call) : writeReturn(call.run(), call.settings.cdata);
  const at = inner ? lastClose(whole) : whole.length;
  const envelope = writeResponse(call.wire.version, call.operation, inner ? writeReturn('\0', false) : '\0');
  const [before, after] = envelope.split('\0') as [string, string];
  const code = inner ? escapeXml : (text: string) => text;
  const pieces = function* () {
    yield before + code(whole.slice(0, at));
    for (const piece of extra) yield code(piece);
    yield code(whole.slice(at)) + after;
  };
  return sendPieces(call, { 'content-type': call.wire.type() }, pieces());
}

/** Where the children of the root end; an empty root `<X/>` is left whole and followed by the extra. */
function lastClose(document: string): number {
  const at = document.lastIndexOf('</');
  return at < 0 ? document.length : at;
}

function withDoctype(call: SoapCall, params: FaultParams, entities: string, use: string): void {
  const doctype = `<?xml version="1.0"?>\n<!DOCTYPE a [${entities}]>\n`;
  if (params.layer === 'inner') sendXml(call, bodyOf(call, doctype + insideRoot(documentOf(call), use)));
  else sendXml(call, doctype + bodyOf(call, call.run()).replace('</m:return>', () => `${use}</m:return>`));
}

function insideRoot(document: string, use: string): string {
  const text = document.replace('<?xml version="1.0"?>\n', '');
  const at = lastClose(text);
  return `${text.slice(0, at)}<Комментарий>${use}</Комментарий>${text.slice(at)}`;
}
