/** create, update, patch, delete, each of them by id or by condition. https://hl7.org/fhir/R4/http.html */
import { Fault } from '../fault.ts';
import { parseKept } from '../r4/json-reader.ts';
import { lockDocument, readDocument } from '../store/documents.sql.ts';
import { isId, type Resource } from '../store/resource.ts';
import { parseResource } from './body.ts';
import type { Call } from './call.ts';
import { existing, ifNoneExist, lockConditions, matchOf } from './condition.ts';
import { type Context, transacted } from './context.ts';
import { applyPatch } from './patch/patch.ts';
import { checkVersion } from './precondition.ts';
import { notFound } from './read.ts';
import { etagOf, type Reply, replyOf } from './reply.ts';
import type { Asked, ResourceDeclaration, Written } from './resource.ts';

export async function create(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  sent: unknown,
): Promise<Reply> {
  const body = parseResource(declaration.type, sent);
  const condition = ifNoneExist(asked);
  if (condition === undefined || declaration.writesThrough)
    return replyOf(asked, await declaration.create!(context, asked, body));
  const written = await decided(context, asked, declaration, condition, 'http.if-none-exist', (inside, id) =>
    id === undefined ? declaration.create!(inside, asked, body) : existing(inside, asked, declaration.type, id),
  );
  return replyOf(asked, written);
}

export async function update(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  call: Call,
  sent: unknown,
): Promise<Reply> {
  const body = parseResource(declaration.type, sent);
  if (call.id !== undefined) {
    const id = idOf(declaration.type, call.id, body);
    if (body.id === undefined) throw idMissing(declaration.type);
    return replyOf(asked, await declaration.update!(context, asked, id, body));
  }
  const written = await decided(context, asked, declaration, call.query, 'http.query', (inside, id) => {
    if (id !== undefined) return declaration.update!(inside, asked, idOf(declaration.type, id, body), body);
    if (body.id !== undefined)
      throw new Fault(
        'business-rule',
        'Nothing matches, and ids are given by this server: leave the id out to create.',
        {
          expression: `${declaration.type}.id`,
        },
      );
    return declaration.create!(inside, asked, body);
  });
  return replyOf(asked, written);
}

/** https://hl7.org/fhir/R4/http.html#update: a body without id is answered 400. */
const idMissing = (type: string) =>
  new Fault('missing-element', 'The body of a PUT has the id of the address.', { expression: `${type}.id` });

/** Of a condition's finding the id in the body may be left out. */
function idOf(type: string, id: string, body: Resource): string {
  if (!isId(id)) throw notFound(type);
  if (body.id !== undefined && body.id !== id)
    throw new Fault('bad-value', 'The id in the body is not the id in the address.', { expression: `${type}.id` });
  return id;
}

export async function patch(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  call: Call,
  sent: unknown,
): Promise<Reply> {
  const work = async (inside: Context, id: string | undefined): Promise<Written> => {
    if (id === undefined || !isId(id)) throw notFound(declaration.type);
    return patchOne(inside, asked, declaration, id, sent);
  };
  if (call.id === undefined)
    return replyOf(asked, await decided(context, asked, declaration, call.query, 'http.query', work));
  const { id } = call;
  const isDirect = declaration.writesThrough || (isId(id) && (await declaration.through?.(context, id)));
  return replyOf(asked, await (isDirect ? work(context, id) : transacted(context, (c) => work(c, id))));
}

async function patchOne(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  id: string,
  sent: unknown,
): Promise<Written> {
  const { type } = declaration;
  const reading = context.db === context.pool ? readDocument : lockDocument;
  const current = await reading(context.db, asked.viewer, type, id);
  if (current === undefined) throw notFound(type);
  checkVersion(asked.headers['if-match'], current.version);
  const before = parseKept(current.body) as Resource;
  const body = resultOf(type, applyPatch(before, asked.headers['content-type'], sent));
  const seen = { ...asked, headers: { ...asked.headers, 'if-match': etagOf(current.version) } };
  if (declaration.patch !== undefined) return declaration.patch(context, seen, id, body, before);
  return declaration.update!(context, seen, id, body);
}

/** The patch was understood: what is wrong is what it makes. https://hl7.org/fhir/R4/http.html#patch */
function resultOf(type: string, patched: unknown): Resource {
  try {
    return parseResource(type, patched);
  } catch (error) {
    if (error instanceof Fault && error.kind === 'bad-structure')
      throw new Fault('invalid-content', error.message, { ...error.details, cause: error });
    throw error;
  }
}

export async function remove(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  call: Call,
): Promise<Reply> {
  const nothing: Reply = { status: 204, headers: {}, body: undefined };
  if (call.id !== undefined) {
    if (isId(call.id)) await transacted(context, (inside) => declaration.remove!(inside, asked, call.id!));
    return nothing;
  }
  return decided(context, asked, declaration, call.query, 'http.query', async (inside, id) => {
    if (id === undefined) return nothing;
    await declaration.remove!(inside, asked, id);
    return { ...nothing, touched: [`${declaration.type}/${id}`] };
  });
}

/** Does `work` on what the condition means. Nobody else decides by a condition meanwhile, so of eight creates one creates. */
async function decided<T>(
  context: Context,
  asked: Asked,
  { type, writesThrough }: ResourceDeclaration,
  condition: URLSearchParams,
  expression: string,
  work: (inside: Context, id: string | undefined) => Promise<T>,
): Promise<T> {
  if (writesThrough) return work(context, await matchOf(context, asked, type, condition, expression));
  return transacted(context, async (inside) => {
    await lockConditions(inside, asked, type);
    return work(inside, await matchOf(inside, asked, type, condition, expression));
  });
}
