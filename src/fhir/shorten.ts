/** read and vread of a part: `_summary`, `_elements`. https://hl7.org/fhir/R4/http.html#parameters */
import { Fault } from '../fault.ts';
import { bytesOf, textOf } from './byte-string.ts';
import type { Reply } from './reply.ts';
import { parseElements, type Subset, subsetOf } from './search/subset.ts';

const summaries = ['true', 'text', 'data'] as const;

/** @throws Fault not-supported for a summary or an element that there is not */
export function shortened(reply: Reply, type: string, query: URLSearchParams): Reply {
  const subset = reply.body === undefined ? undefined : subsetOfRead(type, query);
  return subset === undefined ? reply : { ...reply, body: bytesOf(subsetOf(textOf(reply.body!), subset)) };
}

function subsetOfRead(type: string, query: URLSearchParams): Subset | undefined {
  const elements = query.getAll('_elements').filter((names) => names !== '');
  const asked = query.get('_summary') || 'false';
  const summary = summaries.find((s) => s === asked);
  if (summary === undefined && asked !== 'false') throw refused('_summary of a read takes true, text, data or false.');
  if (elements.length === 0) return summary === undefined ? undefined : { summary };
  if (summary !== undefined) throw refused('_summary cannot stand beside _elements.');
  return { elements: parseElements(type, elements.join(',')) };
}

const refused = (text: string) => new Fault('not-supported', text, { expression: 'http._summary' });
