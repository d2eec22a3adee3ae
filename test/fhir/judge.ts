/** What every answer of the hub must be, whatever it was asked. */
import { readXml } from '../../src/r4/xml/read.ts';
import type { RawReply, RawRequest } from '../support/raw-http.ts';
import type { Target } from './target.ts';

/** Of the inside: SQL, a stack, a file, a library's own words. */
const inside =
  /\bselect\b.+\bfrom\b|\binsert into\b|relation "|column "|syntax error|violates|invalid byte|\.(ts|js):\d|node_modules|\/src\/|\bat \S+ \(|(?<![.\w])Error:|(Type|Range|Syntax|Reference)Error|FST_|ECONN|undefined/i;

/** @returns what is wrong with an answer; undefined when it is as it must be */
export function complaintOf(request: RawRequest, reply: RawReply): string | undefined {
  const say = (text: string) =>
    `${request.method} ${request.target.slice(0, 150)} → ${reply.status} ${text}: ${reply.body.slice(0, 300)}`;
  if (reply.status < 200 || reply.status >= 500) return say('is no answer');
  if (request.method === 'HEAD') return reply.body === '' ? undefined : say('has a body');
  if (reply.status === 204 || reply.status === 304) return reply.body === '' ? undefined : say('has a body');
  // As Prefer: return=minimal wishes it.
  if (reply.status < 300 && reply.body === '' && wantsNothing(request)) return undefined;
  const type = reply.headers.get('content-type') ?? '';
  if (!/^(application|text)\/(fhir\+)?(json|xml); charset=utf-8$/.test(type)) return say('is not FHIR');
  const body = type.includes('xml') ? parseXml(reply.body) : parse(reply.body);
  if (body === undefined) return say(`is not ${type}`);
  if (reply.status < 300) return undefined;
  const { resourceType, issue } = body as { resourceType?: string; issue?: Issue[] };
  if (resourceType !== 'OperationOutcome' || !Array.isArray(issue) || issue.length === 0) return say('is no outcome');
  if (!issue.every((i) => ['error', 'fatal'].includes(i.severity ?? '') && i.code && i.diagnostics))
    return say('tells too little');
  return inside.test(reply.body) ? say('tells of the inside') : undefined;
}

const wantsNothing = ({ headers = [] }: RawRequest) =>
  headers.some(([name, value]) => name.toLowerCase() === 'prefer' && value.includes('return=minimal'));

interface Issue {
  severity?: string;
  code?: string;
  diagnostics?: string;
}

function parseXml(text: string): object | undefined {
  return readXml(text, { characters: Number.POSITIVE_INFINITY, depth: 1000 }).value as object | undefined;
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

export interface Expected {
  /** What is hostile about it, for complaints. */
  readonly name?: string;
  readonly request: RawRequest;
  /** Beside what holds of every answer. @returns what is wrong */
  readonly also?: (reply: RawReply) => string | undefined;
}

export const refused = (reply: RawReply) =>
  reply.status >= 400 ? undefined : `${reply.status} is taken: ${reply.body.slice(0, 300)}`;

const inFlight = 8;

/** Sends all. @returns complaints */
export async function judgeAll(target: Target, cases: readonly Expected[]): Promise<string[]> {
  const complaints: string[] = [];
  const queue = cases.values();
  const work = async () => {
    for (const { name = '', request, also } of queue) {
      const reply = await target.send(request);
      const more = also?.(reply);
      const complaint =
        complaintOf(request, reply) ?? (more && `${request.method} ${request.target.slice(0, 150)} → ${more}`);
      if (complaint !== undefined) complaints.push(`${name} ${complaint}`.trim());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return complaints;
}
