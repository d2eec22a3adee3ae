/** Who and what the hospital consists of: rows of OData → the records that the УМЦ profiles give, for the same mapping. */
import type { MisRecords } from '../../connector.ts';
import { untrusted } from '../answer.ts';
import type { Branch, Employee } from '../employee.ts';
import { employeesOf, placesOf, roleOf, specializationsOf } from '../place.ts';
import { present } from '../record.ts';
import type { Row } from './answer.ts';
import type { Entities, KeyedEntity } from './entities.ts';
import { nameIn } from './name.ts';
import { type Reading, readRows } from './rows.ts';
import { guidIn, keyIn, optionalTextIn, textIn } from './value.ts';

/**
 * Kinds `branch`, `employee`, `role` and `specialization` as in `../directory.ts`; no cabinets, no price list, no length of
 * a visit. A reference that leads nowhere, or to what is deleted, is absent: 1С keeps such ones.
 * @throws ExchangeError
 */
export async function readDirectory(reading: Reading, entities: Entities): Promise<MisRecords> {
  const { branches, staff, specializations } = entities;
  const branch = (await readRows(reading, branches)).map((row) => named(row, branches));
  if (branch.length === 0) throw untrusted(`${branches.set} lists no branch`);
  const names =
    specializations && new Map((await readRows(reading, specializations)).map((row) => pair(row, specializations)));
  const people = (await readRows(reading, staff)).map((row) => employeeIn(row, staff.fields, names));
  if (people.length === 0) throw untrusted(`${staff.set} lists nobody`);
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

type Named = Pick<KeyedEntity, 'set'> & { readonly fields: { readonly key: string; readonly name: string } };

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
  const { key, name } = named(row, { set: 'staff', fields });
  const said = optionalTextIn(row, fields.specialization);
  return present({
    key,
    name,
    ...nameIn(row, fields, name),
    specialization: names === undefined ? said : names.get(said?.toLowerCase() ?? ''),
    branch: guidIn(row, fields.branch),
    isCabinet: false,
  });
}
