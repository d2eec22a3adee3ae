/** References inside a resource: whether they lead anywhere, and rewriting them in a transaction. */
import { Fault } from '../fault.ts';
import { isId, type Resource } from '../store/resource.ts';
import { namedVisible, viewerValues } from '../store/visibility.ts';
import type { Context } from './context.ts';
import type { Asked } from './resource.ts';

type Json = Record<string, unknown>;

/** Each `Reference` of a resource, its FHIRPath first. */
export function* referencesOf(value: unknown, path: string): Generator<[path: string, reference: Json]> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* referencesOf(item, `${path}[${i}]`);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (typeof (value as Json)['reference'] === 'string') yield [path, value as Json];
  for (const [name, member] of Object.entries(value))
    if (typeof member === 'object') yield* referencesOf(member, `${path}.${name}`);
}

interface Local {
  readonly path: string;
  readonly type: string;
  readonly id: string;
}

/** What is referred to on this server must be there, for this asker. @throws Fault business-rule naming the elements */
export async function checkReferences(context: Context, asked: Asked, body: Resource): Promise<void> {
  const locals = [...referencesOf(body, body.resourceType)].flatMap(([path, r]) => localOf(context, asked, path, r));
  if (locals.length === 0) return;
  const known = locals.filter((l) => isId(l.id));
  const text = `select n.place from unnest($5::text[], $6::uuid[]) with ordinality n (type, id, place)
    where exists (select from document d where d.type = n.type and d.id = n.id and ${namedVisible('d', 1, false)})
      or n.type = 'Slot' and exists (select from slot s where s.id = n.id and ${namedVisible('s', 1, true)})`;
  const values = [...viewerValues(asked.viewer), known.map((l) => l.type), known.map((l) => l.id)];
  const { rows } = await context.db.query<{ place: string }>({ name: 'known_references', text, values });
  const there = new Set(rows.map((r) => known[Number(r.place) - 1]));
  const [missing, ...others] = locals.filter((l) => !there.has(l));
  if (missing === undefined) return;
  throw new Fault('business-rule', `There is no such ${missing.type}.`, {
    code: 'reference-unknown',
    expression: missing.path,
    issues: others.map((l) => ({ code: 'business-rule', text: `There is no such ${l.type}.`, expression: l.path })),
  });
}

/** `Type/id`, also with a version or below our own base; contained and foreign ones are nobody's to check. */
function localOf({ declarations }: Context, { base, promised }: Asked, path: string, { reference }: Json): Local[] {
  const text = String(reference);
  const relative = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
  const [, type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(relative) ?? [];
  if (type === undefined || !declarations.has(type) || promised?.has(`${type}/${id}`)) return [];
  return [{ path, type, id: id! }];
}
