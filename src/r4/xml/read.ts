/**
 * FHIR XML → a resource in JSON's shape, in one pass within limits (https://hl7.org/fhir/R4/xml.html, RELIABILITY §1.9). What R4's
 * XML has no place for is an issue and never left out in silence; whether the resource is valid, the validator says.
 */
import { SaxesParser, type XMLDecl } from 'saxes';
import { type Reading, type ReadingLimits, readingLimits } from '../reading.ts';
import { Builder } from './build.ts';
import { keepText } from './line.ts';
import { Stop, type Tag } from './refusal.ts';

export interface XmlLimits extends ReadingLimits {
  /** Of the whole document. */
  readonly characters: number;
}

const xmlLimits: XmlLimits = { ...readingLimits, characters: 2_000_000 };

/** Never throws. A DOCTYPE, a processing instruction or what is not well-formed ends the reading. */
export function readXml(text: string, limits: Partial<XmlLimits> = {}): Reading {
  const parser = new SaxesParser({ xmlns: true });
  const builder = new Builder(() => parser.line);
  try {
    parse(parser, builder, text, { ...xmlLimits, ...limits });
  } catch (error) {
    if (!(error instanceof Stop)) refuse(error, builder, parser);
  }
  const { issues, root } = builder;
  if (issues.length === 0 && root !== undefined) keepText(root, text);
  return { value: issues.length === 0 ? root : undefined, issues };
}

/** Six handlers and not one more: with the seventh V8 keeps the parser's members in a hash table, and it is four times slower. */
function parse(parser: SaxesParser<{ xmlns: true }>, builder: Builder, text: string, limits: XmlLimits): void {
  if (text.length > limits.characters) builder.stop('too-long', 'is too long; send less at once.');
  parser.on('doctype', () => builder.stop('structure', 'may not have a DOCTYPE; remove it.'));
  parser.on('processinginstruction', () =>
    builder.stop('structure', 'may not have processing instructions; remove them.'),
  );
  parser.on('opentag', limited(builder, limits, parser));
  parser.on('closetag', ({ local }) => builder.close(local));
  parser.on('text', (content) => builder.text(content));
  parser.on('cdata', (content) => builder.text(content));
  parser.write(text).close();
}

/** Without a handler of errors the parser throws them: `3:17: unclosed tag: …`. @throws what is no error of the parser */
function refuse(error: unknown, builder: Builder, { line, column }: SaxesParser): void {
  if (!(error instanceof Error && /^\d+:\d+: /.test(error.message))) throw error;
  builder.note('structure', `: this is not well-formed XML at line ${line}, column ${column}.`);
}

function limited(builder: Builder, limits: XmlLimits, { xmlDecl }: SaxesParser): (tag: Tag) => void {
  let elements = 0;
  return (tag) => {
    if (elements === 0) checkDeclaration(builder, xmlDecl);
    if (++elements > limits.values) builder.stop('too-long', 'holds too many elements; send less at once.');
    if (builder.depth >= limits.depth)
      builder.stop('too-long', `is nested deeper than ${limits.depth} levels; flatten it.`);
    builder.open(tag);
  };
}

function checkDeclaration(builder: Builder, { encoding, version }: XMLDecl): void {
  if (!/^(utf-?8|us-ascii)$/i.test(encoding ?? 'utf-8'))
    builder.stop('structure', 'must be in UTF-8, and say so where it names an encoding.');
  if (version !== undefined && version !== '1.0') builder.stop('structure', 'must be XML of version 1.0.');
}
