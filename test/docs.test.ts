/** The documentation against the program: links lead somewhere, and what can be named is named. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../src/config.ts';
import { faultKinds } from '../src/fault.ts';
import { includesOf } from '../src/fhir/capability-type.ts';
import { readOnly } from '../src/fhir/resource.ts';
import { loadResources } from '../src/fhir/resources.ts';
import { servedParameters } from '../src/fhir/search/parameter.ts';
import { root } from './support/process.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md', 'sandbox/**/*.md'], { cwd: root }).sort();
const declarations = await loadResources();

test.each(pages)('links of %s lead somewhere', (page) => {
  const text = read(page).replace(/^```.*?^```/gms, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !leads(page, link));
  expect(broken).toEqual([]);
});

function leads(page: string, link: string): boolean {
  const [path = '', anchor] = decodeURI(link).split('#');
  const target = path === '' ? join(root, page) : resolve(join(root, dirname(page)), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each([...declarations.keys()])('%s has a page that names its search parameters and includes', (type) => {
  expect(read('docs/index.md')).toContain(`(resources/${type}.md)`);
  const page = read(`docs/resources/${type}.md`);
  const parameters = servedParameters(declarations.get(type)!);
  const includes = includesOf(declarations.get(type)!, declarations);
  const own = parameters.map((p) => p.code).filter((code) => !common.includes(code));
  const names = [...own, ...includes];
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const told = [...page.matchAll(/`([A-Z][A-Za-z]+:[a-z-]+)`/g)].map(([, name]) => name!);
  expect(told.filter((name) => name.startsWith(`${type}:`) && !includes.includes(name))).toEqual([]);
});

/** Those of every type, which docs/search.md tells once. */
const common = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag', 'clinic'];

test('the search parameters of every type are told once', () => {
  expect(common.filter((name) => !read('docs/search.md').includes(`| \`${name}\` |`))).toEqual([]);
});

test('every key of the configuration is told with its default', () => {
  const rows = new Map(
    [...read('docs/operations.md').matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, key, value]) => [key!, value!]),
  );
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  for (const { path, value } of keysOf(schema, ''))
    expect(rows.get(path), path).toEqual(value === undefined ? expect.any(String) : `\`${JSON.stringify(value)}\``);
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly default?: unknown;
}

/** Leaves of the schema; `clinics.<key>.name`, `companions[].url`. */
function keysOf(schema: JsonSchema, path: string): { path: string; value: unknown }[] {
  const { properties, additionalProperties: any, items } = schema;
  const own = schema.default === undefined ? [] : [{ path, value: schema.default }];
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, inner]) => keysOf(inner, path === '' ? name : `${path}.${name}`));
  if (items?.properties !== undefined) return [...own, ...keysOf(items, `${path}[]`)];
  if (typeof any === 'object' && any.properties !== undefined) return keysOf(any, `${path}.<key>`);
  return [{ path, value: schema.default }];
}

test('the metrics that are told are those that there are', () => {
  const names = (text: string) => [...new Set(text.match(/medmost_[a-z]+_?[a-z_]*/g))].sort();
  const roles = ['medmost_audit', 'medmost_client'];
  const made = read('src/fhir/health.ts').match(/(?<=name: ')medmost_[a-z_]+/g)!;
  expect(names(read('docs/operations.md')).filter((name) => !roles.includes(name))).toEqual([...made].sort());
});

test('the table of errors gives the statuses that are sent', () => {
  const rows = [...read('docs/index.md').matchAll(/^\| (\d{3}) \| `([a-z-]+)`/gm)];
  expect(rows.length).toBeGreaterThan(10);
  for (const [row, status, kind] of rows)
    expect(faultKinds[kind as keyof typeof faultKinds]?.[0], row).toBe(Number(status));
});

test('the index says of each type what can be done with it', () => {
  const every = [...readOnly, 'create', 'update', 'patch', 'delete'];
  const known: Readonly<Record<string, readonly string[]>> = { read: readOnly, all: every };
  const rows = read('docs/index.md').matchAll(/^\| (\[\w+\]\(resources\/.*?) \|.*\| ([^|]*) \|$/gm);
  const told = [...rows].flatMap(([, types, what]) =>
    [...types!.matchAll(/\[(\w+)\]\(resources/g)].map(([, type]) => [type!, what!.split(/[,;]/)[0]!] as const),
  );
  expect(told.map(([type]) => type).sort()).toEqual([...declarations.keys()].sort());
  for (const [type, what] of told) {
    const { interactions } = declarations.get(type)!;
    const [, but] = /^all but (.*)$/.exec(what) ?? [];
    const wanted = but === undefined ? known[what] : every.filter((i) => !but.split(' and ').includes(i));
    expect([...interactions].sort(), type).toEqual([...(wanted ?? [])].sort());
  }
});
