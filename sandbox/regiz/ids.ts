/** Opaque ids as the MIS of different vendors make them. protocols/regiz.md §1.2: nobody else may read them. */
import type { Random } from '../common/random.ts';
import type { ClinicPlan } from './region.ts';

export type IdStyle = ClinicPlan['ids'];

export function doctorId(style: IdStyle, ordinal: number, random: Random): string {
  if (style === 'guid') return random.guid();
  return style === 'semicolon' ? `п${100 + (ordinal % 3)}.${136 + ordinal}` : String(1017 + ordinal);
}

export function specialtyId(style: IdStyle, ordinal: number, random: Random): string {
  return style === 'guid' ? random.guid() : String(4 + ordinal);
}

export function patientId(style: IdStyle, number: number, guid: () => string): string {
  if (style === 'guid') return guid();
  return style === 'semicolon' ? String(1115 + number).padStart(20, '0') : String(50_000 + number);
}

export function slotId(style: IdStyle, doctor: string, start: string, guid: () => string): string {
  const [day, time] = [start.slice(0, 10), start.slice(11, 16)];
  if (style === 'guid') return guid();
  if (style === 'composite') return `${doctor}_${day}_${time}`;
  return `${day.slice(8)}.${day.slice(5, 7)}.${day.slice(0, 4)};${time};${doctor}`;
}

const slotPatterns: Readonly<Record<IdStyle, RegExp>> = {
  semicolon: /^(?<day>\d{2}\.\d{2}\.\d{4});\d{2}:\d{2};(?<doctor>п\d+\.\d+)$/,
  composite: /^(?<doctor>\d+)_(?<day>\d{4}-\d{2}-\d{2})_\d{2}:\d{2}$/,
  guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/** Doctor and day that the id tells, as it writes them; nothing in a GUID; undefined when it is no slot's id at all. */
export function readSlotId(style: IdStyle, id: string): { doctor?: string; day?: string } | undefined {
  const match = slotPatterns[style].exec(id);
  return match === null ? undefined : { ...match.groups };
}

/** The check number that the first nine digits need. */
export function snilsOf(nine: number): string {
  const digits = String(nine).padStart(9, '0');
  const sum = [...digits].reduce((total, digit, n) => total + Number(digit) * (9 - n), 0) % 101;
  const check = String(sum === 100 ? 0 : sum).padStart(2, '0');
  return `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)} ${check}`;
}

/** A policy number of sixteen digits, the last by Luhn. */
export function polisOf(fifteen: number): string {
  const digits = String(fifteen).padStart(15, '0');
  const sum = [...digits].reverse().reduce((total, digit, n) => {
    const doubled = Number(digit) * (n % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
