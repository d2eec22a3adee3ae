/** After every test file: its hubs have logged nothing of a person and no secret. */
import { afterAll, expect } from 'vitest';
import { leaks } from './scanned-log.ts';

afterAll(() => {
  expect(leaks, 'what no log may hold').toEqual([]);
});
