/** One call under way: what was asked, how to execute it once, and how to answer, well or badly. */
import type { ServerResponse } from 'node:http';
import type { Settings } from './settings.ts';
import type { Reply, Wire } from './wire.ts';
import type { OperationName } from './wsdl.ts';

export interface LogEntry {
  /** Milliseconds. */
  at: number;
  operation: string;
  access: 'read' | 'write';
  /** `refused` = 1С gave a definite "no"; `none` = not executed (yet). */
  outcome: 'ok' | 'refused' | 'none';
  /** A write that changed something. A late one turns true when it happens. */
  committed: boolean;
  fault?: string;
  /** GUID parameter of the call, when it has one. */
  guid?: string;
}

export interface Call {
  readonly operation: OperationName;
  readonly access: 'read' | 'write';
  readonly wire: Wire;
  readonly response: ServerResponse;
  readonly settings: Settings;
  /** `http://host:port` of the sandbox as the client sees it. */
  readonly origin: string;
  readonly entry: LogEntry;
  /** Executes the operation, the first time it is called. @returns text of its answer */
  run(): string;
  /** Runs `work` after that time unless the sandbox is closed before. */
  later(milliseconds: number, work: () => void): void;
}

export function sendBody(call: Call, status: number, type: string, body: string | Buffer): void {
  call.response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  call.response.end(body);
}

export function sendReply(call: Call, { status, type, body }: Reply): void {
  sendBody(call, status, type, body);
}

/** Body of the answer that this text makes. */
export function bodyOf(call: Call, text: string): string {
  return call.wire.reply(text).body;
}

export function sendText(call: Call, text: string): void {
  sendReply(call, call.wire.reply(text));
}

/** TCP reset. */
export function reset(call: Call): void {
  call.response.socket?.resetAndDestroy();
}

/** Sends piece by piece, no faster than the client takes it, until the pieces end or the client goes. */
export async function sendPieces(call: Call, headers: { [name: string]: string }, pieces: Iterable<string | Buffer>) {
  const { response } = call;
  response.writeHead(200, headers);
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
