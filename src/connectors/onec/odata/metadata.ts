/** What a base publishes: its `$metadata`, the names of sets and of their fields (protocols/onec.md §3.1). */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ExchangeError } from '../../exchange.ts';
import type { HttpAnswer } from '../../http.ts';
import { refuseUnlessGood } from './answer.ts';

/** Name of a set → its fields. */
export type Metadata = ReadonlyMap<string, Fields>;
export type Fields = ReadonlyMap<string, Field>;

export interface Field {
  /** e.g. `Edm.Guid` */
  readonly type: string;
  /** Characters; what is longer is cut by 1С without a word. Undefined: no limit is told. */
  readonly maxLength?: number;
}

/** No tree is made of it: 17 MB with 4,237 sets have been seen. @throws ExchangeError */
export function readMetadata(answer: HttpAnswer): Metadata {
  refuseUnlessGood(answer);
  const types = new Map<string, Map<string, Field>>();
  const sets = new Map<string, string>();
  let open = new Map<string, Field>();
  const onTag = (tag: SaxesTagNS) => {
    const value = (name: string): string => tag.attributes[name]?.value ?? '';
    // Of another kind of type, whose properties are no fields of a set.
    if (tag.local === 'ComplexType' || tag.local === 'EntityType') open = new Map();
    if (tag.local === 'EntityType') types.set(value('Name'), open);
    if (tag.local === 'Property') open.set(value('Name'), fieldOf(value('Type'), value('MaxLength')));
    if (tag.local === 'EntitySet') sets.set(value('Name'), value('EntityType'));
  };
  parse(answer.text, onTag);
  if (sets.size === 0) throw new ExchangeError('untrusted', '$metadata names no entity set: nothing is published');
  // The type is written with the namespace before it.
  return new Map(
    sets.entries().map(([set, type]) => [set, types.get(type.slice(type.lastIndexOf('.') + 1)) ?? new Map()]),
  );
}

const fieldOf = (type: string, maxLength: string): Field =>
  /^[1-9]\d{0,6}$/.test(maxLength) ? { type, maxLength: Number(maxLength) } : { type };

function parse(text: string, onTag: (tag: SaxesTagNS) => void): void {
  const parser = new SaxesParser({ xmlns: true });
  let depth = 0;
  parser.on('error', (error) => {
    throw new ExchangeError('untrusted', '$metadata is not well-formed XML', { cause: error });
  });
  parser.on('doctype', () => {
    throw new ExchangeError('untrusted', '$metadata has a DOCTYPE');
  });
  parser.on('opentag', (tag) => {
    depth += 1;
    if (depth > 32) throw new ExchangeError('untrusted', '$metadata is nested too deep');
    onTag(tag);
  });
  parser.on('closetag', () => {
    depth -= 1;
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    throw new ExchangeError('untrusted', '$metadata is not well-formed XML', { cause: error });
  }
}
