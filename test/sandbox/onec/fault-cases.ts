/** What is to be seen of every fault of the pretend 1С, by its name. */
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/onec/server.ts';
import { readXml } from '../../../sandbox/onec/xml.ts';
import { returned } from './client.ts';
import type { Seen } from './observe.ts';

export interface Case {
  params?: object;
  operation?: string;
  timeout?: number;
  /** Seen in the log after the answer. Default true. */
  committed?: boolean;
  see(seen: Seen, sandbox: Sandbox): void;
}

const good = (text: string) => returned(text, 'GetReserve');
const status = (code: number, part: string) => (seen: Seen) => {
  expect([seen.status, seen.error]).toEqual([code, undefined]);
  expect(seen.text).toContain(part);
};
const nothing = (error: RegExp) => (seen: Seen) => {
  expect(seen.error).toMatch(error);
  expect(seen.status).toBe(0);
};

export const window = { StartDate: '2026-12-01T00:00:00', FinishDate: '2026-12-01T23:59:59' };

export const cases: Record<string, Case[]> = {
  'drop-before': [{ see: nothing(/UND_ERR_SOCKET/), committed: false }],
  'commit-then-hang': [{ timeout: 500, see: nothing(/TimeoutError/) }],
  'commit-then-reset': [{ see: nothing(/ECONNRESET|UND_ERR_SOCKET/) }],
  'commit-then-500': [{ see: status(500, '<html>') }],
  'commit-then-empty-200': [{ see: (seen) => expect([seen.status, seen.bytes.length]).toEqual([200, 0]) }],
  'late-commit': [
    { params: { milliseconds: 60_000 }, timeout: 200, see: nothing(/TimeoutError/), committed: false },
    { params: { milliseconds: 50, variant: 'answer' }, see: (seen) => expect(good(seen.text)).toContain('<УИД>') },
  ],
  slow: [
    {
      params: { milliseconds: 150 },
      see(seen) {
        expect(good(seen.text)).toContain('<УИД>');
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
    {
      params: { variant: 'socket' },
      see(seen) {
        expect(seen.error).toMatch(/UND_ERR_SOCKET|ECONNRESET|CONTENT_LENGTH/);
        expect(seen.text).toContain('Envelope');
      },
    },
  ],
  'html-200': [{ see: status(200, 'Вход в систему'), committed: false }],
  'html-502': [
    { see: status(502, 'Bad Gateway'), committed: false },
    { params: { commit: true }, see: status(502, 'Bad Gateway') },
  ],
  'soap-fault-500': [{ see: status(500, '<faultstring>{ОбщийМодуль'), committed: false }],
  'soap-fault-200': [{ see: status(200, '<faultstring>{ОбщийМодуль'), committed: false }],
  'soap-fault-html': [{ see: status(500, '<faultstring><html xmlns=""><body><script>'), committed: false }],
  'licence-exhausted': [
    { see: status(500, 'Не обнаружено свободной лицензии'), committed: false },
    { params: { variant: '406' }, see: status(406, 'Не обнаружено свободной лицензии'), committed: false },
  ],
  'session-401': [{ see: status(401, ''), committed: false }],
  'auth-403': [{ see: status(403, ''), committed: false }],
  'json-exception': [
    { see: (seen) => expect(JSON.parse(seen.text).exception.descr).toContain('Модуль'), committed: false },
  ],
  'redirect-307': [
    {
      see(seen, sandbox) {
        expect(seen.status).toBe(307);
        expect(seen.headers['location']).toBe(`${sandbox.origin}/control/canary`);
      },
      committed: false,
    },
  ],
  'wrong-charset': [
    ...['none', 'utf-8'].map((variant) => ({
      params: { variant },
      see(seen: Seen) {
        expect(String(seen.headers['content-type'])).toBe(`text/xml${variant === 'none' ? '' : '; charset=utf-8'}`);
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(seen.bytes)).toThrow();
        expect(good(new TextDecoder('windows-1251').decode(seen.bytes))).toContain('ОтветНаЗаписьССайта');
      },
    })),
    {
      params: { variant: 'right' },
      see: (seen) => expect(seen.headers['content-type']).toBe('text/xml; charset=windows-1251'),
    },
  ],
  'utf8-bom': [
    {
      see(seen) {
        expect([...seen.bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
        expect(good(seen.text.slice(1)).startsWith('\ufeff<?xml')).toBe(true);
      },
    },
  ],
  huge: [
    {
      params: { bytes: 2_000_000 },
      see(seen) {
        expect(seen.bytes.length).toBeGreaterThan(2_000_000);
        expect(good(seen.text)).toContain('<УИД>');
      },
    },
    { see: (seen) => expect(seen.bytes.length).toBeGreaterThan(3_000_000) },
  ],
  'gzip-bomb': [
    {
      params: { bytes: 20_000_000 },
      see(seen) {
        expect(seen.headers['content-encoding']).toBe('gzip');
        expect(seen.bytes.length).toBeLessThan(100_000);
        const text = gunzipSync(seen.bytes).toString('utf8');
        expect(text.length).toBeGreaterThan(20_000_000);
        expect(text.endsWith('</soap:Envelope>')).toBe(true);
      },
    },
  ],
  'wrong-root': [{ see: (seen) => expect(readXml(good(seen.text)).name).toBe('ДругойОтвет') }],
  'wrong-element': [
    { see: (seen) => expect(seen.text).toMatch(/<m:GetListClinicResponse .*<\/m:GetListClinicResponse>/s) },
    { params: { variant: 'return' }, see: (seen) => expect(seen.text).toMatch(/<m:GetReserveResponse .*<m:result /s) },
  ],
  'duplicate-return': [
    { see: (seen) => expect(seen.text.match(/<m:return /g)).toHaveLength(2) },
    {
      params: { variant: 'response' },
      see: (seen) => expect(seen.text.match(/<m:GetReserveResponse /g)).toHaveLength(2),
    },
  ],
  'proto-element': [
    { see: (seen) => expect(seen.text).toContain('<__proto__><polluted>') },
    { params: { layer: 'inner' }, see: (seen) => expect(good(seen.text)).toContain('<__proto__><polluted>') },
  ],
  'deep-xml': [
    { see: (seen) => expect(seen.text.match(/<a>/g)).toHaveLength(100_000) },
    {
      params: { layer: 'inner', count: 50 },
      see: (seen) => expect(good(seen.text)).toMatch(/<\/УИД>(<a>){50}(<\/a>){50}<\/ОтветНаЗаписьССайта>$/),
    },
  ],
  'many-elements': [
    { params: { count: 5500 }, see: (seen) => expect(seen.text.match(/<a\/>/g)).toHaveLength(5500) },
    {
      params: { count: 1500, layer: 'inner' },
      see: (seen) => expect(good(seen.text).match(/<a\/>/g)).toHaveLength(1500),
    },
  ],
  'entity-bomb': [
    { see: (seen) => expect(seen.text).toMatch(/<!DOCTYPE a \[<!ENTITY e0 "lol">.*&e9;<\/m:return>/s) },
    { params: { layer: 'inner' }, see: (seen) => expect(good(seen.text)).toMatch(/<!DOCTYPE .*<Комментарий>&e9;/s) },
  ],
  xxe: [
    {
      see: (seen) =>
        expect(seen.text).toMatch(/<!ENTITY x SYSTEM "http:\/\/127.0.0.1:\d+\/control\/canary">.*&x;<\/m:return>/s),
    },
  ],
  'error-text': [{ see: (seen) => expect(good(seen.text)).toBe('Error'), committed: false }],
  'plain-sentence': [
    { params: { text: 'Нет связи' }, see: (seen) => expect(good(seen.text)).toBe('Нет связи'), committed: false },
  ],
  'false-empty-description': [
    {
      see: (seen) => expect(good(seen.text)).toContain('<Результат>false</Результат><ОписаниеОшибки/>'),
      committed: false,
    },
  ],
  'empty-schedule': [
    {
      operation: 'GetSchedule20',
      see: (seen) =>
        expect(readXml(returned(seen.text, 'GetSchedule20'))).toMatchObject({ name: 'ГрафикиДляСайта', children: [] }),
      committed: false,
    },
  ],
  'params-error': [
    {
      operation: 'GetSchedule20',
      see: (seen) =>
        expect(readXml(returned(seen.text, 'GetSchedule20')).children.at(-1)!.name).toBe('ОшибкаПараметров'),
      committed: false,
    },
  ],
  'success-without-id': [
    { see: (seen) => expect(good(seen.text)).toMatch(/<Результат>true<.*> <\/ОписаниеОшибки><\/ОтветНаЗаписьССайта>/) },
    { params: { variant: 'empty' }, see: (seen) => expect(good(seen.text)).toContain('<УИД/>') },
    { params: { variant: 'zero' }, see: (seen) => expect(good(seen.text)).toContain('<УИД>00000000-0000') },
  ],
  'other-guid': [
    {
      see(seen, sandbox) {
        const guid = /<УИД>([^<]+)/.exec(good(seen.text))![1]!;
        expect(sandbox.bookings({ guid })).toMatchObject([{ source: 'seed' }]);
      },
    },
  ],
};
