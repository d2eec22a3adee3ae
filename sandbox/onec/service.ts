/** What both wires of the pretend 1С share: access, and one call from its arguments to its answer or its fault. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Call, type LogEntry, sendText } from './call.ts';
import type { Switchboard } from './faults/fault.ts';
import { execute, writes } from './operations.ts';
import type { Arguments } from './parameters.ts';
import type { State } from './state.ts';
import type { Wire } from './wire.ts';
import type { OperationName } from './wsdl.ts';

export interface Service {
  state: State;
  switchboard: Switchboard;
  /** Value of the Authorization header that is let in. */
  authorization: string;
  /** «Ключ API», in the body of every call of the HTTP twin. */
  apiKey: string;
  note(entry: LogEntry): void;
  later(milliseconds: number, work: () => void): void;
}

/** Answers the call, well or as the fault that is on says. */
export async function play(service: Service, call: Call): Promise<void> {
  const { latencyMilliseconds } = service.state.settings();
  if (latencyMilliseconds > 0) await new Promise<void>((resolve) => service.later(latencyMilliseconds, resolve));
  const taken = service.switchboard.take(call.operation, call.access);
  if (taken === undefined) return sendText(call, call.run());
  call.entry.fault = taken.fault.name;
  await taken.fault.play(call, taken.params);
}

export function admitted(service: Service, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers.authorization === service.authorization) return true;
  response.writeHead(401, { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': 'Basic realm="1C"' });
  response.end('<html><body>Идентификация пользователя не выполнена</body></html>');
  return false;
}

export interface Asked {
  operation: OperationName;
  args: Arguments;
  wire: Wire;
  response: ServerResponse;
  origin: string;
}

/** Notes the call in the log; it is executed when it is first run. */
export function openCall(service: Service, { operation, args, wire, response, origin }: Asked): Call {
  const { state, later } = service;
  const guid = args.text('GUID');
  const access = writes.has(operation) ? 'write' : 'read';
  const entry: LogEntry = { at: state.clock(), operation, access, outcome: 'none', committed: false };
  if (guid !== '') entry.guid = guid;
  service.note(entry);
  let text: string | undefined;
  const run = () => {
    if (text !== undefined) return text;
    const answer = execute(state, operation, args);
    entry.outcome = answer.done ? 'ok' : 'refused';
    entry.committed = answer.done && access === 'write';
    text = answer.text;
    return text;
  };
  return { operation, access, wire, response, settings: state.settings(), origin, entry, run, later };
}
