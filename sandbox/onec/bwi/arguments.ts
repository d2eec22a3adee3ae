/** Parameters of a call in JSON as a base of this or that habit understands them. protocols/onec.md §2. */
import { noDate, parseLocal } from '../../common/local-time.ts';
import type { Arguments } from '../parameters.ts';
import type { Settings } from '../settings.ts';

export type Body = { readonly [name: string]: unknown };

/** The key that one base wants for the branch: its first letter is Cyrillic. */
const cyrillicClinic = '\u0421linic';

/** Parameter of the SOAP service → name in the body. */
function namesOf(settings: Settings): { readonly [name: string]: string } {
  const short = { EmployeeID: 'Employee', Employees: 'Employee', GUID: 'UID' };
  const branch = settings.jsonCyrillicClinic ? { Clinic: cyrillicClinic } : {};
  return { Services: 'Service', ...(settings.jsonNames === 'short' ? short : {}), ...branch };
}

const times = new Set(['StartDate', 'FinishDate', 'Date', 'TimeBegin', 'Birthday']);

/** @param filtered whether the operation looks at the filter by employees */
export function argumentsIn(body: Body, settings: Settings, filtered: boolean): Arguments {
  const names = namesOf(settings);
  const text = (name: string): string => {
    const value = body[names[name] ?? name];
    const given = value === undefined || value === null ? '' : String(value).trim();
    if (name === 'Employees' && !filtered) return '';
    if (name === 'Duration') return durationIn(given);
    return times.has(name) && given !== '' ? timeIn(given, settings.jsonDates) : given;
  };
  return {
    text,
    property: text,
    plain: () => Object.fromEntries(Object.keys(body).map((name) => [name, String(body[name])])),
    tellsGuid: true,
  };
}

/** Forms that a base may read: the manual lists the first four, a real client sends the fifth. */
const forms = {
  dotted: /^(?<d>\d{2})\.(?<m>\d{2})\.(?<y>\d{4})(?: (?<time>.+))?$/,
  dashed: /^(?<d>\d{2})[-/](?<m>\d{2})[-/](?<y>\d{4})(?: (?<time>.+))?$/,
  reversed: /^(?<y>\d{4})[./-](?<m>\d{2})[./-](?<d>\d{2})(?: (?<time>.+))?$/,
  iso: /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})T(?<time>.+)$/,
  compact:
    /^(?:(?<d>\d{1,2})\.(?<m>\d{1,2})\.(?<y>\d{4})(?: (?<time>.+))?|(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})T(?<time>.+))$/,
} as const;

/** ISO without zone, or the text as it is, which no parameter takes for a time. */
function timeIn(text: string, allowed: Settings['jsonDates']): string {
  const bare = /^\d{1,2}:\d{2}(:\d{2})?$/.test(text) && allowed !== 'iso' && allowed !== 'compact';
  if (bare) return parseLocal(`${noDate}T${timeOfDay(text)}`) ?? '?';
  const tried = allowed === 'any' ? Object.values(forms) : [forms[allowed]];
  const found = tried.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return '?';
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0');
  return (
    parseLocal(`${found['y']}-${two(found['m'])}-${two(found['d'])}T${timeOfDay(found['time'] ?? '00:00:00')}`) ?? '?'
  );
}

function timeOfDay(text: string): string {
  const [hours, minutes, seconds] = text.split(':');
  return [hours, minutes, seconds ?? '00'].map((part) => (part ?? '').padStart(2, '0')).join(':');
}

/** Minutes, `hh:mm:ss` or 1С's own `0001-01-01Thh:mm:ss`. */
function durationIn(text: string): string {
  if (/^\d+$/.test(text)) {
    const minutes = Number(text);
    return `${noDate}T${timeOfDay(`${Math.floor(minutes / 60)}:${minutes % 60}`)}`;
  }
  return /^\d{1,2}:\d{2}/.test(text) ? `${noDate}T${timeOfDay(text)}` : text;
}
