/** What the message log keeps of an answer about a patient, however it is written. */
import { expect, test } from 'vitest';
import { redact } from '../../../../src/connectors/onec/odata/redact.ts';

const keep = new Set(['Ref_Key']);
const clean = (response: string, status = 200) =>
  redact({ request: '', response, status }, 'secret', { keep }).response;

test.each([
  '{"Ref_Key":"1","Comment":"Тайна \\" ещё тайна"}',
  '{"Ref_Key":"1","Comment":"Тайна',
  '{"Ref_Key":"1","Comment":"Тайна\\',
  '{"Ref_Key":"1","Comment":"Тайна\\\nи ещё тайна"}',
  '{"Ref_Key":"1","Com\\"ment" : "Тайна"}',
  'HTTP " odd {"Ref_Key":"1","Comment":"Тайна"}',
])('%j: the value is gone, the key stays', (text) => {
  expect(clean(text)).not.toMatch(/тайна/i);
  expect(clean(text)).toContain('"Ref_Key":"1"');
});

test.each(['\\"', '"', '"a":', '\\', '"a" '])('an answer of 200,000 times %j is looked through at once', (part) => {
  const began = performance.now();
  clean(`{"value":["${part.repeat(200_000)}`, 500);
  expect(performance.now() - began).toBeLessThan(5000);
});
