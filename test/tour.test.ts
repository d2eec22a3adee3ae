/** The README's tour, done as a reader does it: `npm start`, then every line of it in a second terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDemoPlace, type DemoPlace, type RunningDemo } from './support/demo.ts';
import { root } from './support/process.ts';

let place: DemoPlace;
let demo: RunningDemo;
beforeAll(async () => {
  place = await createDemoPlace();
  demo = await place.start();
}, 120_000);
afterAll(async () => {
  await demo?.interrupt();
  await place.remove();
}, 60_000);

test('the commands that npm start prints find free slots', async () => {
  const [, commands] = /Try it[^\n]*\n((?: {2}.*\n)+)/.exec(demo.output())!;
  const bundle = JSON.parse(await type(commands!)) as { entry: { resource: { status: string } }[] };
  expect(bundle.entry.map((e) => e.resource.status)).toEqual(['free', 'free', 'free']);
});

test('the tour books a slot, shows it in 1С, cancels it and shows it free again', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block!);
  const mark = '-- next block --';
  const base = `BASE=${place.hub}/fhir\nMIS=${place.mis}\n`;
  const printed = (await type(base + blocks.join(`echo '${mark}'\n`))).split(`${mark}\n`);
  const [, found, booked, held, cancelled, freed] = printed as [string, string, string, string, string, string];

  const [, doctor, start, slot] = /^(.+) is free at (\S+): (Slot\/\S+)\n$/.exec(found) ?? [];
  const [, appointment] = /^(Appointment\/\S+) is booked\n$/.exec(booked) ?? [];
  expect(appointment, printed.join(mark)).toBeDefined();
  expect(cancelled).toBe(`${appointment} is cancelled\n`);

  const time = new Date(start!).toLocaleTimeString('ru', { timeZone: 'Europe/Moscow', timeStyle: 'short' });
  expect(held).toContain(` ${doctor} `);
  expect(held).toMatch(
    new RegExp(`^${time}–\\d\\d:\\d\\d запись, Тестова Анна Ивановна, \\+79000000001, medmost `, 'm'),
  );
  expect(held).toContain(`${slot} is busy\n`);
  expect(freed).toContain(` ${doctor} `);
  expect(freed).not.toContain('Тестова');
  expect(freed).toContain(`${slot} is free\n`);
});

/** Types lines into bash, as one pastes them into a terminal. @returns what it printed */
async function type(lines: string): Promise<string> {
  const bash = spawn('bash', { cwd: root, env: place.env, stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  bash.stdout.on('data', (chunk: Buffer) => {
    printed += String(chunk);
  });
  bash.stdin.end(`${lines}\n`);
  await once(bash, 'close');
  return printed;
}
