/** The faults of shape in JSON: where the SOAP service spoils elements, its twin spoils members. */
import { bodyOf, type Call, sendBody, sendPieces, sendText } from '../call.ts';
import type { FaultParams } from '../faults/fault.ts';
import { writeBooked, writeRefusal } from '../operations.ts';
import { readXml } from '../xml.ts';
import { contentOf } from './json-wire.ts';

type Play = (call: Call, params: FaultParams) => void | Promise<void>;

export const jsonShapes = {
  'wrong-root'(call) {
    call.run();
    sendText(call, '<ДругойОтвет xmlns="S1"><Результат>true</Результат></ДругойОтвет>');
  },
  'wrong-element'(call, params) {
    const [, value] = contentOf(readXml(documentOf(call)), call.settings);
    send(call, JSON.stringify({ [params.variant === 'return' ? 'return' : 'Otvet']: value }));
  },
  'duplicate-return'(call, params) {
    const [name, value] = contentOf(readXml(documentOf(call)), call.settings);
    const [, no] = contentOf(readXml(writeRefusal('ОтветНаЗаписьССайта', 'Второй ответ')), call.settings);
    const member = (content: unknown) => `${JSON.stringify(name)}:${JSON.stringify(content)}`;
    if (params.variant === 'response') send(call, `{${member(value)}}{${member(no)}}`);
    else send(call, `{${member(no)},${member(value)}}`);
  },
  'proto-element': (call, params) =>
    beside(call, params, ['"__proto__":{"polluted":"yes"},"constructor":{"prototype":{}}']),
  'deep-xml'(call, params) {
    const depth = params.count ?? 100_000;
    return beside(call, params, ['"a":', '{"a":'.repeat(depth), '""', '}'.repeat(depth)]);
  },
  'many-elements': (call, params) => beside(call, params, thousands(params.count ?? 3_000_000)),
  'entity-bomb': (call) => send(call, `<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY e0 "lol">]>\n${documentOf(call)}`),
  xxe: (call, params) => {
    const address = params.text ?? `${call.origin}/control/canary`;
    send(call, `<!DOCTYPE a [<!ENTITY x SYSTEM "${address}">]><a>&x;</a>${documentOf(call)}`);
  },
} as const satisfies { readonly [fault: string]: Play };

const send = (call: Call, body: string): void => sendBody(call, 200, call.wire.type(), body);

function documentOf(call: Call): string {
  const text = call.run();
  return text.startsWith('<') ? text : writeBooked();
}

function* thousands(count: number): Generator<string> {
  yield '"a":[""';
  for (let left = count - 1; left > 0; left -= 1000) yield ',""'.repeat(Math.min(left, 1000));
  yield ']';
}

/** The answer with members more: beside the root, or in `layer` inner inside it. */
function beside(call: Call, params: FaultParams, extra: Iterable<string>): Promise<void> {
  const body = bodyOf(call, documentOf(call));
  const end = params.layer === 'inner' && body.endsWith('}}') ? '}}' : '}';
  const before = body.slice(0, body.length - end.length);
  const pieces = function* () {
    yield before.endsWith('{') ? before : `${before},`;
    yield* extra;
    yield end;
  };
  return sendPieces(call, { 'content-type': call.wire.type() }, pieces());
}
