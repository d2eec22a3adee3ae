/** The requests that the documentation shows are sent: each is answered as one would expect after reading it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../support/process.ts';
import { createSampleHub } from '../support/sample-hub.ts';

interface Example {
  readonly page: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the MIS of this hub cannot do: test/workflows/{waitlist,referral-steps} and test/fhir/operations/template try that. */
const beyond = ({ path, body }: Example) =>
  /\$((set-|delete-)?template|advance|referral-queues)/.test(path) || body.includes('"waitlist"');

/**
 * What the hub sends to others, what $find must have answered before, dictionaries that come with 1С, which this hub has not, and what
 * people send who have signed in: test/access tries that.
 */
const others = /^PUT Slot|Appointment\/\$hold|onec-|Person\/.*\$(attach|moderate)|\$who-saw|^POST \/auth\//;

const examples = globSync('docs/**/*.md', { cwd: root })
  .sort()
  .flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    return [...text.matchAll(/^```http\n(.*?)^```/gms)].map(([, block]) => parse(page, block!));
  })
  .filter((e) => !others.test(`${e.method} ${e.path}`) && !beyond(e));

function parse(page: string, block: string): Example {
  const [head = '', ...rest] = block.split(/\n\n/);
  const [first = '', ...lines] = head.trim().split('\n');
  const [method, url = ''] = first.split(' ');
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  return {
    page,
    method: method as Example['method'],
    path: url.replace(/^\/fhir\/?/, ''),
    headers,
    body: rest.join('\n\n').trim(),
  };
}

const hub = await createSampleHub();
const token = await hub.token();
afterAll(() => hub.close());

/** Ids in the pages are of somebody else: a Slot becomes one that is free, anything else a sample. */
function ours(text: string): string {
  return text
    .replace(/"endpoint": *"[^"]*"/, '"endpoint": "http://127.0.0.1:443/fhir"')
    .replace(/\b([A-Z][A-Za-z]+)\/([0-9a-f-]{36}|[0-9a-f]{4}…)/g, (whole, type: string) => {
      const id = type === 'Slot' ? hub.freeSlots.at(-1) : hub.samples.get(type)?.[0];
      return id === undefined ? whole : `${type}/${id}`;
    });
}

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(25);
});

test.each(examples)('$page: $method $path', async ({ page, method, path, headers, body }) => {
  const answer = await hub.app.inject({
    method,
    url: encodeURI(`/fhir/${ours(path)}`),
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== '' && { 'content-type': 'application/fhir+json' }),
      ...headers,
      ...own(page, headers),
    },
    ...(body !== '' && { payload: ours(body) }),
  });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  if (path.startsWith('Appointment') && !path.includes('$find')) hub.freeSlots.pop();
});

/** A version and a key are of the one who reads the page. */
function own(page: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...(headers['If-Match'] !== undefined && { 'If-Match': '*' }),
    ...(headers['Idempotency-Key'] !== undefined && { 'Idempotency-Key': page }),
  };
}
