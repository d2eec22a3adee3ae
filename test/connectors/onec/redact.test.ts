/** Nothing about a patient and no password in the message log. */
import { expect, test } from 'vitest';
import { personalValues, redactRequest } from '../../../src/connectors/onec/umc-soap/redact.ts';
import { redactResponse, shorten } from '../../../src/connectors/redact.ts';

const request =
  '<b:Body><PatientSurname>О&apos;Нил</PatientSurname><PatientName xmlns="x">Ян</PatientName><Phone></Phone>' +
  '<EmployeeID>7</EmployeeID><Params><core:Property name="Birthday" xmlns:core="c"><core:Value>1990-02-03T00:00:00</core:Value></core:Property>' +
  '<core:Property name="Duration"><core:Value>0001-01-01T00:15:00</core:Value></core:Property></Params></b:Body>';

test('of a request the personal parameters go, the others stay', () => {
  const clean = redactRequest(request);
  expect(clean).not.toMatch(/Нил|Ян|1990/);
  expect(clean).toContain('<EmployeeID>7</EmployeeID>');
  expect(clean).toContain('0001-01-01T00:15:00');
});

test('an answer loses what it echoes', () => {
  const values = personalValues(request);
  expect(values).toContain("О'Нил");
  expect(redactResponse("Клиент О'Нил уже записан, 1990-02-03T00:00:00", values)).not.toMatch(/Нил|1990/);
});

test('an answer loses what it echoes in another case, though the rest of the name is gone', () => {
  const values = ['Проверкина', 'Аглая', 'Тестовна', '8 (900) 1.2'];
  const clean = redactResponse('Клиент ПРОВЕРКИНА Аглая Тестовна, аглая, 8 (900) 1.2, 8 (900) 132', values);
  expect(clean).not.toMatch(/проверкина|аглая|1\.2/i);
  expect(clean).toContain('8 (900) 132');
});

test.each([
  'Проверкина Аглая Тестовна',
  'ПРОВЕРКИНА Аглая Тестовна',
  'Проверкин А. Т.',
  'Проверкин А.Т.',
  'Мамедов Али Вели оглы',
  'Мамедова Лала Вели-кызы',
  '+7 900 000-00-01',
  '8(900)0000001',
  'aglaya@example.org',
])('«%s» does not stay in an answer', (text) => {
  expect(redactResponse(`Не удалось записать: ${text}, позже`, [])).toBe('Не удалось записать: [скрыто], позже');
});

test('ids, times and ordinary words stay', () => {
  const text = 'Ошибка при поиске Заявка 432a40a2-2ea3-11f1-9bf7-8fedb1ae9f50 на 2026-12-01T09:00:00. Резерв времени';
  expect(redactResponse(text, ['', 'на'])).toBe(text);
});

test('a long body is cut with a note', () => {
  expect(shorten('abcdef', 3)).toBe('abc… (6 characters in all)');
  expect(shorten('abc', 3)).toBe('abc');
});

test.each(['x', 'А', 'А-', 'a@', 'А ', '8 ', '"'])('a text of 200,000 times %j is looked through at once', (part) => {
  const text = part.repeat(200_000);
  const began = performance.now();
  redactResponse(text, ['Проверкина']);
  expect(performance.now() - began).toBeLessThan(5000);
});
