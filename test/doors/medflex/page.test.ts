/** The page of the door against the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { scopes } from '../../../src/doors/medflex/hub-access.ts';
import { medflexSettings } from '../../../src/doors/medflex/settings.ts';
import { root } from '../../support/process.ts';

const page = readFileSync(join(root, 'docs/doors/medflex.md'), 'utf8');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly default?: unknown;
}

const keysOf = ({ properties, default: value }: JsonSchema, path: string): [path: string, value: unknown][] =>
  properties === undefined
    ? [[path, value]]
    : Object.entries(properties).flatMap(([name, inner]) => keysOf(inner, path === '' ? name : `${path}.${name}`));

test('every setting is told with its default', () => {
  const rows = [...page.matchAll(/^\| ((?:`[a-zA-Z.]+`(?:, )?)+) \| (.*?) \|/gm)].flatMap(([, keys, value]) =>
    [...keys!.matchAll(/`([a-zA-Z.]+)`/g)].map(([, key]) => [key!, value!] as const),
  );
  const told = new Map(rows);
  const schema = z.toJSONSchema(medflexSettings, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const keys = keysOf(schema, '');
  expect(keys.length).toBeGreaterThan(35);
  for (const [key, value] of keys) {
    const wanted =
      value === undefined || key.startsWith('names.') ? expect.any(String) : `\`${JSON.stringify(value)}\``;
    expect(told.get(key), key).toEqual(wanted);
  }
});

test('its example is a configuration', () => {
  const yaml = /```yaml\n(hub:.*?)```/s.exec(page)![1]!;
  const text = yaml.replaceAll(/\{ (file|env): (\S+) \}/g, '"a secret that is long"');
  expect(medflexSettings.safeParse(parse(text)).error).toBeUndefined();
});

test('the scopes that it is registered for are those that it asks for', () => {
  const registered = /^ {4}scopes: \[(.*)\]$/m.exec(page)![1]!.split(', ');
  expect(registered).toEqual(scopes);
});

test.each([
  [{ hub: { url: 'http://hub.test/fhir' } }, 'hub'],
  [{ hub: { url: 'http://hub.test/fhir', token: 'x'.repeat(20), client: { id: 'x', key: 'y' } } }, 'hub'],
  [{ zone: 'Moscow' }, 'zone'],
  [{ medflex: { token: 'short' } }, 'medflex.token'],
  [{ webhooks: { token: '' } }, 'webhooks.token'],
  [{ webhooks: { token: 'x'.repeat(20), path: 'medflex' } }, 'webhooks.path'],
  [{ doctors: { '5': 'a', '6': 'a' } }, 'doctors'],
  [{ push: { days: 0 } }, 'push.days'],
  [{ extra: 1 }, ''],
])('%j is refused at %s', (change, path) => {
  const good = {
    hub: { url: 'http://hub.test/fhir', token: 'x'.repeat(20) },
    zone: 'Europe/Moscow',
    medflex: { token: 'x'.repeat(20) },
    webhooks: { token: 'x'.repeat(20) },
  };
  expect(medflexSettings.safeParse(good).success).toBe(true);
  const { error } = medflexSettings.safeParse({ ...good, ...change });
  expect(error?.issues.map((i) => i.path.join('.'))).toContain(path);
});
