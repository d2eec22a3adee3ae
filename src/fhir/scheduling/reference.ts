/** References that are parameters of an operation: to a resource of ours by its address, or to somebody by an identifier. */
import { Fault } from '../../fault.ts';
import { normaliseIdentifier } from '../../r4/identifier.ts';
import { isId } from '../../store/resource.ts';
import { documentVisible, nobody, viewerValues } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';

export interface ReferenceValue {
  readonly reference?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
}

/**
 * The id in `Type/id`, relative or below our base. An address of another server, and an id that cannot be ours, is nobody's.
 * @param value a Reference, or its text where a parameter is a uri
 * @throws Fault bad-value for a reference to another type
 */
export function referencedIdOf(base: string, type: string, name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : ((value as ReferenceValue).reference ?? '');
  const relative = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text;
  const [, found, id] = /^(?:([A-Za-z]+)\/)?([^/]+)$/.exec(relative) ?? [];
  if (/^https?:/.test(relative)) return nobody;
  if (id === undefined || (found ?? (typeof value === 'string' ? type : undefined)) !== type)
    throw new Fault('bad-value', `The parameter ${name} takes a reference such as ${type}/<id>.`, {
      expression: `http.${name}`,
    });
  return isId(id) ? id : nobody;
}

/** Ids of all whom a Reference means: one by an address, any number by an identifier. @throws Fault bad-value */
export async function idsOf(
  context: Context,
  asked: Asked,
  type: string,
  name: string,
  value: unknown,
): Promise<readonly string[]> {
  const { reference, identifier } = value as ReferenceValue;
  if (typeof value === 'string' || reference !== undefined) return [referencedIdOf(asked.base, type, name, value)];
  if (!identifier?.value)
    throw new Fault('bad-value', `The parameter ${name} needs a reference, or an identifier with a value.`, {
      expression: `http.${name}`,
    });
  const { system, value: code } = normaliseIdentifier({ system: identifier.system ?? '', value: identifier.value });
  const { rows } = await context.db.query<{ id: string }>({
    name: 'ids_by_identifier',
    text: `select d.id from search_token v join document d on d.doc = v.doc
      where v.parameter = $5::smallint and v.code = $6 and ($7 = '' or v.system = $7) and ${documentVisible('d', 1)} limit 100`,
    values: [...viewerValues(asked.viewer), context.parameters.of(type, 'identifier').id, code, system],
  });
  return rows.length === 0 ? [nobody] : rows.map((r) => r.id);
}
