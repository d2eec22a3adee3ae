/** The Bundle of a page. https://hl7.org/fhir/R4/search.html#return, http.html#paging */
import { type ByteString, bytesOf } from '../byte-string.ts';
import { cursorName, type SearchRequest } from './request.ts';

export interface Links {
  readonly first?: string | undefined;
  readonly previous?: string | undefined;
  readonly next?: string | undefined;
  /** The rest of what is included. */
  readonly related?: string | undefined;
}

export interface Content {
  /** Joined by commas, each; empty where there is none. */
  readonly matches: ByteString;
  readonly included: ByteString;
  /** What is to be said of the result. */
  readonly remarks: readonly Remark[];
  /** From when on a follower of changes asks the next time. */
  readonly horizon?: Date | undefined;
}

export interface Remark {
  /** https://hl7.org/fhir/R4/valueset-issue-type.html */
  readonly code: string;
  readonly text: string;
}

/** A searchset with its links. @param links cursors; the first page has the cursor '' */
export function bundle(
  base: string,
  request: SearchRequest,
  total: number | undefined,
  links: Links,
  { matches, included, remarks, horizon }: Content,
): ByteString {
  const count = total === undefined ? '' : `,"total":${total}`;
  const address = addressOf(base, request);
  const all = [link('self', address, request.cursor ?? '')];
  for (const relation of ['first', 'previous', 'next', 'related'] as const) {
    const cursor = links[relation];
    if (cursor !== undefined) all.push(link(relation, address, cursor));
  }
  const meta = horizon === undefined ? '' : `,"meta":{"lastUpdated":"${horizon.toISOString()}"}`;
  const head = `{"resourceType":"Bundle"${meta},"type":"searchset"${count},"link":[${all.join(',')}]`;
  const said = remarks.length === 0 ? '' : bytesOf(remarkEntry(remarks));
  const entries = [matches, included, said].filter((text) => text !== '').join(',');
  return entries === '' ? `${bytesOf(head)}}` : `${bytesOf(head)},"entry":[${entries}]}`;
}

/** That of the search without a cursor, as it stands within quotes: for all links of a page it is the same. */
function addressOf(base: string, { type, compartment, sent, count }: SearchRequest): string {
  const query = new URLSearchParams(sent.map(([k, v]): [string, string] => [k, v]));
  if (query.has('_count')) query.set('_count', String(count));
  const path = compartment === undefined ? type : `${compartment.type}/${compartment.id}/${type}`;
  return JSON.stringify(`${base}/${path}${query.size === 0 ? '' : `?${query}`}`).slice(1, -1);
}

/** @param cursor of letters, digits and hyphens */
function link(relation: string, address: string, cursor: string): string {
  const place = cursor === '' ? '' : `${address.includes('?') ? '&' : '?'}${cursorName}=${cursor}`;
  return `{"relation":"${relation}","url":"${address}${place}"}`;
}

/** An entry as JSON text. */
export function entryOf(base: string, type: string, id: string, body: string, mode: 'match' | 'include'): string {
  return `{"fullUrl":"${base}/${type}/${id}","resource":${body},"search":{"mode":"${mode}"}}`;
}

function remarkEntry(remarks: readonly Remark[]): string {
  const issue = remarks.map(({ code, text }) => ({ severity: 'warning', code, diagnostics: text }));
  return JSON.stringify({ resource: { resourceType: 'OperationOutcome', issue }, search: { mode: 'outcome' } });
}
