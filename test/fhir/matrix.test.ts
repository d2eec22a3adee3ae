/** The matrix of access (RELIABILITY §5.3): everybody asks for everything, and no answer holds what is not his. */
import { afterAll, describe, expect, test } from 'vitest';
import { layGround } from './matrix/ground.ts';
import { requestsFor } from './matrix/requests.ts';
import { scan } from './matrix/scan.ts';
import * as support from './matrix/support.ts';

const ground = await layGround(support);
afterAll(() => ground.hub.close());

const total = { sent: 0 };

const versions = async () => {
  const { rows } = await ground.hub.pool.query<{ digest: string }>(
    `select md5(string_agg(type || id || version, ',' order by type, id)) as digest from document where id = any($1::uuid[])`,
    [ground.secrets.map((s) => s.id)],
  );
  return rows[0]!.digest;
};

describe.each(ground.askers.map((asker) => [asker.name, asker] as const))('%s', (_name, asker) => {
  test('learns nothing that is not for it, and changes nothing', async () => {
    const before = await versions();
    const hidden = ground.secrets.filter((s) => !asker.sees(s));
    const { sent, found, own } = await scan(ground, asker, await requestsFor(ground, hidden));
    total.sent += sent;
    expect(found.slice(0, 20)).toEqual([]);
    if (ground.secrets.some((s) => asker.sees(s))) expect(own).toBeGreaterThan(0);
    expect(await versions()).toBe(before);
  }, 120_000);
});

test('5,000 requests at least were sent', () => {
  console.log(`requests of the matrix: ${total.sent}, by ${ground.askers.length} askers`);
  expect(total.sent).toBeGreaterThan(5000);
});
