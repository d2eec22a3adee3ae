/** What claims are tried on: a server that is asked as any client asks it. */
import type { Resource } from '../../../src/store/resource.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Answered;
}

export interface Answered extends Resource {
  issue?: { severity: string; code: string; diagnostics?: string }[];
  entry?: { fullUrl: string; resource: Resource; search?: { mode: string } }[];
  link?: { relation: string; url: string }[];
  total?: number;
}

export interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** @param path below the base, with its query */
export type Ask = (method: string, path: string, request?: Request) => Promise<Answer>;

/** What is kept of a type, by the server's own word. */
export async function readAll(ask: Ask, type: string): Promise<Resource[]> {
  const { status, body } = await ask('GET', `${type}?_count=1000`);
  if (status !== 200) throw new Error(`GET ${type} answered ${status}`);
  return (body.entry ?? []).map((e) => e.resource);
}

export function queryOf(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** @throws Error that tells what was asked and answered */
export function expectStatus(answer: Answer, wanted: readonly number[], what: string): void {
  if (wanted.includes(answer.status)) return;
  const why = answer.body.issue?.[0]?.diagnostics ?? JSON.stringify(answer.body).slice(0, 200);
  throw new Error(`${what} answered ${answer.status} instead of ${wanted.join(' or ')}: ${why}`);
}

/** A refusal is an OperationOutcome whose issue is an error and says why. */
export function expectRefusal(answer: Answer, wanted: readonly number[], what: string): void {
  expectStatus(answer, wanted, what);
  const [issue] = answer.body.issue ?? [];
  if (answer.body.resourceType !== 'OperationOutcome' || issue?.severity !== 'error' || !issue.diagnostics)
    throw new Error(`${what} answered ${answer.status} without an OperationOutcome that says why`);
}
