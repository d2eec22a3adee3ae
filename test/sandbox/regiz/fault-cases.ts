/** What is to be seen of every fault of the pretend РЕГИЗ, by its name. */
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/regiz/server.ts';
import { childOf, readXml } from '../../../sandbox/regiz/xml.ts';
import type { Seen } from './observe.ts';

export interface Case {
  params?: object;
  /** SetAppointment by default. */
  operation?: 'CheckPatient' | 'GetLPUList';
  timeout?: number;
  /** Seen in the log after the answer. Default true. */
  committed?: boolean;
  see(seen: Seen, sandbox: Sandbox): void;
}

const resultOf = (text: string, operation = 'SetAppointment') => {
  const response = childOf(childOf(readXml(text.replace(/^\ufeff/, '')), 'Body'), `${operation}Response`);
  const result = childOf(response, `${operation}Result`);
  if (result === undefined) throw new Error(`no result in ${text.slice(0, 300)}`);
  return result;
};
const good = (text: string) => expect(childOf(resultOf(text), 'Success')?.text).toBe('true');
const status = (code: number, part: string) => (seen: Seen) => {
  expect([seen.status, seen.error]).toEqual([code, undefined]);
  expect(seen.text).toContain(part);
};
const nothing = (error: RegExp) => (seen: Seen) => {
  expect(seen.error).toMatch(error);
  expect(seen.status).toBe(0);
};
const count = (text: string, part: string) => text.split(part).length - 1;

/** The number of the error inside the answer. */
const error =
  (code: number, said = '') =>
  (seen: Seen) => {
    const result = resultOf(seen.text);
    expect([seen.status, childOf(result, 'Success')?.text]).toEqual([200, 'false']);
    const told = childOf(childOf(result, 'ErrorList'), 'Error');
    expect(childOf(told, 'IdError')?.text).toBe(String(code));
    expect(childOf(told, 'ErrorDescription')?.text).toContain(said);
  };

