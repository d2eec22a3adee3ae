/** Programs of the bench that run in processes of their own: servers and the load generator. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface Child<Ready> {
  readonly pid: number;
  /** What it sent when it was ready. */
  readonly ready: Ready;
  /** Sends a message and waits for the answer. */
  ask<Answer>(message: object): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `bench/<file>`, or that of another folder, with one JSON argument and waits for its first message. */
export async function startChild<Ready>(file: string, argument: object = {}): Promise<Child<Ready>> {
  const child = fork(resolve(import.meta.dirname, file), [JSON.stringify(argument)], { serialization: 'advanced' });
  const ready = await nextMessage<Ready>(child);
  return {
    pid: child.pid!,
    ready,
    ask(message) {
      child.send(message);
      return nextMessage(child);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((done, fail) => {
    const ended = (code: number | null) => fail(new Error(`a process of the bench ended early (code ${code})`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      done(message as T);
    });
  });
}
