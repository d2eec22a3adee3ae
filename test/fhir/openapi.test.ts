/** The OpenAPI document against the server: it has every route and no other; and the page that shows it. */
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { validate } from '../../src/r4/validate.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { sampleOf } from '../support/sample.ts';

type Json = Record<string, unknown>;

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly type?: string;
}

interface Operation extends Json {
  readonly operationId: string;
  readonly parameters?: readonly { $ref?: string; name?: string; in?: string }[];
  readonly responses: Readonly<Record<string, Json>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, { name: string; in: string; schema: object }>>;
    readonly responses: Readonly<Record<string, { content: Record<string, { example?: object }> }>>;
  };
}

const hub = await createMemoryHub();
const document: Document = (await hub.app.inject('/fhir/openapi.json')).json();
afterAll(() => hub.close());

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    methods.filter((m) => item[m] !== undefined).map((m) => ({ path, method: m, item, operation: item[m]! })),
  );

describe('the document', () => {
  test('is OpenAPI 3.1 and needs no token', async () => {
    expect(document.openapi).toBe('3.1.0');
    const { headers, rawPayload } = await hub.app.inject({
      url: '/fhir/openapi.json',
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(rawPayload).toString())).toEqual(document);
  });

  test('refers to nothing that it has not', () => {
    const refs = new Set<string>();
    JSON.stringify(document, (key, value: unknown) => {
      if (key === '$ref') refs.add(String(value));
      return value;
    });
    const at = (ref: string) =>
      ref
        .slice(2)
        .split('/')
        .reduce<unknown>((place, step) => (place as Json | undefined)?.[step], document);
    expect(refs.size).toBeGreaterThan(300);
    expect([...refs].filter((ref) => !ref.startsWith('#/') || at(ref) === undefined)).toEqual([]);
  });

  test('names each operation once, and each has an answer', () => {
    const ids = operations().map((o) => o.operation.operationId);
    expect(ids.length).toBeGreaterThan(200);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    for (const { path, operation } of operations()) {
      expect(operation.operationId, path).toMatch(/^\w+$/);
      expect(
        Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status)),
        path,
      ).toBe(true);
    }
  });

  test('declares what stands in braces, and no parameter twice', () => {
    const resolve = (p: { $ref?: string; name?: string; in?: string }) =>
      p.$ref === undefined ? p : document.components.parameters[p.$ref.split('/').at(-1)!]!;
    for (const { path, method, item, operation } of operations()) {
      const own = (item as unknown as { parameters?: Operation['parameters'] }).parameters ?? [];
      const names = [...own, ...(operation.parameters ?? [])].map(resolve).map((p) => `${p.in} ${p.name}`);
      const braces = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`);
      expect(
        names.filter((n) => n.startsWith('path')),
        path,
      ).toEqual(braces);
      expect(
        names.filter((n, i) => names.indexOf(n) !== i),
        `${method} ${path}`,
      ).toEqual([]);
    }
  });

  test('shows errors that are valid OperationOutcomes', () => {
    const examples = Object.values(document.components.responses).map(
      (r) => r.content['application/fhir+json']!.example,
    );
    expect(examples.length).toBeGreaterThan(10);
    for (const example of examples) expect(validate(example).filter((i) => i.severity === 'error')).toEqual([]);
  });
});

describe('routes', () => {
  const id = '0ef9391b-de8e-442c-ae5d-74068c763cfe';
  /** Who has no token is told so where something is, and 404 or 405 where nothing is. */
  const isThere = async (method: string, path: string) => {
    const url = `/fhir${path.replace('{version}', '1').replace(/\{\w+\}/g, id)}`;
    const { statusCode } = await hub.app.inject({ method: method.toUpperCase() as 'GET', url });
    return statusCode === 401 || statusCode === 200;
  };

  test('that are told are there', async () => {
    for (const { path, method } of operations()) expect(await isThere(method, path), `${method} ${path}`).toBe(true);
  });

  test('that are there are told', async () => {
    const types = [...hub.context.declarations.keys()];
    const codes = hub.context.operations.all.map((o) => `$${o.code}`);
    const below = ['', '/_search', '/_history', '/{id}', '/{id}/_history', '/{id}/_history/{version}', '/{id}/_search'];
    const calls = codes.flatMap((code) => [`/${code}`, `/{id}/${code}`]);
    const within = types.flatMap((type) => [`/{id}/${type}`, `/{id}/${type}/_search`]);
    const candidates = [
      ...['/', '/metadata', '/_history', '/_search', '/Immunization', ...codes.map((code) => `/${code}`)],
      ...types.flatMap((type) => [...below, ...calls, ...within].map((rest) => `/${type}${rest}`)),
    ];
    const untold: string[] = [];
    for (const path of candidates)
      for (const method of methods)
        if (document.paths[path]?.[method] === undefined && (await isThere(method, path)))
          untold.push(`${method} ${path}`);
    expect(untold).toEqual([]);
  });
});

describe('schemas', () => {
  const problems = (schema: Schema, value: unknown, path: string): string[] => {
    if (schema.$ref !== undefined)
      return problems(document.components.schemas[schema.$ref.split('/').at(-1)!]!, value, path);
    if (schema.items !== undefined)
      return Array.isArray(value)
        ? value.flatMap((item, i) => problems(schema.items!, item, `${path}[${i}]`))
        : [`${path} is no list`];
    if (schema.const !== undefined && schema.const !== value) return [`${path} is not ${String(schema.const)}`];
    if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path} is none of its codes`];
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))
      return [`${path} is malformed`];
    const kind = value === null || typeof value !== 'object' ? typeof value : 'object';
    if (schema.type !== undefined && (schema.type === 'integer' ? 'number' : schema.type) !== kind)
      return [`${path} is no ${schema.type}`];
    if (schema.properties === undefined || kind !== 'object') return [];
    const lacking = (schema.required ?? []).filter((name) => !Object.hasOwn(value as Json, name));
    const inner = Object.entries(value as Json).flatMap(([name, member]) => {
      const known = schema.properties![name];
      return known === undefined ? [`${path}.${name} is not told`] : problems(known, member, `${path}.${name}`);
    });
    return [...lacking.map((name) => `${path}.${name} is lacking`), ...inner];
  };

  test('fit resources with every element filled', () => {
    for (const type of hub.context.declarations.keys())
      for (const variant of [0, 1, 2, 3]) {
        const sample = sampleOf(type, variant, (targets) => `${targets[0] ?? 'Patient'}/1`);
        expect(problems({ $ref: `#/components/schemas/${type}` }, sample, type)).toEqual([]);
      }
  });

  test('fit nothing else', () => {
    const schema = { $ref: '#/components/schemas/Slot' };
    const slot = sampleOf('Slot', 0, () => 'Schedule/1');
    expect(problems(schema, { ...slot, status: 'open' }, 'Slot')).toEqual(['Slot.status is none of its codes']);
    expect(problems(schema, { ...slot, start: undefined, room: 1 }, 'Slot')).toContain('Slot.room is not told');
    expect(problems(schema, { resourceType: 'Slot', status: 'free' }, 'Slot')).toContain('Slot.schedule is lacking');
  });
});

