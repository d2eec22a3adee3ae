/** What the message log may keep of an exchange with an index of patients: its shape, and what is nobody's. */
import type { Seen } from '../../line.ts';
import { mark, redactResponse } from '../../redact.ts';

type Bodies = Pick<Seen, 'request' | 'response'>;

/** Elements whose text may be kept; all other text goes. */
const openElements = new Set([
  ...['idLPU', 'idSource', 'IdDocumentType', 'IdContactType', 'IdAddressType'],
  ...['ErrorCode', 'PropertyName', 'faultcode', 'Value', 'WarningCode'],
  ...['IdLpu', 'idLpu', 'IdCaseMis', 'idCaseMis', 'IdCaseAidType', 'IdPaymentType', 'IdCaseResult', 'CaseVisitType'],
  ...['TmcID', 'TmcForm', 'TmcGoal', 'InitiatorType', 'IdRole'],
]);

/** @param sent personal values, which a server may echo where no element is */
export const redactSoap = ({ request, response }: Bodies, sent: readonly string[]): Bodies => ({
  request: withoutText(request),
  response: redactResponse(withoutText(response), sent),
});

/** One pass over the text: an answer may be made of two million brackets. */
function withoutText(xml: string): string {
  const [before = '', ...pieces] = xml.split('<');
  return `${before.trim() === '' ? '' : mark}${pieces.map(shapeOf).join('')}`;
}

/** A tag without its attributes, and its text where that is open. What is neither tag nor text (CDATA, a comment) goes whole. */
function shapeOf(piece: string): string {
  const [tag, name = ''] = /^[/?]?(?:[\w.-]+:)?([\w.-]+)/.exec(piece) ?? [];
  const end = piece.indexOf('>');
  if (tag === undefined || end < 0) return `<${mark}`;
  const text = piece.slice(end + 1);
  const isOpen = text.trim() === '' || (openElements.has(name) && !tag.startsWith('/'));
  const nil = /nil="(true|1)"/.test(piece.slice(0, end)) ? ' nil="true"' : '';
  return `<${tag}${nil}>${isOpen ? text : mark}`;
}

const openMembers = new Set(['resourceType', 'type', 'system', 'code', 'severity', 'mode', 'use', 'total']);

/** A form of search parameters, and JSON. */
export const redactFhir = ({ request, response }: Bodies): Bodies => ({
  request: request.replace(/=[^&]*/g, `=${mark}`),
  response: withoutValues(response, openMembers),
});

/** JSON both ways. @param open members whose values may be kept */
export const redactJson = ({ request, response }: Bodies, open: ReadonlySet<string>): Bodies => ({
  request: withoutValues(request, open),
  response: withoutValues(response, open),
});

function withoutValues(text: string, open: ReadonlySet<string>): string {
  if (text === '') return '';
  try {
    return JSON.stringify(JSON.parse(text), (name, value: unknown) =>
      (typeof value === 'string' || typeof value === 'number') && !open.has(name) ? mark : value,
    );
  } catch {
    return mark;
  }
}
