/** Access codes: what is printed, what is kept, and that a mistake in typing is seen before anything is tried. */
import { afterAll, expect, test } from 'vitest';
import { digestOf, isScanned, makeCode, readCode } from '../../../src/access/account/code.ts';
import { ask } from '../../support/hub.ts';
import { createStage } from './stage.ts';

const stage = await createStage();
const { hub } = stage;
afterAll(() => hub.close());

const codes = Array.from({ length: 200 }, makeCode);

test('a code is 16 digits in fours, or 128 bits to be scanned', () => {
  for (const { typed, scanned } of codes) {
    expect(typed).toMatch(/^\d{4} \d{4} \d{4} \d{4}$/);
    expect(readCode(typed)).toBe(typed.replaceAll(' ', ''));
    expect(isScanned(scanned)).toBe(true);
    expect(Buffer.from(scanned, 'base64url')).toHaveLength(16);
  }
  expect(new Set(codes.map((c) => c.typed)).size).toBe(200);
});

test('its digits are read however they are grouped', () => {
  const [digits] = codes.map((c) => c.typed.replaceAll(' ', ''));
  for (const text of [digits!, digits!.replace(/(\d{8})/, '$1-'), ` ${digits!.replace(/\d\d(?=\d)/g, '$& ')} `])
    expect(readCode(text)).toBe(digits);
});

test('every wrong digit and every swap of neighbours is seen', () => {
  for (const { typed } of codes.slice(0, 30)) {
    const digits = typed.replaceAll(' ', '');
    for (let i = 0; i < 16; i++) {
      for (let d = 1; d < 10; d++) {
        const wrong = digits.slice(0, i) + ((Number(digits[i]) + d) % 10) + digits.slice(i + 1);
        expect(readCode(wrong), wrong).toBeUndefined();
      }
      const [a, b] = [digits[i], digits[i + 1]];
      if (b === undefined || a === b) continue;
      expect(readCode(digits.slice(0, i) + b + a + digits.slice(i + 2))).toBeUndefined();
    }
  }
});

test('the same code has another digest in another installation', () => {
  const other = new Uint8Array(32).fill(7);
  expect(digestOf(stage.context.codeKey, '1')).not.toEqual(digestOf(other, '1'));
});

interface Issued {
  readonly parameter: readonly { readonly name: string; readonly [value: string]: string }[];
}

const issue = async (id: string, role: 'registrar' | 'app' | 'operator' | 'doctor' | 'registry' = 'registrar') =>
  ask(hub, 'POST', `Patient/${id}/$issue-access-code`, { token: await hub.token({ role }) });
const valuesOf = (body: object) =>
  new Map((body as Issued).parameter.map(({ name, ...value }) => [name, Object.values(value)[0]!]));

test('a registrar gets code, link, QR code as PNG and SVG, and a page to be printed', async () => {
  const { status, body } = await issue(await stage.patient());
  expect(status).toBe(200);
  const values = valuesOf(body);
  expect(readCode(values.get('code')!)).toBeDefined();
  expect(values.get('link')).toMatch(/^http:\/\/hub\.test\/account\/attach#[\w-]{22}$/);
  expect(values.get('expires')).toBe('2026-12-08T09:00:00Z');
  const bytes = (name: string) => Buffer.from(values.get(name)!, 'base64');
  expect(bytes('png').subarray(1, 4).toString()).toBe('PNG');
  expect(bytes('svg').toString()).toMatch(/^<svg /);
  expect(bytes('pdf').subarray(0, 5).toString()).toBe('%PDF-');
  expect(bytes('pdf').length).toBeGreaterThan(5000);
});

test('nothing of it is kept that it could be made of', async () => {
  const patient = await stage.patient();
  const values = valuesOf((await issue(patient)).body);
  const [row] = await stage.rows<object>('select * from access_code where patient = $1', [patient]);
  const kept = JSON.stringify(row, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  );
  const digits = values.get('code')!.replaceAll(' ', '');
  for (const secret of [digits, values.get('code')!, values.get('link')!.split('#')[1]!])
    expect(kept).not.toContain(secret);
});

test('a new code ends the one before; of many issued at once one lives', async () => {
  const patient = await stage.patient();
  const all = await Promise.all(Array.from({ length: 8 }, () => issue(patient)));
  expect(all.map((a) => a.status)).toEqual(Array(8).fill(200));
  const live = await stage.rows('select from access_code where patient = $1 and ended is null', [patient]);
  expect(live).toHaveLength(1);
});

test.each(['app', 'operator'] as const)('the role %s may issue codes', async (role) => {
  expect((await issue(await stage.patient(), role)).status).toBe(200);
});

test.each(['doctor', 'registry'] as const)('the role %s may not', async (role) => {
  expect((await issue(await stage.patient(), role)).status).toBe(403);
});

test('a Patient of another clinic is not there', async () => {
  const id = await stage.patient();
  const token = await hub.token({ role: 'registrar', clinics: ['elsewhere'] });
  const answer = await ask(hub, 'POST', `Patient/${id}/$issue-access-code`, { token });
  expect(answer.status).toBe(404);
  expect((await issue(crypto.randomUUID())).status).toBe(404);
  expect((await issue('no-id')).status).toBe(404);
});
