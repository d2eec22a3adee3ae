/** Settings of the profile `umc-http`, and times by their templates. */
import { expect, test } from 'vitest';
import connector from '../../../../src/connectors/onec/index.ts';
import { writeTime } from '../../../../src/connectors/onec/umc-http/time.ts';

const base = { profile: 'umc-http', url: 'https://mis.example.ru/umc', key: 'k' };
const issues = (settings: object) =>
  connector.settings.safeParse(settings).error?.issues.map((issue) => `${issue.path.join('.')} · ${issue.message}`) ??
  [];

test.each([
  ['dd.MM.yyyy HH:mm:ss', '02.12.2026 09:05:07'],
  ['d.M.yyyy 00:00:00', '2.12.2026 00:00:00'],
  ['yyyyMMddTHH:mm:ss', '20261202T09:05:07'],
  ['yyyy/MM/dd H:mm', '2026/12/02 9:05'],
])('%s makes %s', (template, text) => {
  expect(writeTime('2026-12-02T09:05:07', template)).toBe(text);
});

test.each([
  [{}, []],
  [{ key: '' }, [expect.stringMatching(/^key · /)]],
  [{ key: undefined }, [expect.stringMatching(/^key · /)]],
  [{ header: { key: 'ключ' } }, [expect.stringMatching(/^header.key · must have no spaces/)]],
  [{ times: { date: 'HH:mm' } }, [expect.stringMatching(/^times.date · must have the day/)]],
  [{ times: { begin: 'dd.MM.yyyy' } }, [expect.stringMatching(/^times.begin · must have the hour/)]],
  [{ times: { date: 'число dd.MM.yyyy' } }, [expect.stringMatching(/^times.date · is not a template/)]],
  [{ names: { guid: 'a b' } }, [expect.stringMatching(/^names.guid · is not a name/)]],
  [{ soapVersion: '1.1' }, [expect.stringMatching(/Unrecognized key: "soapVersion"/)]],
  [{ profile: 'umc-ftp' }, [expect.stringMatching(/^profile · /)]],
])('%j', (change, expected) => {
  expect(issues({ ...base, ...change })).toEqual(expected);
});

test('without a profile it is umc-soap, as it has always been', () => {
  const { url } = base;
  expect(connector.settings.parse({ url })).toMatchObject({ profile: 'umc-soap', path: '/ws/ws1.1cws' });
  expect(issues({ url, key: 'k' })).toEqual([expect.stringMatching(/Unrecognized key: "key"/)]);
});

test('keys are secrets', () => {
  expect(connector.secrets).toEqual(expect.arrayContaining(['password', 'key', 'header.key']));
});
