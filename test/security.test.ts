/** docs/security.md, docs/asvs.md and docs/attacks.md against the program and its tests. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Principal, roles } from '../src/access/principal.ts';
import { rightsOf } from '../src/access/rights.ts';
import type { Permission } from '../src/access/scope.ts';
import { root } from './support/process.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const columns: [string, Principal][] = roles.map((role) => [role, { subject: 'x', role, clinics: [] }]);
columns.push(['limited', { subject: 'x', role: 'patient', clinics: [], limited: true }]);

const types = [...new Set(columns.flatMap(([, principal]) => rightsOf(principal).types))].sort();

const permissions = ({ may }: ReturnType<typeof rightsOf>, type: string) =>
  [...'cruds'].filter((permission) => may(type, permission as Permission)).join('');

/** Types that all may read and nobody may change are told in a sentence. */
function rows(): string[] {
  return types.flatMap((type) => {
    const cells = columns.map(([, principal]) => permissions(rightsOf(principal), type));
    if (cells.every((cell) => cell === 'rs')) return [];
    return [
      `| ${type} | ${cells.map((cell) => (cell === '' ? '' : `\`${cell}\``)).join(' | ')} |`.replace(/ {2,}/g, ' '),
    ];
  });
}

test('the table of roles is what the program gives', () => {
  const head = `| | ${columns.map(([name]) => `\`${name}\``).join(' | ')} |`;
  const table = [head, `|${' --- |'.repeat(columns.length + 1)}`, ...rows()].join('\n');
  expect(rows().length).toBeGreaterThan(8);
  expect(read('docs/security.md')).toContain(table);
});

test.each(['docs/asvs.md', 'docs/attacks.md', 'docs/security.md'])('every test that %s names is there', (page) => {
  const named = [...new Set(read(page).match(/(?<=`)(?:test|src)\/[\w./-]+\.ts(?=`)/g))];
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

/** Of levels 1 and 2 in ASVS 5.0.0; first and last of what follows without a gap. */
const asvs = [
  '1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1 3.2.1-2 3.3.1-4 3.4.1-6',
  '3.5.1-5 3.7.1-2 4.1.1-3 4.2.1 4.3.1-2 4.4.1-4 5.1.1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3 6.2.1-12 6.3.1-4',
  '6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1-2 8.2.1-3',
  '8.3.1 8.4.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.1-11 10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2',
  '11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1 12.1.1-3 12.2.1-2 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2',
  '13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3 15.2.1-3 15.3.1-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3',
  '16.5.1-3 17.1.1 17.2.1-4 17.3.1-2',
].join(' ');

test('every requirement of ASVS 5.0 L1 and L2 is answered once, and what holds says by what', () => {
  const wanted = asvs.split(' ').flatMap((text) => {
    const [section = '', from = '', to = from] = /^(\d+\.\d+)\.(\d+)(?:-(\d+))?$/.exec(text)!.slice(1).filter(Boolean);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${section}.${Number(from) + i}`);
  });
  expect(wanted).toHaveLength(253);
  const told = [...read('docs/asvs.md').matchAll(/^\| (\d+\.\d+\.\d+) \| .+? \| (.+?) \| (.*) \|$/gm)];
  expect(told.map(([, number]) => number)).toEqual(wanted);
  for (const [row, , answer, by] of told) {
    expect(['holds', 'not applicable', 'not yet', "operator's"], row).toContain(answer);
    if (answer === 'holds') expect(by, row).toMatch(/^(`test\/[\w./-]+\.test\.ts`|\[[\w./-]+\.md\]\([\w./-]+\.md\))/);
  }
});

test('all 32 families of attacks have a row with an answer and a test', () => {
  const families = [...read('docs/attacks.md').matchAll(/^\| (\d+) \| (.+) \| (.+) \| (`test\/.+`) \|$/gm)];
  expect(families.map(([, number]) => Number(number))).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
});
