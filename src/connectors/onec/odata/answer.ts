/** What an answer of OData is: a page of rows, or a failure told by HTTP status and code (protocols/onec.md §3.2). */
import { ExchangeError } from '../../exchange.ts';
import { type HttpAnswer, statusError } from '../../http.ts';
import { untrusted } from '../answer.ts';
import { readJson } from '../json.ts';

/** As it came. */
export type Row = Readonly<Record<string, unknown>>;

export interface Page {
  readonly rows: readonly Row[];
  /** How many there are in all, where that was asked for and told. */
  readonly count?: number;
}

/** @throws ExchangeError */
export function readPage(answer: HttpAnswer): Page {
  refuseUnlessGood(answer);
  const body = readJson(answer.text);
  if (!isRow(body) || !Array.isArray(body['value']) || !body['value'].every(isRow))
    throw untrusted('the answer is not a list of OData');
  // A text, though it is a number.
  const count = body['odata.count'];
  const isCount = typeof count === 'string' && /^\d{1,9}$/.test(count);
  return { rows: body['value'], ...(isCount && { count: Number(count) }) };
}

/** 1С understood a write and said no: by an error of OData, of which the code alone is kept, since its text echoes what was sent. */
export class RefusedByOdata extends Error {
  readonly code: string;

  constructor(status: number, code: string) {
    super(`1С refused: ${describeStatus(status, code)}`);
    this.name = 'RefusedByOdata';
    this.code = code;
  }
}

/** Statuses with which 1С itself refuses; with others an error comes from what stands before it, or says nothing of the write. */
const refusals = [400, 403, 404, 500];

/** The object as 1С says that it has written it. @throws RefusedByOdata, ExchangeError */
export function readWritten({ status, text }: HttpAnswer): Row {
  const code = codeIn(text);
  if (refusals.includes(status) && code !== undefined) throw new RefusedByOdata(status, code);
  if (status !== 200 && status !== 201) throw statusError(status);
  const body = readJson(text);
  if (!isRow(body) || code !== undefined) throw untrusted('the answer is not an object of OData');
  return body;
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a code of 1С was seen to mean. Its text is of no use: it follows the language of the base and echoes what was sent. */
const codes: Readonly<Record<string, string>> = {
  '6': 'a set, a field or a function that it does not know',
  '9': 'nothing under that key',
  '14': 'a filter that it cannot read',
};

const statuses: Readonly<Record<number, string>> = {
  401: 'the user or the password is wrong',
  403: 'the user may not read this',
  404: 'this is not published',
  406: 'no licence for a session is free',
  501: 'it has no $skip; set paging.by to "key"',
};

/** @throws ExchangeError for every status but 200 */
export function refuseUnlessGood({ status, text }: HttpAnswer): void {
  if (status === 200) return;
  const { retryable } = statusError(status);
  throw new ExchangeError('lost', describeStatus(status, codeIn(text)), { status, retryable });
}

function describeStatus(status: number, code: string | undefined): string {
  const meaning = (code === undefined ? undefined : codes[code]) ?? statuses[status];
  const told = [`HTTP status ${status}`, ...(code === undefined ? [] : [`code ${code}`])].join(', ');
  return meaning === undefined ? told : `${told}: ${meaning}`;
}

/** Of an error in JSON, or in Atom, which comes where `$format` was not understood. */
function codeIn(text: string): string | undefined {
  return /"odata\.error"\s*:\s*\{\s*"code"\s*:\s*"(-?\d{1,3})"|<(?:\w+:)?code>(-?\d{1,3})</
    .exec(text)
    ?.slice(1)
    .find((code) => code !== undefined);
}
