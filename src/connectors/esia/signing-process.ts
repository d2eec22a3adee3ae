/** A program that signs: message on stdin, signature on stdout, nothing on the disk. */
import { spawn } from 'node:child_process';

const outputBytes = 100_000;
const runMilliseconds = 15_000;

/** @param env added to that of the hub, less the hub's own secrets @throws Error without a word of the message */
export async function runSigner(
  [program, ...args]: readonly string[],
  message: Uint8Array,
  env: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = spawn(program!, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    timeout: runMilliseconds,
    killSignal: 'SIGKILL',
  });
  const parts: Buffer[] = [];
  let size = 0;
  let complaint = '';
  child.stdout.on('data', (part: Buffer) => {
    size += part.length;
    if (size > outputBytes) child.kill('SIGKILL');
    else parts.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + String(part)).slice(0, 500);
  });
  // A program that ends before it has read everything is judged by how it ended.
  child.stdin.on('error', () => {});
  child.on('error', (cause) => reject(new Error(`the signer ${program} cannot be started`, { cause })));
  child.on('close', (status, signal) => {
    if (status === 0) resolve(Buffer.concat(parts));
    else reject(new Error(`the signer ${program} ended with ${status ?? signal}: ${complaint.trim()}`));
  });
  child.stdin.end(message);
  return promise;
}