describe('the page', () => {
  test('comes from this hub alone, and its policy sees to that', async () => {
    const { body, headers } = await hub.app.inject('/docs/');
    expect(headers['content-type']).toContain('text/html');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe/);
    expect(body).not.toMatch(/https?:|<script>|\son\w+=/);
    const links = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, link]) => new URL(link!, 'http://hub.test/docs/'),
    );
    expect(links.length).toBe(5);
    for (const { pathname } of links) {
      const answer = await hub.app.inject(pathname);
      expect(answer.statusCode, pathname).toBe(200);
      expect(answer.rawPayload.length, pathname).toBeGreaterThan(100);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('shows the document of this hub', async () => {
    const { body } = await hub.app.inject('/docs/start.js');
    const [, url] = /url: '([^']+)'/.exec(body)!;
    expect(new URL(url!, 'http://hub.test/docs/').pathname).toBe('/fhir/openapi.json');
    expect(body).toContain('validatorUrl: null');
  });

  test('is found without the slash, and nothing is found beside it', async () => {
    const { statusCode, headers } = await hub.app.inject('/docs');
    expect([statusCode, headers['location']]).toEqual([302, 'docs/']);
    for (const path of ['/docs/../package.json', '/docs/%2e%2e/package.json', '/docs/index.html'])
      expect((await hub.app.inject(path)).statusCode).toBe(404);
  });
});
