/**
 * The body of a medical document: base64 of `<String>` around an escaped HL7 CDA document, of which the narrative of its sections is
 * read (protocols/onec.md §5). It is hostile until it is read to its end.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ExchangeError } from '../../exchange.ts';
import { readXml } from '../../xml.ts';
import { clean } from './value.ts';

const hl7 = 'urn:hl7-org:v3';
const limits = { depth: 64, elements: 50_000 };

/** @param bytes longest document @returns plain text; undefined when it is not understood, or says nothing */
export function readBody(base64: string, bytes: number): string | undefined {
  try {
    const text = decode(base64, bytes);
    return text === undefined ? undefined : clean(readNarrative(unwrap(text)));
  } catch (error) {
    if (error instanceof ExchangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** @throws TypeError for what is not UTF-8 */
function decode(base64: string, bytes: number): string | undefined {
  if (base64.length > (bytes * 3) / 2) return undefined;
  const packed = base64.replace(/\s+/g, '');
  const buffer = Buffer.from(packed, 'base64');
  // Buffer passes over what is not base64.
  if (buffer.length > bytes || buffer.toString('base64').replace(/=+$/, '') !== packed.replace(/=+$/, ''))
    return undefined;
  return new TextDecoder('utf-8', { fatal: true }).decode(buffer);
}

function unwrap(text: string): string {
  const root = readXml(text, limits);
  return root.name === 'String' ? root.text : text;
}

/** Elements that stand on a line of their own, and cells within one. */
const blocks = new Set(['title', 'text', 'paragraph', 'list', 'item', 'table', 'caption', 'tr', 'br']);
const cells = new Set(['td', 'th']);

/** @throws ExchangeError when it is no CDA document */
function readNarrative(text: string): string {
  const open: string[] = [];
  let [elements, shown] = [0, 0];
  let line = '';
  const lines: string[] = [];
  const endLine = () => {
    const whole = line.replace(/\s+/g, ' ').trim();
    if (whole !== '') lines.push(whole);
    line = '';
  };
  /** Titles and texts of sections are shown; the title of the document is that of its template. */
  const isShown = (name: string) => (name === 'title' || name === 'text') && open.at(-1) === 'section';
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => refuse('not well-formed XML', error));
  parser.on('doctype', () => refuse('a DOCTYPE'));
  parser.on('opentag', ({ local, uri }: SaxesTagNS) => {
    elements += 1;
    if (elements > limits.elements || open.length >= limits.depth) refuse('too large');
    if (open.length === 0 && (local !== 'ClinicalDocument' || uri !== hl7)) refuse('no CDA document');
    if (shown > 0 || isShown(local)) shown += 1;
    if (local === 'section' && lines.length > 0) lines.push('');
    if (shown > 0 && blocks.has(local)) endLine();
    open.push(local);
  });
  const add = (part: string) => {
    if (shown > 0) line += part;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', ({ local }) => {
    open.pop();
    if (shown > 0 && blocks.has(local)) endLine();
    if (shown > 0 && cells.has(local)) line += ' ';
    if (shown > 0) shown -= 1;
  });
  parser.write(text).close();
  return lines.join('\n');
}

function refuse(what: string, cause?: unknown): never {
  throw new ExchangeError('untrusted', `the body of a document is ${what}`, { cause });
}
