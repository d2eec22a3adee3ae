/** One call under way: what was asked, how to execute it once, and how to answer, well or badly. */
import type { ServerResponse } from 'node:http';

export interface LogEntry {
  /** Milliseconds. */
  at: number;
  operation: string;
  access: 'read' | 'write';
  /** `refused` = a definite "no"; `none` = not executed (yet). */
  outcome: 'ok' | 'refused' | 'none';
  /** A write that changed something. A late one turns true when it happens. */
  committed: boolean;
  fault?: string;
  /** Number of the business error. */
  error?: number;
  idLpu?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Call {
  readonly operation: string;
  readonly access: 'read' | 'write';
  /** Of a good answer. */
  readonly contentType: string;
  readonly response: ServerResponse;
  /** `http://host:port` of the sandbox as the client sees it. */
  readonly origin: string;
  readonly entry: LogEntry;
  /** Executes the operation, the first time it is called. Never throws: what fails is answered as the service does. */
  run(): Promise<Answer>;
  /** The answer with this business error, without executing; a fault or a JSON error of the services that have no numbers. */
  refusal(code: number, text: string | undefined): Answer;
  /** A SOAP fault, or a JSON error, with this text. */
  failure(text: string): Answer;
  /** Runs `work` after that time unless the sandbox is closed before. */
  later(milliseconds: number, work: () => void): void;
}

export function sendBody(call: Call, status: number, type: string, body: string | Buffer): void {
  call.response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  call.response.end(body);
}

export function sendAnswer(call: Call, { status, body }: Answer): void {
  sendBody(call, status, call.contentType, body);
}

/** TCP reset. */
export function reset(call: Call): void {
  call.response.socket?.resetAndDestroy();
}

/** Sends piece by piece, no faster than the client takes it, until the pieces end or the client goes. */
export async function sendPieces(call: Call, headers: { [name: string]: string }, pieces: Iterable<string | Buffer>) {
  const { response } = call;
  response.writeHead(200, { 'content-type': call.contentType, ...headers });
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
