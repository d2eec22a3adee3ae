/** One SOAP service over a contract: from the bytes of a call to its answer or its fault. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, type Call, type LogEntry, sendAnswer } from './call.ts';
import type { Contract } from './contract.ts';
import { type DataObject, numberOf } from './data.ts';
import { createDataReader, DeserializationError } from './data-reader.ts';
import { createDataWriter, type Style } from './data-writer.ts';
import type { Switchboard } from './faults/fault.ts';
import {
  actionOf,
  contentTypeOf,
  readSoapRequest,
  SoapFault,
  type SoapVersion,
  writeEnvelope,
  writeFault,
  writeWrapper,
} from './soap.ts';
import type { State } from './state.ts';
import type { Element } from './xml.ts';

export interface Executed {
  /** Content of `<Op>Result`; undefined for an operation that has none. */
  readonly result: DataObject[string];
  /** Number of the business error, when it was refused. */
  readonly error?: number;
}

export interface SoapService {
  readonly contract: Contract;
  /** Before the operation's name in SOAPAction. */
  readonly action: string;
  readonly style: Style;
  /** SOAP version of this address; `any` takes both and answers 1.2, as 1С does. */
  readonly version: SoapVersion | 'any';
  /** Prefix of its operations in faults and log. */
  readonly prefix: string;
  isWrite(operation: string): boolean;
  /** @throws SoapFault */
  execute(operation: string, ask: DataObject): Promise<Executed>;
  /** What the service answers for a business error. @throws SoapFault where errors are faults */
  refuse(operation: string, code: number, text: string | undefined): Executed;
}

export interface ServiceGround {
  readonly state: State;
  readonly switchboard: Switchboard;
  note(entry: LogEntry): void;
  later(milliseconds: number, work: () => void): void;
  pause(milliseconds: number): Promise<void>;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly origin: string;
  readonly body: string;
}

/** Answers one SOAP call. Never throws. */
export async function serveSoap(ground: ServiceGround, service: SoapService, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const type = String(request.headers['content-type'] ?? '');
  const expected = service.version === 'any' ? '' : contentTypeOf(service.version, '');
  if (!type.startsWith(expected)) {
    const text = `Cannot process the message because the content type '${type}' was not the expected type '${expected}; charset=utf-8'.`;
    return void response.writeHead(415, text.replaceAll(/[^\x20-\x7e]/g, '?')).end();
  }
  const version = service.version === 'any' ? '1.2' : service.version;
  try {
    await play(ground, callOf(ground, service, exchange, version));
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    const { status, body } = failed(service, version, error);
    response.writeHead(status, { 'content-type': contentTypeOf(version) }).end(body);
  }
}

/** Executes the call, well or with the fault that waits for it. */
export async function play(ground: ServiceGround, call: Call): Promise<void> {
  const { latencyMilliseconds } = ground.state.settings();
  if (latencyMilliseconds > 0) await ground.pause(latencyMilliseconds);
  const taken = ground.switchboard.take(call.operation, call.access);
  if (taken === undefined) return sendAnswer(call, await call.run());
  call.entry.fault = taken.fault.name;
  await taken.fault.play(call, taken.params);
}

function callOf(ground: ServiceGround, service: SoapService, exchange: Exchange, version: SoapVersion): Call {
  const { operation, ask } = askOf(ground.state, service, exchange);
  const name = `${service.prefix}${operation}`;
  const access = service.isWrite(operation) ? 'write' : 'read';
  const entry: LogEntry = { at: ground.state.clock(), operation: name, access, outcome: 'none', committed: false };
  const idLpu = numberOf(ask, 'idLpu');
  if (idLpu !== undefined) entry.idLpu = idLpu;
  ground.note(entry);
  let answer: Promise<Answer> | undefined;
  const run = () => runOf(ground, service, version, operation, ask, entry);
  return {
    ...{ operation: name, access, entry, response: exchange.response, origin: exchange.origin },
    contentType: contentTypeOf(version),
    run: () => (answer ??= run()),
    refusal(code, text) {
      try {
        const executed = service.refuse(operation, code, text);
        return { status: 200, body: envelopeOf(ground.state, service, version, operation, executed) };
      } catch (error) {
        return failed(service, version, error);
      }
    },
    failure: (text) => failed(service, version, new SoapFault(text)),
    later: ground.later,
  };
}

/** Executes it and notes what came of it. */
async function runOf(
  { state }: ServiceGround,
  service: SoapService,
  version: SoapVersion,
  operation: string,
  ask: DataObject,
  entry: LogEntry,
): Promise<Answer> {
  try {
    const executed = await service.execute(operation, ask);
    entry.outcome = executed.error === undefined ? 'ok' : 'refused';
    if (executed.error !== undefined) entry.error = executed.error;
    entry.committed = executed.error === undefined && entry.access === 'write';
    return { status: 200, body: envelopeOf(state, service, version, operation, executed) };
  } catch (error) {
    entry.outcome = 'refused';
    if (error instanceof SoapFault && error.number !== undefined) entry.error = error.number;
    return failed(service, version, error);
  }
}

/** @throws SoapFault for no envelope, a wrong action, an unknown operation or values that are none of their type */
function askOf(state: State, service: SoapService, { request, body }: Exchange) {
  const { strictOrder, soapAction } = state.settings();
  const { call } = readSoapRequest(body);
  const action = actionOf(request.headers);
  const type = service.contract.operation(call.name);
  if (type === undefined || type.namespace !== call.namespace)
    throw new SoapFault(`The operation {${call.namespace}}${call.name} is unknown`, 'ActionNotSupported');
  if (soapAction === 'strict' && action !== `${service.action}${call.name}`)
    throw new SoapFault(
      `The message with Action '${action}' cannot be processed at the receiver: expected '${service.action}${call.name}'`,
      'ActionNotSupported',
    );
  return { operation: call.name, ask: readAsk(service.contract, strictOrder, type, call) };
}

function readAsk(
  contract: Contract,
  strictOrder: Parameters<typeof createDataReader>[1],
  type: Parameters<ReturnType<typeof createDataReader>['readClass']>[0],
  call: Element,
): DataObject {
  try {
    return createDataReader(contract, strictOrder).readClass(type, call);
  } catch (error) {
    if (error instanceof DeserializationError) throw new SoapFault(error.message, 'DeserializationFailed');
    throw error;
  }
}

function envelopeOf(state: State, service: SoapService, version: SoapVersion, operation: string, { result }: Executed) {
  const { contract, style } = service;
  const { emptyLists, nulls } = state.settings();
  const type = contract.find(`${operation}Response`, 'http://tempuri.org/');
  if (type?.kind !== 'class') throw new Error(`no ${operation}Response in the contract`);
  const writer = createDataWriter(contract, { style, emptyLists, nulls });
  const members = writer.writeMembers(type, { [`${operation}Result`]: result });
  return writeEnvelope(version, style, writeWrapper(style, `${operation}Response`, members));
}

function failed(service: SoapService, version: SoapVersion, error: unknown): Answer {
  const fault = error instanceof SoapFault ? error : new SoapFault(String(error));
  return { status: 500, body: writeFault(version, service.style, fault) };
}
