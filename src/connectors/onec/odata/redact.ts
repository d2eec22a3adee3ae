/** What the message log may keep of an exchange with OData: nothing about a patient, and no error as 1С words it. */
import type { Seen } from '../../line.ts';
import { mark, redactResponse, withoutSecrets } from '../../redact.ts';

/** Whom an exchange is about. Staff and branches are public. */
export interface Discretion {
  /** Fields whose values may be seen all the same; absent: everything may. */
  readonly keep?: ReadonlySet<string>;
  /** Personal values that were sent, as they are. */
  readonly values?: readonly string[];
}

export function redact({ request, response, status }: Seen, password: string, discretion: Discretion) {
  const { keep, values = [] } = discretion;
  const clean = withoutSecrets(response, [password]);
  const isGood = (status === 200 || status === 201) && !clean.includes('odata.error');
  if (keep === undefined) return { request, response: isGood ? clean : redactResponse(clean, []) };
  return {
    request: redactResponse(hideValues(request, keep), values),
    response: redactResponse(hideValues(clean, keep), values),
  };
}

/**
 * A member and its value; the last of a text that was cut, too. A name ends at the next quote whatever stands before it: looked for with
 * its escapes, 100,000 escaped quotes took a minute.
 */
const member = /"([^"]*)"(\s*:\s*)("[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\d[\d.]*|true\b|false\b)/g;

/** Of the answer itself, and of an error. */
const harmless = /^(?:odata\..*|code|lang|DataVersion)$/;

/** Far more than the log keeps; the engine of regular expressions fails on a text of some millions of escaped characters. */
const longest = 1_000_000;

const hideValues = (text: string, keep: ReadonlySet<string>): string =>
  text
    .slice(0, longest)
    .replace(member, (whole, name: string, colon: string) =>
      keep.has(name) || harmless.test(name) ? whole : `"${name}"${colon}"${mark}"`,
    );
