/** Adding a MIS is adding folders (DESIGN.md §Laws 4): whatever of it is missing is told by name. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Connector } from '../../src/connectors/connector.ts';
import { checkMappings, formatProblem } from '../../src/connectors/mapping.ts';
import { connectorNames, loadConnector } from '../../src/connectors/registry.ts';

const root = join(import.meta.dirname, '..', '..');

/** Everything that a connector's folder still lacks, each with what to do. */
async function lackOf(name: string, base: string): Promise<string[]> {
  const folder = join(base, 'src', 'connectors');
  const needed = [
    [`src/connectors/${name}/index.ts`, 'export the connector (src/connectors/connector.ts) as its default'],
    [`mappings/${name}`, 'write one YAML file per FHIR resource, codes.yaml and examples/'],
    [
      `test/connectors/${name}/contract.test.ts`,
      'run describeConnector of test/connectors/contract.ts over its sandbox',
    ],
    [`docs/connectors/${name}.md`, 'describe its settings, each by its path'],
  ] as const;
  const lack = needed
    .filter(([path]) => !existsSync(join(base, path)))
    .map(([path, what]) => `${path} is missing: ${what}`);
  if (existsSync(join(base, 'mappings', name)))
    lack.push(...errorsIn(join(base, 'mappings', name)).map((line) => `mappings/${name}/${line}`));
  if (!existsSync(join(folder, name, 'index.ts'))) return lack;
  const connector = await loadConnector(name, folder).catch((error: Error) => error);
  if (connector instanceof Error) return [...lack, connector.message];
  return [...lack, ...settingsLack(connector, join(base, 'docs', 'connectors', `${name}.md`))];
}

const errorsIn = (folder: string) =>
  checkMappings(folder)
    .filter((problem) => problem.severity === 'error')
    .map(formatProblem);

function settingsLack(connector: Connector, page: string): string[] {
  const paths = settingPaths(connector);
  const text = existsSync(page) ? readFileSync(page, 'utf8') : undefined;
  const unknown = connector.secrets.filter((secret) => !paths.includes(secret));
  const untold = text === undefined ? [] : paths.filter((path) => !text.includes(`\`${path}\``));
  return [
    ...unknown.map((secret) => `"secrets" names ${secret}, which is no setting`),
    ...untold.map((path) => `docs/connectors/${connector.name}.md does not describe \`${path}\``),
  ];
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** What a union may be. */
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

function settingPaths(connector: Connector): string[] {
  const walk = (schema: JsonSchema, path: string): string[] => {
    const inner = Object.entries(schema.properties ?? {});
    const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
    if (choices.length > 0) return [...new Set(choices.flatMap((choice) => walk(choice, path)))];
    return inner.length === 0
      ? [path]
      : inner.flatMap(([key, value]) => walk(value, path === '' ? key : `${path}.${key}`));
  };
  return walk(z.toJSONSchema(connector.settings, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '');
}

describe.each(connectorNames())('src/connectors/%s', (name) => {
  test('lacks nothing', async () => {
    expect(await lackOf(name, root)).toEqual([]);
  });
});

describe('what is missing is told', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'connectors-'));
    mkdirSync(join(base, 'src', 'connectors', 'empty'), { recursive: true });
  });
  afterEach(() => rmSync(base, { recursive: true }));

  test('an empty folder lacks everything', async () => {
    expect(connectorNames(join(base, 'src', 'connectors'))).toEqual(['empty']);
    expect(await lackOf('empty', base)).toEqual([
      'src/connectors/empty/index.ts is missing: export the connector (src/connectors/connector.ts) as its default',
      'mappings/empty is missing: write one YAML file per FHIR resource, codes.yaml and examples/',
      'test/connectors/empty/contract.test.ts is missing: run describeConnector of test/connectors/contract.ts over its sandbox',
      'docs/connectors/empty.md is missing: describe its settings, each by its path',
    ]);
  });

  const source = (text: string) => writeFileSync(join(base, 'src', 'connectors', 'empty', 'index.ts'), text);

  test('a default export that is no connector', async () => {
    source(`export default { name: 'other', connect() {} };`);
    const lack = (await lackOf('empty', base)).join('\n');
    for (const word of ['"name" must be that of the folder, "empty"', '"title"', '"settings"', '"secrets"'])
      expect(lack).toContain(word);
    source('export const connector = {};');
  });

  test('a secret that is no setting, and a setting that nobody described', async () => {
    const zod = JSON.stringify(join(root, 'node_modules', 'zod', 'index.js'));
    source(
      `import { z } from ${zod};\nexport default { name: 'empty', title: 'E', secrets: ['token'], connect() {},\n` +
        `settings: z.strictObject({ url: z.string(), deep: z.strictObject({ key: z.string().default('') }).prefault({}) }) };`,
    );
    mkdirSync(join(base, 'docs', 'connectors'), { recursive: true });
    writeFileSync(join(base, 'docs', 'connectors', 'empty.md'), 'The address is `url`.');
    const lack = await lackOf('empty', base);
    expect(lack).toContain('"secrets" names token, which is no setting');
    expect(lack).toContain('docs/connectors/empty.md does not describe `deep.key`');
    expect(lack.join('\n')).not.toContain('`url`');
  });

  test('a setting of one profile alone', async () => {
    const zod = JSON.stringify(join(root, 'node_modules', 'zod', 'index.js'));
    source(
      `import { z } from ${zod};\nconst of = (name, more) => z.strictObject({ profile: z.literal(name), url: z.string(), ...more });\n` +
        `export default { name: 'empty', title: 'E', secrets: ['key'], connect() {}, settings: z.discriminatedUnion('profile', [\n` +
        `of('one', {}), of('two', { key: z.string(), deep: z.union([z.strictObject({ a: z.string() }), z.string()]) })]) };`,
    );
    mkdirSync(join(base, 'docs', 'connectors'), { recursive: true });
    writeFileSync(join(base, 'docs', 'connectors', 'empty.md'), '`url` and `profile`.');
    expect(
      (await lackOf('empty', base)).filter((line) => line.startsWith('docs') || line.startsWith('"secrets"')),
    ).toEqual([
      'docs/connectors/empty.md does not describe `key`',
      'docs/connectors/empty.md does not describe `deep.a`',
      'docs/connectors/empty.md does not describe `deep`',
    ]);
  });

  test('faults of a mapping', async () => {
    mkdirSync(join(base, 'mappings', 'empty'), { recursive: true });
    writeFileSync(join(base, 'mappings', 'empty', 'slot.yaml'), 'resource: Slott\nfrom: slot\nkey: =key\ntoFhir: {}\n');
    expect((await lackOf('empty', base)).join('\n')).toContain('mappings/empty/slot.yaml');
  });
});

test('an unknown connector is refused with the names of those there are', async () => {
  await expect(loadConnector('onek')).rejects.toThrow(/no connector "onek"; known are: .*onec/);
});
