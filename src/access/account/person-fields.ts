/** What people type of themselves, read and checked. Errors are for them, in Russian. */
import { Fault } from '../../fault.ts';
import { isSnils, normaliseSnils } from '../../r4/identifier.ts';

const refuse = (field: string, text: string) =>
  new Fault('business-rule', text, { expression: `http.${field}`, code: 'field-refused' });

/** Letters of any script, spaces, hyphens, apostrophes and points. */
const namePattern = /^\p{L}[\p{L}\p{M} .'’-]{0,99}$/u;

/** @throws Fault business-rule */
export function readName(field: string, text: string): string {
  const name = text.normalize('NFC').trim().replace(/\s+/g, ' ');
  if (!namePattern.test(name)) throw refuse(field, 'В имени могут быть буквы, пробелы и дефисы, до 100 знаков.');
  return name;
}

/** Without a domain's own rules: a letter shows whether it is one. */
const emailPattern = /^[^\s@<>"(),:;\\[\]\p{C}]{1,64}@[\p{L}\d](?:[\p{L}\d.-]{0,250}[\p{L}\d])?\.[\p{L}\d-]{2,63}$/u;

/** @throws Fault business-rule */
export function readEmail(text: string): string {
  const email = text.normalize('NFC').trim();
  if (email.length > 254 || email.includes('..') || !emailPattern.test(email))
    throw refuse('email', 'Это не адрес электронной почты.');
  return email;
}

/** @returns +79990000000. @throws Fault business-rule */
export function readPhone(text: string): string {
  const digits = text
    .replace(/[\s()\u2010-\u2015-]/g, '')
    .replace(/^8(?=\d{10}$)/, '+7')
    .replace(/^7(?=\d{10}$)/, '+7');
  if (!/^\+\d{10,15}$/.test(digits)) throw refuse('phone', 'Укажите телефон с кодом страны: +7 999 000-00-00.');
  return digits;
}

/** @returns eleven digits, or null when none was given. @throws Fault business-rule */
export function readSnils(text: string): string | null {
  if (text.trim() === '') return null;
  if (!isSnils(text)) throw refuse('snils', 'Проверьте СНИЛС: в нём 11 цифр, две последние проверяют остальные.');
  return normaliseSnils(text)!;
}

/** @param today YYYY-MM-DD. @returns YYYY-MM-DD. @throws Fault business-rule */
export function readBirthDate(text: string, today: string): string {
  const date = text.trim().replace(/^(\d\d)\.(\d\d)\.(\d{4})$/, '$3-$2-$1');
  const at = /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00Z`) : undefined;
  const isDay = at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
  if (!isDay || date > today || date < '1900-01-01') throw refuse('birthDate', 'Укажите дату рождения: 14.03.1985.');
  return date;
}
