/** Ports for servers that listen a moment later: none that a connection of somebody else may take meanwhile. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, isFree } from '../src/port.ts';

test('a free port is none of those that systems give to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(Math.min(...ports)).toBeGreaterThan(1024);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port on which somebody listens is not free', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  expect(await isFree(port)).toBe(false);
  await new Promise((closed) => server.close(closed));
  expect(await isFree(port)).toBe(true);
});
