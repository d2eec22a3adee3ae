/** Compartments: the resources around one. https://hl7.org/fhir/R4/compartmentdefinition.html */
import { compartmentParameters } from '../../r4/table.ts';
import { isId } from '../../store/resource.ts';
import type { Rows, SearchContext, Statement } from './statement.ts';

export interface Compartment {
  readonly type: string;
  readonly id: string;
}

/** Condition that rows are in a compartment, by R4's definition of it. */
export function compartmentCondition(
  s: Statement,
  { alias, type }: Rows,
  compartment: Compartment,
  c: SearchContext,
): string {
  // R4 says {def} of the resource that the compartment is of.
  const codes = (compartmentParameters(compartment.type, type) ?? []).filter((code) => code !== '{def}');
  if (!isId(compartment.id) || (codes.length === 0 && compartment.type !== type)) return 'false';
  const id = s.value(compartment.id, 'uuid');
  const home = s.value(compartment.type);
  const numbers = s.value([...new Set(codes.map((code) => numberOf(c, type, code)))], 'smallint[]');
  const own = `union all select o.doc from document o where o.type = ${home} and o.id = ${id}`;
  return `${alias}.doc in (select v.doc from search_reference v where v.target = ${id} and v.type = ${home}
    and v.parameter = any(${numbers}) ${compartment.type === type ? own : ''})`;
}

function numberOf({ parameters }: SearchContext, type: string, code: string): number {
  const { id, wider } = parameters.of(type, code);
  return wider?.id ?? id;
}
