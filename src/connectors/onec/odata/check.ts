/** Whether what the operator configured is there: every set and every field, against `$metadata` (protocols/onec.md §3.3.14). */
import type { Entity } from './entities.ts';
import type { Fields, Metadata } from './metadata.ts';
import type { OdataSettings } from './settings.ts';

/** All that is wrong, each with the path of the setting; empty when nothing is. */
export function faultsOf({ entities, patients, booking }: OdataSettings, metadata: Metadata): string[] {
  const faults = Object.entries(entities).flatMap(([thing, entity]) =>
    entity === undefined ? [] : faultsIn(`entities.${thing}`, entity, metadata.get(entity.set)),
  );
  const written = (path: string, entity: Entity | undefined, constants: object) =>
    Object.keys(constants)
      .filter((field) => entity !== undefined && metadata.get(entity.set)?.has(field) === false)
      .map((field) => `${path}.${field}: ${entity!.set} has no such field`);
  return [
    ...faults,
    ...referenceFaults(entities, metadata),
    ...written('patients.create', entities.patients, patients.add ? patients.create : {}),
    ...written('booking.create', entities.visits, booking?.create ?? {}),
    ...written('booking.cancel', entities.visits, booking?.cancel ?? {}),
    ...(booking === undefined ? [] : commentFaults(entities, metadata)),
  ];
}

/** What a field must be for the hub to ask and write as it does; others may be of any type. */
const types: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'entities.patients': { birthday: 'Edm.DateTime' },
  'entities.hours': { employee: 'Edm.Guid', day: 'Edm.DateTime', start: 'Edm.DateTime', end: 'Edm.DateTime' },
  'entities.visits': {
    ...{ date: 'Edm.DateTime', start: 'Edm.DateTime', end: 'Edm.DateTime' },
    ...{ employee: 'Edm.Guid', branch: 'Edm.Guid', patient: 'Edm.Guid' },
  },
  'entities.documents': {
    ...{ date: 'Edm.DateTime', posted: 'Edm.Boolean', patient: 'Edm.Guid' },
    ...{ template: 'Edm.Guid', body: 'Edm.Guid', employee: 'Edm.Guid' },
  },
  'entities.indicators': { document: 'Edm.Guid', kind: 'Edm.Guid', unit: 'Edm.Guid' },
};

function faultsIn(path: string, { set, fields }: Entity, published: Fields | undefined): string[] {
  if (published === undefined) return [`${path}.set: ${set} is not published`];
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const missing = given
    .filter(([, field]) => !published.has(field))
    .map(([name, field]) => `${path}.fields.${name}: ${set} has no field ${field}`);
  const wanted: Readonly<Record<string, string>> = { key: 'Edm.Guid', ...types[path] };
  const unfit = given.flatMap(([name, field]) => {
    const [type, needed] = [published.get(field)?.type, wanted[name]];
    if (type === undefined || needed === undefined || type === needed) return [];
    return [`${path}.fields.${name}: ${field} is ${type}, not ${needed}`];
  });
  return [...missing, ...unfit];
}

/** A GUID that nobody would look up is no specialisation. */
function referenceFaults({ staff, specializations }: OdataSettings['entities'], metadata: Metadata): string[] {
  const { specialization } = staff.fields;
  const type = specialization === undefined ? undefined : metadata.get(staff.set)?.get(specialization)?.type;
  if (type !== 'Edm.Guid' || specializations !== undefined) return [];
  return [`entities.staff.fields.specialization: ${specialization} is a reference; set entities.specializations`];
}

/** Our mark and what the mapping puts first, `medmost ` and a UUID; 1С cuts what is longer. */
const shortestComment = 60;

/** A mark that 1С cuts off is no mark. */
function commentFaults({ visits }: OdataSettings['entities'], metadata: Metadata): string[] {
  const comment = visits?.fields.comment;
  const length = comment === undefined ? undefined : metadata.get(visits!.set)?.get(comment)?.maxLength;
  if (length === undefined || length >= shortestComment) return [];
  return [`entities.visits.fields.comment: ${comment} holds ${length} characters, ${shortestComment} are needed`];
}