export const cases: Record<string, Case[]> = {
  'drop-before': [{ see: nothing(/UND_ERR_SOCKET/), committed: false }],
  'commit-then-hang': [{ timeout: 500, see: nothing(/TimeoutError/) }],
  'commit-then-reset': [{ see: nothing(/ECONNRESET|UND_ERR_SOCKET/) }],
  'commit-then-500': [{ see: status(500, '<html>') }],
  'commit-then-empty-200': [{ see: (seen) => expect([seen.status, seen.bytes.length]).toEqual([200, 0]) }],
  'late-commit': [
    { params: { milliseconds: 60_000 }, timeout: 200, see: nothing(/TimeoutError/), committed: false },
    { params: { milliseconds: 50, variant: 'answer' }, see: (seen) => good(seen.text) },
  ],
  slow: [
    {
      params: { milliseconds: 150 },
      see(seen) {
        good(seen.text);
        expect(seen.milliseconds).toBeGreaterThan(140);
      },
    },
  ],
  drip: [
    {
      params: { milliseconds: 20 },
      timeout: 500,
      see(seen) {
        expect([seen.status, seen.error]).toEqual([200, expect.stringContaining('TimeoutError')]);
        expect(seen.bytes.length).toBeGreaterThan(1);
        expect(seen.bytes.length).toBeLessThan(40);
      },
    },
  ],
  truncated: [
    {
      see(seen) {
        expect([seen.status, seen.error]).toEqual([200, undefined]);
        expect(() => readXml(seen.text)).toThrow();
      },
    },
    { params: { variant: 'socket' }, see: (seen) => expect(seen.error).toMatch(/UND_ERR_SOCKET/) },
  ],
  'html-200': [
    { see: status(200, '<form>'), committed: false },
    { params: { commit: true }, see: status(200, '<form>') },
  ],
  'html-502': [{ see: status(502, '502 Bad Gateway'), committed: false }],
  'soap-fault-500': [
    { see: status(500, '<s:Fault>'), committed: false },
    { params: { text: 'Нет места' }, see: status(500, 'Нет места'), committed: false },
  ],
  'soap-fault-200': [{ see: status(200, '<s:Fault>'), committed: false }],
  'soap-fault-html': [{ see: status(500, '<script>'), committed: false }],
  'session-401': [{ see: status(401, 'Unauthorized'), committed: false }],
  'auth-403': [{ see: status(403, 'Forbidden'), committed: false }],
  'json-exception': [{ see: status(200, '{"success":false'), committed: false }],
  'redirect-307': [
    {
      committed: false,
      see: (seen, { origin }) =>
        expect([seen.status, seen.headers['location']]).toEqual([307, `${origin}/control/canary`]),
    },
  ],
  'wrong-charset': ['none', 'utf-8', 'right'].map((variant) => ({
    params: { variant },
    see(seen: Seen) {
      const types = { none: 'text/xml', 'utf-8': 'text/xml; charset=utf-8', right: 'text/xml; charset=windows-1251' };
      expect(seen.headers['content-type']).toBe(types[variant as keyof typeof types]);
      const text = new TextDecoder('windows-1251').decode(seen.bytes);
      expect(childOf(resultOf(text), 'Type')?.text).toBe('отсутстствует_неопределено');
      expect(seen.text).not.toContain('отсутст');
    },
  })),
  'utf8-bom': [
    {
      see(seen) {
        expect(seen.text.startsWith('\ufeff<')).toBe(true);
        good(seen.text);
      },
    },
  ],
  huge: [{ params: { bytes: 2_000_000 }, see: (seen) => expect(seen.bytes.length).toBeGreaterThan(2_000_000) }],
  'gzip-bomb': [
    {
      params: { bytes: 5_000_000 },
      see(seen) {
        expect(seen.headers['content-encoding']).toBe('gzip');
        expect(seen.bytes.length).toBeLessThan(50_000);
        good(gunzipSync(seen.bytes).toString('utf8'));
      },
    },
  ],
  'wrong-element': [
    { see: status(200, '<GetDistrictListResponse') },
    {
      params: { variant: 'return' },
      see: status(200, '<SetAppointmentResponse xmlns="http://tempuri.org/"><GetDistrictListResult'),
    },
  ],
  'wrong-namespace': [{ see: status(200, 'http://schemas.datacontract.org/2004/08/HubService2') }],
  'duplicate-return': [{ see: (seen) => expect(count(seen.text, '</SetAppointmentResponse>')).toBe(2) }],
  'duplicate-element': [{ see: (seen) => expect(count(seen.text, '</a:Type>')).toBe(2) }],
  disordered: [
    {
      see(seen) {
        const names = resultOf(seen.text).children.map((child) => child.name);
        expect(names).toEqual(['Type', 'Success', 'IdHistory', 'ErrorList']);
      },
    },
    {
      operation: 'GetLPUList',
      see(seen) {
        const first = childOf(childOf(resultOf(seen.text, 'GetLPUList'), 'ListLPU'), 'Clinic');
        expect(first?.children[0]?.name).toBe('PartOf');
      },
    },
  ],
  'proto-element': [{ see: status(200, '<__proto__><polluted>yes</polluted></__proto__>') }],
  'deep-xml': [{ params: { count: 2000 }, see: (seen) => expect(count(seen.text, '<a>')).toBe(2000) }],
  'many-elements': [{ params: { count: 5000 }, see: (seen) => expect(count(seen.text, '<a/>')).toBe(5000) }],
  'entity-bomb': [{ see: status(200, '&e9;</SetAppointmentResponse>') }],
  xxe: [
    {
      see(seen, { origin }) {
        expect(seen.text).toContain(`<!ENTITY x SYSTEM "${origin}/control/canary">`);
        expect(seen.text).toContain('&x;</SetAppointmentResponse>');
      },
    },
  ],
  'business-error': [
    { see: error(99), committed: false },
    { params: { code: 602 }, see: error(602, 'не ответила'), committed: false },
    { params: { code: 4711, text: 'Что-то новое' }, see: error(4711, 'Что-то новое'), committed: false },
    { params: { commit: true }, see: error(99) },
  ],
  'clinic-timeout': [
    { see: error(603), committed: false },
    { params: { commit: true }, see: error(603) },
    {
      params: { milliseconds: 150 },
      committed: false,
      see(seen) {
        error(603)(seen);
        expect(seen.milliseconds).toBeGreaterThan(140);
      },
    },
  ],
  'false-empty-description': [
    {
      committed: false,
      see(seen) {
        expect(childOf(resultOf(seen.text), 'Success')?.text).toBe('false');
        expect(childOf(resultOf(seen.text), 'ErrorList')).toBeUndefined();
      },
    },
  ],
  'success-with-errors': [
    {
      see(seen) {
        good(seen.text);
        const told = childOf(childOf(resultOf(seen.text), 'ErrorList'), 'Error');
        expect(childOf(told, 'IdError')?.text).toBe('99');
      },
    },
  ],
  'missing-success': [{ see: (seen) => expect(childOf(resultOf(seen.text), 'Success')).toBeUndefined() }],
  'empty-list': [
    {
      operation: 'GetLPUList',
      see(seen) {
        const result = resultOf(seen.text, 'GetLPUList');
        expect([childOf(result, 'Success')?.text, childOf(result, 'ListLPU')?.children]).toEqual(['true', []]);
      },
    },
  ],
  'other-patient': [
    {
      operation: 'CheckPatient',
      see: (seen) => expect(childOf(resultOf(seen.text, 'CheckPatient'), 'IdPat')?.text).toBe('00000000000000001117'),
    },
  ],
};
