import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './support/process.ts';

interface Ran {
  code: number;
  out: string;
}

function medmost(...args: string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'src/cli.ts'), ...args], { cwd: root }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), out: stdout + stderr }),
    );
  });
}

describe('medmost', () => {
  test.each([
    'start',
    'sync',
    'token',
    'mapping',
    'clinics',
    'thaw',
    'bookings',
    'cases',
    'messages',
    'audit',
    'medflex',
  ])('%s has help', async (command) => {
    const { code, out } = await medmost(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: medmost ${command}`);
  });

  test('a token is refused for a clinic that is not configured, naming those that are', async () => {
    const { code, out } = await medmost('token', '--clinic', 'nowhere');
    expect([code, out.trim()]).toEqual([1, 'there is no clinic "nowhere"; there are: demo, region']);
  });

  test('a patient token needs its patient', async () => {
    const { code, out } = await medmost('token', '--clinic', 'demo', '--role', 'patient');
    expect([code, out]).toEqual([1, '--patient <id> goes with --role patient, and only with it\n']);
  });

  test('the door to MedFlex has a configuration of its own, and not that of the demo', async () => {
    const { code, out } = await medmost('medflex');
    expect([code, out]).toEqual([1, '--config <file> is needed: docs/doors/medflex.md tells what is in it\n']);
  });

  test('a configuration that is wrong is told with file and key, without a stack', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'medmost-')), 'hub.yaml');
    writeFileSync(file, 'clinics:\n  demo: { name: x, zone: Nowhere/City, mis: onec }\n');
    const { code, out } = await medmost('start', '--config', file);
    expect(code).toBe(1);
    expect(out.trim()).toBe(`${file} · clinics.demo.zone · is not an IANA zone such as Europe/Moscow`);
  });

  test('mapping check finds nothing in the mappings that are shipped', async () => {
    const { code, out } = await medmost('mapping', 'check', 'mappings/onec');
    expect([code, out.trim()]).toEqual([0, 'mappings/onec: no errors']);
  });

  test('mapping check tells ten planted faults at once, each with file, FHIR path and remedy', async () => {
    const { code, out } = await medmost('mapping', 'check', plantFaults());
    const lines = out.trim().split('\n');
    expect(code).toBe(1);
    for (const fault of faults)
      expect(
        lines.filter((l) => fault.test(l)),
        `${fault} in\n${out}`,
      ).not.toHaveLength(0);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^\S+\.(yaml|json)(:\d+)? · .+ · .+/);
  });
});

/** One for each planted fault, by the place and the advice of the line that tells it. */
const faults = [
  /Practitioner\.nmae · .*name/,
  /Practitioner\.gender · .*male/,
  /Practitioner\.birthDate · /,
  /Practitioner\.identifier\[0\]\.value · /,
  /Practitioner\.telecom\[0\]\.value · .*\$fone/,
  /Practitioner\.active · .*aktive|Practitioner\.active · .*active/,
  /Practitioner\.qualification\[0\]\.code\.coding\[0\] · .*positions/,
  /Schedule\.actor/,
  /Schedule\.comment · /,
  /Slot\.status · /,
] as const;

function plantFaults(): string {
  const folder = mkdtempSync(join(tmpdir(), 'medmost-mapping-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    'practitioner.yaml',
    `resource: Practitioner
from: employee
key: =id
toFhir:
  nmae: [{ family: =surname }]
  gender: "=$code('sex', sex)"
  birthDate: { year: =born }
  identifier:
    - { value: "=id & " }
  telecom:
    - { value: =$fone(phone) }
  active: =aktive
  qualification:
    - code: { coding: ["=$code('positions', position)"] }
`,
  );
  write(
    'schedule.yaml',
    `resource: Schedule
from: schedule
key: =id
toFhir:
  comment: [=id, =id]
`,
  );
  write(
    'slot.yaml',
    `resource: Slot
from: slot
key: =id
toFhir:
  schedule: { reference: "=$ref('Schedule', schedule)" }
  status: open
  start: =start
  end: =end
`,
  );
  write('codes.yaml', `tables:\n  sex:\n    otherwise: fail\n    codes: { М: man, Ж: female }\n`);
  mkdirSync(join(folder, 'examples'));
  const record = { id: '1', surname: 'Тестов', sex: 'М', born: 1980, phone: '1', active: true, position: 'врач' };
  const example = { description: 'a doctor', kind: 'employee', record, expect: [] };
  write(join('examples', 'employee.json'), JSON.stringify(example));
  return folder;
}
