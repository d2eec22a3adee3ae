/** Does what a call asks for. The one way in, for HTTP as for the entries of a Bundle. */
import { Fault } from '../fault.ts';
import type { Call, Interaction } from './call.ts';
import { statementBytes } from './capability.ts';
import { type Constraints, constraintsOf, openOne } from './constraint.ts';
import type { Context } from './context.ts';
import { checkEntitled } from './entitlement.ts';
import { history } from './history.ts';
import { invoke } from './invoke.ts';
import { refuseOthers } from './precondition.ts';
import { read, vread } from './read.ts';
import { type Reply, replyWith } from './reply.ts';
import type { Asked } from './resource.ts';
import { search } from './search/search.ts';
import { shortened } from './shorten.ts';
import { terminologyCapabilities } from './terminology/capability.ts';
import { create, patch, remove, update } from './write.ts';

const writes: ReadonlySet<Interaction> = new Set(['create', 'update', 'patch', 'delete']);

/** @param body as it was parsed: a resource, a patch, a form, or undefined. @throws Fault */
export async function perform(context: Context, asked: Asked, call: Call, body: unknown): Promise<Reply> {
  try {
    const reply = await performed(context, asked, call, body);
    asked.acts?.push({ call, reply });
    return reply;
  } catch (error) {
    asked.acts?.push({ call, error });
    throw error;
  }
}

async function performed(context: Context, caller: Asked, call: Call, body: unknown): Promise<Reply> {
  const declaration = context.declarations.get(call.type ?? '')!;
  const constraints = constraintsOf(context, caller, call);
  if (constraints === undefined) checkEntitled(caller, call);
  const entitled =
    constraints === undefined || call.id === undefined ? caller : await openOne(context, caller, constraints, call);
  const asked = declaration?.viewer ? { ...entitled, viewer: declaration.viewer(entitled) } : entitled;
  const type = declaration?.type ?? '';
  if (writes.has(call.interaction)) refuseOthers(asked.headers);
  switch (call.interaction) {
    case 'read':
      return shortened(await read(context, asked, declaration, call.id!), type, call.query);
    case 'vread':
      return shortened(await vread(context, asked, type, call.id!, call.version!), type, call.query);
    case 'search-type':
      return searchType(context, asked, type, call, body, constraints);
    case 'create':
      return create(context, asked, declaration, body);
    case 'update':
      return update(context, asked, declaration, call, body);
    case 'patch':
      return patch(context, asked, declaration, call, body);
    case 'delete':
      return remove(context, asked, declaration, call);
    case 'history-instance':
    case 'history-type':
    case 'history-system':
      return history(context, asked, call);
    case 'operation':
      return invoke(context, asked, call, body);
    case 'capabilities':
      return capabilities(context, asked, call.query);
    case 'batch':
      throw new Fault('business-rule', 'A Bundle cannot stand in a Bundle that is performed.', {
        code: 'nested-bundle',
      });
  }
}

async function searchType(
  context: Context,
  asked: Asked,
  type: string,
  call: Call,
  body: unknown,
  constraints: Constraints | undefined,
): Promise<Reply> {
  const { compartment } = call;
  const within = { ...(compartment && { compartment }), ...(constraints && { constraints }) };
  return { status: 200, headers: {}, body: await search(context, asked, type, queryOf(call, body), within) };
}

/** By POST the parameters come in a form, in the address, or in both. */
function queryOf({ method, query }: Call, body: unknown): URLSearchParams {
  if (method !== 'POST' || body === undefined || body === null) return query;
  if (body instanceof URLSearchParams) return new URLSearchParams([...query, ...body]);
  throw new Fault('unsupported-media-type', 'POST _search takes a form: application/x-www-form-urlencoded.', {
    expression: 'http.content-type',
  });
}

/** https://hl7.org/fhir/R4/http.html#capabilities: all that is said here is of normative parts too. */
function capabilities(context: Context, { viewer, base }: Asked, query: URLSearchParams): Reply {
  const { program } = context;
  switch (query.get('mode') ?? '') {
    case '':
    case 'full':
    case 'normative':
      return { status: 200, headers: {}, body: statementBytes(context, program, base) };
    case 'terminology':
      return replyWith(terminologyCapabilities(context, program, viewer, base));
    default:
      throw new Fault('not-supported', 'There is mode=full, mode=normative and mode=terminology.', {
        expression: 'http.mode',
      });
  }
}
