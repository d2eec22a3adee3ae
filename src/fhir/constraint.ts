/**
 * Granular scopes: `patient/Appointment.rs?status=booked` opens what matches the search, and nothing else is there.
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters
 *
 * The constraint is a part of the SQL of the search itself. A type that is open by constraints alone is otherwise closed: it comes into
 * no include, chain, history, export, record or subscription, and what is created is not theirs.
 */
import { rightsOf } from '../access/rights.ts';
import type { Permission } from '../access/scope.ts';
import type { Call, Interaction } from './call.ts';
import type { Context } from './context.ts';
import { notFound } from './read.ts';
import type { Asked } from './resource.ts';
import type { Filter } from './search/filter.ts';
import { parseSearch } from './search/request.ts';
import { findMatches } from './search/search.ts';

/** Alternatives, each of conditions that all must hold. */
export type Constraints = readonly (readonly Filter[])[];

const permissions: Partial<Record<Interaction, Permission>> = {
  'search-type': 's',
  read: 'r',
  update: 'u',
  patch: 'u',
  delete: 'd',
};

/** Undefined where the call is not one that is open by constraints alone. */
export function constraintsOf(context: Context, { principal }: Asked, call: Call): Constraints | undefined {
  const { interaction, type } = call;
  const permission = permissions[interaction];
  if (permission === undefined || type === undefined) return undefined;
  if (interaction !== 'search-type' && call.id === undefined) return undefined;
  const queries = rightsOf(principal).constraints(type, permission);
  return queries?.map((query) => parseSearch(type, new URLSearchParams(query), context.declarations).filters);
}

/** To one resource that matches, its type is open. @throws Fault not-found */
export async function openOne(context: Context, asked: Asked, constraints: Constraints, call: Call): Promise<Asked> {
  const type = call.type!;
  const query = new URLSearchParams({ _id: call.id! });
  const found = await findMatches(context, asked, type, query, 1, constraints);
  if (found.length === 0) throw notFound(type);
  const { viewer } = asked;
  return { ...asked, viewer: { ...viewer, types: viewer.types && [...viewer.types, type] } };
}
