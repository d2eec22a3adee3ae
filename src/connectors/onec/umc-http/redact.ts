/** What the message log may keep of JSON that was sent, and of what came back: no key, nothing about a patient. */
import { mark, redactResponse, withoutSecrets } from '../../redact.ts';
import { personal } from '../personal.ts';
import type { UmcHttpSettings } from './settings.ts';

const hidden = new Set<string>([...personal, 'Key', 'User', 'Password']);

type Body = Readonly<Record<string, unknown>>;

/** The body with the patient's values and the keys replaced. */
export function redactBody(body: Body): string {
  return JSON.stringify(body, (name, value) =>
    hidden.has(name) && typeof value === 'string' && value !== '' ? mark : value,
  );
}

/** The patient's values in a body, in pieces that look the same in any JSON. */
export function personalValues(body: Body): string[] {
  const values = personal.map((name) => body[name]).filter((value) => typeof value === 'string');
  // Where JSON escapes a character, the text on the wire is not the value.
  return values.flatMap((value) => value.split(/[\u0000-\u001f"\\/]+/));
}

/** A date of birth as 1С may write it in an answer, however it was sent. @param day `yyyy-mm-dd` */
export function datesOf(day: string | undefined): string[] {
  return day === undefined ? [] : [day, day.split('-').reverse().join('.')];
}

/** An answer without the keys of the configuration; `echoes` is what of a patient it may repeat, undefined = nothing. */
export function redactAnswer(text: string, settings: UmcHttpSettings, echoes: readonly string[] | undefined): string {
  const { key, header, password } = settings;
  const clean = withoutSecrets(legible(text), [key, header.key, password]);
  return echoes === undefined ? clean : redactResponse(clean, echoes);
}

/** Cyrillic written `\u041f`, even in JSON within JSON, would pass by any look for names. */
function legible(text: string): string {
  if (!text.includes('\\u')) return text;
  return text.replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
