/** Statements that find a clinic's patients: whatever is given narrows (protocols/regiz.md §1.6, CheckPatient). */
import type { Queryable } from '../../postgres.ts';
import { foldString } from '../../r4/values/string.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import type { Resource } from '../../store/resource.ts';
import { documentVisible, type Viewer, viewerValues } from '../../store/visibility.ts';
import { type Identifier, phoneDigits } from './person.ts';

/** All that is given must agree. */
export interface Wanted {
  readonly id?: string | undefined;
  /** As they begin. */
  readonly family?: string | undefined;
  readonly given?: string | undefined;
  readonly patronymic?: string | undefined;
  readonly birthDate?: string | undefined;
  readonly identifiers: readonly Identifier[];
  readonly phones: readonly string[];
}

export interface Candidates {
  readonly found: readonly Resource[];
  /** There are more. */
  readonly more: boolean;
}

/** More than a person can choose from. */
const most = 100;

/** Patients that come into question by the indexes: names by any of their parts, days in any zone. */
export async function findPatients(
  db: Queryable,
  viewer: Viewer,
  parameters: ParameterIds,
  wanted: Wanted,
): Promise<Candidates> {
  const values: unknown[] = [...viewerValues(viewer)];
  const given: Given = (value, type) => `$${values.push(value)}::${type}`;
  const tests = testsOf(wanted, (code) => given(parameters.of('Patient', code).id, 'smallint'), given);
  const { rows } = await db.query<{ body: string }>(
    `select d.body from document d where d.type = 'Patient' and ${documentVisible('d', 1)} and ${tests.join(' and ')}
     order by d.doc limit ${most + 1}`,
    values,
  );
  const found = rows.slice(0, most).map((r) => JSON.parse(r.body) as Resource);
  return { found: found.filter((p) => p['active'] !== false), more: rows.length > most };
}

/** A value as a parameter of the statement. */
type Given = (value: unknown, type: string) => string;

function testsOf(wanted: Wanted, number: (code: string) => string, given: Given): string[] {
  const tests: string[] = [];
  for (const [code, text] of [
    ['family', wanted.family],
    ['given', wanted.given],
    ['given', wanted.patronymic],
  ] as const)
    if (text !== undefined) tests.push(startsWith(number(code), given(`${escaped(text)}%`, 'text')));
  for (const { system, value } of wanted.identifiers)
    tests.push(
      `d.doc in (select v.doc from search_token v where v.parameter = ${number('identifier')}
        and v.code = ${given(value, 'text')} and v.system = ${given(system, 'text')})`,
    );
  if (wanted.birthDate !== undefined) tests.push(born(number('birthdate'), given(wanted.birthDate, 'date')));
  if (wanted.id !== undefined) tests.push(`d.id = ${given(wanted.id, 'uuid')}`);
  // Written in many ways: beside anything else a number is compared digit by digit.
  for (const phone of tests.length === 0 ? wanted.phones : [])
    tests.push(
      `d.doc in (select v.doc from search_token v where v.parameter = ${number('phone')}
        and v.code = any(${given(spellingsOf(phone), 'text[]')}))`,
    );
  return tests;
}

const escaped = (text: string): string => foldString(text).replace(/[\\%_]/g, (x) => `\\${x}`);

const startsWith = (parameter: string, pattern: string): string =>
  `d.doc in (select v.doc from search_string v where v.parameter = ${parameter} and left(v.folded, 200) like ${pattern})`;

/** A day begins at different instants in the zones of the world. */
function born(parameter: string, day: string): string {
  const start = `(${day}::timestamp at time zone 'UTC')`;
  return `d.doc in (select v.doc from search_date v where v.parameter = ${parameter}
    and v.low >= ${start} - interval '15 hours' and v.low <= ${start} + interval '15 hours')`;
}

/** A number as it may have been written down. */
function spellingsOf(phone: string): string[] {
  const digits = phoneDigits(phone);
  return [phone.trim(), digits, ...(digits.length === 10 ? [`+7${digits}`, `8${digits}`, `7${digits}`] : [])];
}

/** Until the transaction ends nobody else makes a Patient of the clinic by a condition; FHIR's conditional creates take the same lock. */
export async function lockPatients(db: Queryable, clinic: number): Promise<void> {
  await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${clinic} Patient`]);
}
