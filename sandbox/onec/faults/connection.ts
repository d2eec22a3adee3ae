/** Faults of the connection: what happens to a call when the line or the server dies around it. */
import { bodyOf, reset, sendBody, sendText } from '../call.ts';
import { all, type Fault } from './fault.ts';

export const connectionFaults: readonly Fault[] = [
  {
    name: 'drop-before',
    sentence: 'The connection is closed and nothing was done.',
    committed: 'never',
    operations: all,
    play: (call) => void call.response.socket?.destroy(),
  },
  {
    name: 'commit-then-hang',
    sentence: 'Executed, then no answer ever.',
    committed: 'yes',
    operations: all,
    play: (call) => void call.run(),
  },
  {
    name: 'commit-then-reset',
    sentence: 'Executed, then a TCP reset instead of the answer.',
    committed: 'yes',
    operations: all,
    play(call) {
      call.run();
      reset(call);
    },
  },
  {
    name: 'commit-then-500',
    sentence: 'Executed, then HTTP 500 with a page of the web server.',
    committed: 'yes',
    operations: all,
    play(call) {
      call.run();
      sendBody(
        call,
        500,
        'text/html; charset=utf-8',
        '<html><body><h1>500 - Internal server error.</h1></body></html>',
      );
    },
  },
  {
    name: 'commit-then-empty-200',
    sentence: 'Executed, then HTTP 200 without a body.',
    committed: 'yes',
    operations: all,
    play(call) {
      call.run();
      sendBody(call, 200, call.wire.type(), '');
    },
  },
  {
    name: 'late-commit',
    sentence:
      'No answer; executed `milliseconds` (600) later even if the client has gone. Variant `answer` then answers.',
    committed: 'late',
    operations: all,
    play: (call, params) =>
      call.later(params.milliseconds ?? 600, () => {
        const text = call.run();
        if (params.variant === 'answer' && !call.response.destroyed) sendText(call, text);
      }),
  },
  {
    name: 'slow',
    sentence: 'Executed at once, answered well after `milliseconds` (2000).',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const text = call.run();
      call.later(params.milliseconds ?? 2000, () => {
        if (!call.response.destroyed) sendText(call, text);
      });
    },
  },
  {
    name: 'drip',
    sentence: 'Executed; the good answer comes one byte each `milliseconds` (200).',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const bytes = Buffer.from(bodyOf(call, call.run()), 'utf8');
      call.response.writeHead(200, { 'content-type': call.wire.type(), 'content-length': bytes.length });
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
    operations: all,
    play(call, params) {
      const bytes = Buffer.from(bodyOf(call, call.run()), 'utf8');
      const half = bytes.subarray(0, Math.floor(bytes.length / 2));
      if (params.variant !== 'socket') return sendBody(call, 200, call.wire.type(), half);
      call.response.writeHead(200, { 'content-type': call.wire.type(), 'content-length': bytes.length });
      call.response.write(half, () => call.response.socket?.destroy());
    },
  },
];
