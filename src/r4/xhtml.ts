/** Narrative: the XHTML subset of https://hl7.org/fhir/R4/narrative.html (txt-1, txt-2), with nothing that runs or loads. */
import { SaxesParser, type SaxesTagPlain } from 'saxes';

const namespace = 'http://www.w3.org/1999/xhtml';

const elements = new Set(
  `a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr
  i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var`.split(/\s+/),
);

const attributes = new Set(
  `abbr accesskey align alt axis border cellpadding cellspacing char charoff cite class colspan coords dir frame headers height
  href hreflang id lang longdesc name nohref noshade nowrap rel rev rowspan rules scope shape span src start style summary
  tabindex title type usemap valign value width xml:lang xml:space xmlns`.split(/\s+/),
);

const links = new Set(['href', 'src', 'cite', 'longdesc', 'usemap']);
const safeLink =
  /^(?:https?:|mailto:|tel:|cid:|urn:|#|data:image\/(?:png|jpeg|gif);|[A-Za-z0-9./_~-]+(?:[?#][^:]*)?$)/i;
const unsafeStyle = /url\s*\(|expression\s*\(|@import|javascript:|\\/i;

/**
 * Undefined when `text` may be a Narrative.div, else how to mend it, to follow the place.
 * @param anchors gets the `#…` links, which may mean contained resources
 */
export function checkXhtml(text: string, anchors: Set<string>): string | undefined {
  const found: Findings = { depth: 0, content: false, fault: undefined, anchors };
  try {
    parse(text, found);
  } catch {
    found.fault ??= 'is not well-formed XHTML.';
  }
  if (found.fault === undefined && !found.content) return 'must have some text or an image (R4 txt-2).';
  return found.fault;
}

interface Findings {
  depth: number;
  content: boolean;
  fault: string | undefined;
  readonly anchors: Set<string>;
}

function parse(text: string, found: Findings): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    found.fault ??= 'may not have a DOCTYPE.';
  });
  parser.on('processinginstruction', () => {
    found.fault ??= 'may not have processing instructions.';
  });
  parser.on('text', (content) => {
    if (content.trim() !== '') found.content = true;
  });
  parser.on('opentag', (tag) => checkTag(tag, found));
  parser.on('closetag', () => {
    found.depth--;
  });
  parser.write(text).close();
}

function checkTag({ name, attributes: given }: SaxesTagPlain, found: Findings): void {
  if (found.depth++ === 0 && (name !== 'div' || given.xmlns !== namespace))
    found.fault ??= `must be one <div xmlns="${namespace}">.`;
  if (!elements.has(name)) found.fault ??= 'has an element that R4 does not allow in narrative (R4 txt-1).';
  if (name === 'img') found.content = true;
  for (const [key, value] of Object.entries(given)) {
    found.fault ??= attributeFault(key, value);
    if (links.has(key) && value.startsWith('#')) found.anchors.add(value);
  }
}

function attributeFault(name: string, value: string): string | undefined {
  if (!attributes.has(name)) return 'has an attribute that R4 does not allow in narrative (R4 txt-1).';
  if (name === 'xmlns' && value !== namespace) return 'has a foreign namespace (R4 txt-1).';
  if (links.has(name) && !safeLink.test(value.trim())) return 'has a link of a kind that is not allowed in narrative.';
  if (name === 'style' && unsafeStyle.test(value)) return 'has a style that loads or runs something.';
  return undefined;
}
