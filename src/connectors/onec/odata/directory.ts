/** Who and what the hospital consists of: rows of OData → the records that the УМЦ profiles give, for the same mapping. */
import type { MisRecord, MisRecords } from '../../connector.ts';
import { untrusted } from '../answer.ts';
import type { Branch, Employee } from '../employee.ts';
import { employeesOf, placesOf, roleOf, specializationsOf } from '../place.ts';
import { present } from '../record.ts';
import type { Row } from './answer.ts';
import { type Reading, readRows } from './rows.ts';
import type { Entities, Entity } from './settings.ts';
import { guidIn, keyIn, textIn } from './value.ts';

/** Name of a set → what `marksIn` tells of it. */
export type Marks = ReadonlyMap<string, readonly string[]>;

/**
 * Kinds `branch`, `employee`, `role` and `specialization` as in `../directory.ts`; no cabinets, no price list, no length of
 * a visit. A reference that leads nowhere, or to what is deleted, is absent: 1С keeps such ones.
 * @throws ExchangeError
 */
export async function readDirectory(reading: Reading, entities: Entities, marks: Marks): Promise<MisRecords> {
  const rows = (entity: Entity) => readRows(reading, entity, marks.get(entity.set)!);
  const branch = (await rows(entities.branches)).map((row) => named(row, entities.branches));
  if (branch.length === 0) throw untrusted(`${entities.branches.set} lists no branch`);
  const { specializations } = entities;
  const names = specializations && new Map((await rows(specializations)).map((row) => pair(row, specializations)));
  const people = (await rows(entities.staff)).map((row) => employeeIn(row, entities.staff.fields, names));
  if (people.length === 0) throw untrusted(`${entities.staff.set} lists nobody`);
  return recordsOf(branch, people);
}

function recordsOf(branch: readonly Branch[], people: readonly Employee[]): MisRecords {
  const places = placesOf(people, [], new Map(branch.map(({ key, name }) => [key, name])));
  const role = places.map(roleOf);
  const known = new Set(branch.map(({ key }) => key));
  const employee = employeesOf(people, places).map(({ branch, ...record }) => ({
    ...record,
    ...(known.has(String(branch)) && { branch }),
  }));
  return { branch, employee, role, specialization: specializationsOf(role) };
}

type Named = Entity & { readonly fields: { readonly key: string; readonly name: string } };

function named(row: Row, { set, fields }: Named): Branch {
  const name = textIn(row, fields.name);
  if (name === undefined) throw untrusted(`a row of ${set} has no name`);
  return { key: keyIn(row, fields.key), name };
}

function pair(row: Row, entity: Named): [key: string, name: string] {
  const { key, name } = named(row, entity);
  return [key, name];
}

type StaffFields = Entities['staff']['fields'];

function employeeIn(row: Row, fields: StaffFields, names: ReadonlyMap<string, string> | undefined): Employee {
  const optional = (field: string | undefined) => (field === undefined ? undefined : textIn(row, field));
  const { key, name } = named(row, { set: 'staff', filter: '', fields });
  const said = optional(fields.specialization);
  return present({
    key,
    name,
    ...partsOf(name, optional(fields.surname), optional(fields.givenName), optional(fields.patronymic)),
    specialization: names === undefined ? said : names.get(said?.toLowerCase() ?? ''),
    branch: guidIn(row, fields.branch),
    isCabinet: false,
  });
}

/** Parts of a name: as 1С has them, else «Фамилия Имя Отчество» taken apart. */
function partsOf(name: string, surname?: string, givenName?: string, patronymic?: string): MisRecord {
  if (surname !== undefined || givenName !== undefined) return { surname, givenName, patronymic };
  const [first, second, ...others] = name.split(' ');
  return { surname: first, givenName: second, patronymic: others.length === 0 ? undefined : others.join(' ') };
}
