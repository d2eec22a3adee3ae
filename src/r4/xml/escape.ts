/** Text as XML 1.0 holds it. https://www.w3.org/TR/xml/#charsets */

/**
 * What XML cannot hold in any spelling, control characters and halves of surrogate pairs, becomes U+FFFD: the validator lets
 * none of it in, and an answer that cannot be given would be worse.
 */
export const replacement = '\ufffd';

const special = /[&<>"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/;
const specials = /[&<>"\u0000-\u001f\ufffe\uffff]|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g;
const spelled: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** For an attribute in double quotes: a line end that is not spelled would be read as a blank. */
export function escapeAttribute(text: string): string {
  return special.test(text) ? text.replace(specials, spell) : text;
}

function spell(found: string): string {
  return found.length === 2 ? found : (spelled[found] ?? replacement);
}

/** Between tags: quotes and line ends stay as they are. */
export function escapeText(text: string): string {
  return special.test(text) ? text.replace(specials, (found) => (/["\t\n]/.test(found) ? found : spell(found))) : text;
}
