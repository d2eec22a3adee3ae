/**
 * A transaction: all or nothing. Before it is performed, ids are given to what it creates, and its references, by urn:uuid or
 * by condition, are made those of the resources that they mean. https://hl7.org/fhir/R4/http.html#trules
 */
import { randomUUID } from 'node:crypto';
import { Fault } from '../fault.ts';
import { blame, checkClosed, type Entry, type Step, stepOf } from './bundle-entry.ts';
import type { Method } from './call.ts';
import { ifNoneExist, lockConditions, matchOf } from './condition.ts';
import { type Context, transacted } from './context.ts';
import { perform } from './perform.ts';
import type { Reply } from './reply.ts';
import type { Asked } from './resource.ts';

/** https://hl7.org/fhir/R4/http.html#trules: deletions first, reads last, so that order in the Bundle means nothing. */
const order: readonly Method[] = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET'];

/** @throws Fault naming the entry */
export function transact(context: Context, asked: Asked, entries: readonly Entry[]): Promise<Reply[]> {
  return transacted(context, async (inside) => {
    const steps = await prepare(inside, asked, entries);
    const replies = new Map<Step, Reply>();
    for (const method of order)
      for (const step of steps.filter((s) => s.call.method === method)) {
        const reply = await perform(inside, step.asked, step.call, step.body).catch((e) => blame(e, step));
        checkPromise(step, reply);
        replies.set(step, reply);
      }
    return steps.map((s) => replies.get(s)!);
  });
}

/** What others refer to by a new id must have been created with it, and not found: an earlier entry has made what it means. */
function checkPromise({ asked: { newId }, path }: Step, { headers }: Reply): void {
  if (newId === undefined || headers['location']?.includes(`/${newId}/`)) return;
  throw new Fault('bad-structure', 'Two entries mean the same resource by their conditions: send it once.', {
    expression: path,
  });
}

async function prepare(context: Context, asked: Asked, entries: readonly Entry[]): Promise<Step[]> {
  const steps = entries.map((entry, i) => {
    try {
      return stepOf(context, asked, entry, i);
    } catch (error) {
      return blame(error, { path: `Bundle.entry[${i}]` });
    }
  });
  for (const step of steps) refuseWritesThrough(context, step);
  checkTwice(steps);
  const meant = new Map<string, string>();
  const given: Step[] = [];
  for (const [i, step] of steps.entries()) given.push(await give(context, step, entries[i]!.fullUrl, meant));
  checkTwice(given);
  const promised = new Set(meant.values());
  const prepared: Step[] = [];
  for (const step of given) {
    const body = await resolve(context, step, meant);
    prepared.push({ ...step, body, asked: { ...step.asked, promised } });
  }
  return prepared;
}

/** What has been told to a MIS cannot be undone when a later entry fails. */
function refuseWritesThrough({ declarations, operations }: Context, { call, path }: Step): void {
  const { interaction, method, type } = call;
  const through = type !== undefined && declarations.get(type)?.writesThrough === true && method !== 'GET';
  const changing = interaction === 'operation' && operations.all.find((o) => o.code === call.operation)?.affectsState;
  if ((!through && !changing) || interaction === 'search-type') return;
  const what = changing ? `$${call.operation}` : `A write of ${type}`;
  throw new Fault(
    'business-rule',
    `${what} goes to the clinic's system and cannot be undone: send it by itself or in a batch.`,
    {
      code: 'not-in-transaction',
      expression: path,
    },
  );
}

function checkTwice(steps: readonly Step[]): void {
  const seen = new Set<string>();
  for (const { call, path } of steps) {
    if (call.method === 'GET' || call.id === undefined) continue;
    const key = `${call.type}/${call.id}`;
    if (seen.has(key))
      throw new Fault('bad-structure', 'A transaction writes each resource once.', { expression: path });
    seen.add(key);
  }
}

/** What is created gets its id, or is found to exist already; what is updated by a condition, too. */
async function give(
  context: Context,
  step: Step,
  fullUrl: string | undefined,
  meant: Map<string, string>,
): Promise<Step> {
  const { call, asked, path } = step;
  const note = (id: string) => {
    if (fullUrl === undefined) return;
    if (meant.has(fullUrl))
      throw new Fault('bad-structure', 'Two entries have the same fullUrl.', { expression: `${path}.fullUrl` });
    meant.set(fullUrl, `${call.type}/${id}`);
  };
  if (call.interaction === 'update' && call.id !== undefined) note(call.id);
  const isUpdate = call.interaction === 'update' && call.id === undefined;
  if (call.interaction !== 'create' && !isUpdate) return step;
  const condition = isUpdate ? call.query : ifNoneExist(asked);
  const type = call.type!;
  if (condition !== undefined) {
    await lockConditions(context, asked, type);
    const blamed = `${path}.request.${isUpdate ? 'url' : 'ifNoneExist'}`;
    const found = await matchOf(context, asked, type, condition, blamed);
    if (found !== undefined) {
      note(found);
      return isUpdate ? { ...step, call: { ...call, id: found }, body: withId(step.body, found) } : step;
    }
  }
  const newId = randomUUID();
  note(newId);
  return { ...step, asked: { ...asked, newId } };
}

/** What is updated by its id has it in the body; another one that was sent is refused by the update. */
const withId = (body: unknown, id: string): object => ({
  ...(body as object),
  id: (body as { id?: string })?.id ?? id,
});

/** A copy of the body in which every reference into the Bundle, and every conditional one, leads to what it means. */
async function resolve(context: Context, step: Step, meant: ReadonlyMap<string, string>): Promise<unknown> {
  const { body, path, call } = step;
  if (body === undefined || body === null || typeof body !== 'object') return body;
  const conditional = new Map<string, string>();
  const copy = rewrite(body, meant, conditional);
  for (const condition of conditional.keys())
    conditional.set(condition, await referent(context, step, condition, `${path}.resource`));
  if (call.method === 'GET') return body;
  const resolved = conditional.size === 0 ? copy : rewrite(copy, conditional, undefined);
  checkClosed(resolved, `${path}.resource`);
  return resolved;
}

async function referent(context: Context, { asked }: Step, condition: string, expression: string): Promise<string> {
  const [type = '', search = ''] = condition.split(/\?(.*)/s);
  if (!context.declarations.has(type))
    throw new Fault('not-supported', 'A conditional reference names a type that is not served.', { expression });
  const id = await matchOf(context, asked, type, new URLSearchParams(search), expression);
  if (id === undefined)
    throw new Fault('multiple-matches', 'A conditional reference matches no resource.', {
      expression,
      code: 'no-match',
    });
  return `${type}/${id}`;
}

/** Members that hold links: those of type Reference, and uri, url, oid and uuid elements that name an entry as a whole. */
function rewrite(
  value: unknown,
  known: ReadonlyMap<string, string>,
  conditional: Map<string, string> | undefined,
): unknown {
  if (typeof value === 'string') return value.startsWith('urn:') ? (known.get(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((v) => rewrite(v, known, conditional));
  if (value === null || typeof value !== 'object' || value instanceof Number) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === 'reference' && typeof member === 'string' && /^[A-Z][A-Za-z]+\?/.test(member) && !known.has(member))
      conditional?.set(member, '');
    const link = name === 'reference' && typeof member === 'string' ? known.get(member) : undefined;
    copy[name] = link ?? (name === 'div' ? member : rewrite(member, known, conditional));
  }
  return copy;
}
