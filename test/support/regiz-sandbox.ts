/** A sandbox РЕГИЗ as a process of its own, made to be killed and started again on the same port and file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/port.ts';
import { type RunningProgram, root, startProgram } from './process.ts';

export interface RegizSandbox {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** `…/Hub25/HubService.svc`, SOAP 1.1. */
  readonly url: string;
  /** `…/zpv/ws/appointment`: the same contract as 1С publishes it. */
  readonly onecUrl: string;
  /** Token of a client. */
  readonly guid: string;
  start(...more: string[]): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** JSON of the sandbox's control. @throws Error with what it answered instead */
  control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Record<string, unknown>>;
  /** Kills it and removes its file. */
  dispose(): Promise<void>;
}

/** @param options of the command line, e.g. `['--start', '2026-12-01']` */
export async function createRegizSandbox(options: readonly string[] = []): Promise<RegizSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'regiz-'));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const guid = '5a4d0b0c-0000-4000-8000-00000000000a';
  const place = ['--port', String(port), '--file', join(folder, 'regiz.sqlite'), '--guid', guid];
  let program: RunningProgram | undefined;
  const self: RegizSandbox = {
    ...{ origin, guid, url: `${origin}/Hub25/HubService.svc`, onecUrl: `${origin}/zpv/ws/appointment` },
    async start(...more) {
      program = await startProgram({
        args: ['--no-warnings', join(root, 'sandbox/regiz/main.ts'), ...place, ...options, ...more],
        ready: () => fetch(`${origin}/control/settings`).then((r) => r.ok),
      });
    },
    kill: async () => program?.kill(),
    stop: async () => program!.stop(),
    async control(method, path, body) {
      const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await fetch(`${origin}/control/${path}`, init);
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    },
    async dispose() {
      await program?.kill();
      await rm(folder, { recursive: true });
    },
  };
  await self.start();
  return self;
}
