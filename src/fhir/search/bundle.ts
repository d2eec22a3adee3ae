/** The Bundle of a page. https://hl7.org/fhir/R4/http.html#paging */
import { type ByteString, bytesOf } from '../byte-string.ts';
import { cursorName, type SearchRequest } from './request.ts';

export interface Page {
  /** Entries of matches as JSON text, joined by commas. */
  readonly entries: ByteString;
  readonly size: number;
  /** Ids of the matches, for includes; empty when nothing is to be included. */
  readonly ids: readonly string[];
  readonly next: string | undefined;
}

/** A searchset with its links. @param included entries as JSON text */
export function bundle(
  base: string,
  request: SearchRequest,
  page: Page,
  included: string,
  total: number | undefined,
): ByteString {
  const self = link('self', base, request, request.cursor);
  const next = page.next === undefined || request.count === 0 ? '' : `,${link('next', base, request, page.next)}`;
  const count = total === undefined ? '' : `,"total":${total}`;
  const head = `{"resourceType":"Bundle","type":"searchset"${count},"link":[${self}${next}]`;
  if (request.count === 0 || page.entries.length === 0) return `${bytesOf(head)}}`;
  const tail = included === '' ? ']}' : `,${included}]}`;
  return `${bytesOf(head)},"entry":[${page.entries}${bytesOf(tail)}`;
}

function link(relation: string, base: string, request: SearchRequest, cursor: string | undefined): string {
  const query = new URLSearchParams(request.sent.map(([k, v]): [string, string] => [k, v]));
  if (query.has('_count')) query.set('_count', String(request.count));
  if (cursor !== undefined) query.set(cursorName, cursor);
  const text = query.size === 0 ? '' : `?${query}`;
  const { type, compartment } = request;
  const path = compartment === undefined ? type : `${compartment.type}/${compartment.id}/${type}`;
  return JSON.stringify({ relation, url: `${base}/${path}${text}` });
}
