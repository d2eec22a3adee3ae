/** Whether what the operator configured is there: every set and every field, against `$metadata` (protocols/onec.md §3.3.14). */
import type { Fields, Metadata } from './metadata.ts';
import type { Entities, Entity } from './settings.ts';

/** All that is wrong, each with the path of the setting; empty when nothing is. */
export function faultsOf(entities: Entities, metadata: Metadata): string[] {
  const faults = Object.entries(entities).map(([thing, entity]) =>
    entity === undefined ? [] : faultsIn(`entities.${thing}`, entity, metadata.get(entity.set)),
  );
  return [...faults.flat(), ...referenceFaults(entities, metadata)];
}

function faultsIn(path: string, { set, fields }: Entity, published: Fields | undefined): string[] {
  if (published === undefined) return [`${path}.set: ${set} is not published`];
  const missing = Object.entries(fields)
    .filter(([, field]) => field !== undefined && !published.has(field))
    .map(([name, field]) => `${path}.fields.${name}: ${set} has no field ${field}`);
  const type = published.get(fields.key);
  const isKey = type === undefined || type === 'Edm.Guid';
  return isKey ? missing : [...missing, `${path}.fields.key: ${fields.key} is ${type}, not Edm.Guid`];
}

/** A GUID that nobody would look up is no specialisation. */
function referenceFaults({ staff, specializations }: Entities, metadata: Metadata): string[] {
  const { specialization } = staff.fields;
  const type = specialization === undefined ? undefined : metadata.get(staff.set)?.get(specialization);
  if (type !== 'Edm.Guid' || specializations !== undefined) return [];
  return [`entities.staff.fields.specialization: ${specialization} is a reference; set entities.specializations`];
}
