/** Faults of the connection: what happens to a call when the line or the server dies around it. */
import { type Call, reset, sendAnswer, sendBody } from '../call.ts';
import { allOperations } from '../operation-names.ts';
import type { Fault, FaultParams } from './fault.ts';

/** Executed, then this. */
function after(name: string, sentence: string, play: (call: Call, params: FaultParams) => void): Fault {
  return {
    name,
    sentence,
    committed: 'yes',
    operations: allOperations,
    async play(call, params) {
      await call.run();
      play(call, params);
    },
  };
}

const page = '<html><body><h1>500 - Internal server error.</h1></body></html>';

export const connectionFaults: readonly Fault[] = [
  {
    name: 'drop-before',
    sentence: 'The connection is closed and nothing was done.',
    committed: 'never',
    operations: allOperations,
    play: (call) => void call.response.socket?.destroy(),
  },
  after('commit-then-hang', 'Executed, then no answer ever.', () => {}),
  after('commit-then-reset', 'Executed, then a TCP reset instead of the answer.', reset),
  after('commit-then-500', 'Executed, then HTTP 500 with a page of the web server.', (call) =>
    sendBody(call, 500, 'text/html; charset=utf-8', page),
  ),
  after('commit-then-empty-200', 'Executed, then HTTP 200 without a body.', (call) =>
    sendBody(call, 200, call.contentType, ''),
  ),
  {
    name: 'late-commit',
    sentence:
      'No answer; executed `milliseconds` (600) later even if the client has gone. Variant `answer` then answers.',
    committed: 'late',
    operations: allOperations,
    play: (call, params) =>
      call.later(params.milliseconds ?? 600, async () => {
        const answer = await call.run();
        if (params.variant === 'answer' && !call.response.destroyed) sendAnswer(call, answer);
      }),
  },
  {
    name: 'slow',
    sentence: 'Executed at once, answered well after `milliseconds` (2000).',
    committed: 'yes',
    operations: allOperations,
    async play(call, params) {
      const answer = await call.run();
      call.later(params.milliseconds ?? 2000, () => {
        if (!call.response.destroyed) sendAnswer(call, answer);
      });
    },
  },
  {
    name: 'drip',
    sentence: 'Executed; the good answer comes one byte each `milliseconds` (200).',
    committed: 'yes',
    operations: allOperations,
    async play(call, params) {
      const { status, body } = await call.run();
      const bytes = Buffer.from(body, 'utf8');
      call.response.writeHead(status, { 'content-type': call.contentType, 'content-length': bytes.length });
      const next = (at: number): void => {
        if (call.response.destroyed) return;
        if (at === bytes.length) call.response.end();
        else call.response.write(bytes.subarray(at, at + 1));
        if (at < bytes.length) call.later(params.milliseconds ?? 200, () => next(at + 1));
      };
      next(0);
    },
  },
  {
    name: 'truncated',
    sentence: 'Executed; half of the answer, ended as if whole. Variant `socket` ends by closing the connection.',
    committed: 'yes',
    operations: allOperations,
    async play(call, params) {
      const { status, body } = await call.run();
      const bytes = Buffer.from(body, 'utf8');
      const half = bytes.subarray(0, Math.floor(bytes.length / 2));
      if (params.variant !== 'socket') return sendBody(call, status, call.contentType, half);
      call.response.writeHead(status, { 'content-type': call.contentType, 'content-length': bytes.length });
      call.response.write(half, () => call.response.socket?.destroy());
    },
  },
];
