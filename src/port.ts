/** Ports of this machine's loopback. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those from which systems open connections: one of these took a port again before the server that it was for listened on it. */
const [lowest, highest] = [15_000, 32_000];
const tries = 100;

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let n = 0; n < tries; n++) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${tries} ports between ${lowest} and ${highest} is free`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
