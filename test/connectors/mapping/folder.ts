/** Mapping folders made up by a test, in a temporary place that is removed when the test ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** @param files file name → text, or a value to be written as JSON */
export function folderOf(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'medmost-mapping-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Files of a Slot mapping with these further elements, and of its golden examples: record → further elements made. */
export function slotFiles(toFhir: string, examples: readonly (readonly [object, object])[], codes = 'tables: {}') {
  const required = '  schedule: { display: Пример }\n  status: free\n  start: =start\n  end: =end\n';
  const golden = examples.map(([record, made], i) => {
    const slot = { resourceType: 'Slot', schedule: { display: 'Пример' }, status: 'free', ...times, ...made };
    return [`examples/${i}.json`, { kind: 'slot', record: { ...times, ...record }, expect: [slot] }];
  });
  const yaml = `resource: Slot\nfrom: slot\nkey: =start\ntoFhir:\n${required}${toFhir}`;
  return { 'slot.yaml': yaml, 'codes.yaml': codes, ...(Object.fromEntries(golden) as { 'examples/0.json'?: object }) };
}

export const times = { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:15:00Z' };
