/**
 * Patients and their appointments by the hundred thousand: one of each kind goes through the real extractor of search values, and
 * Postgres multiplies it, with its own id, names, numbers and days for each. So every document has the values that it would have.
 */
import type { Queryable } from '../src/postgres.ts';
import { draftDocument, stampDocument } from '../src/store/document.ts';
import type { ParameterIds } from '../src/store/parameters.ts';
import type { Resource } from '../src/store/resource.ts';
import { clinicKeys } from './fill.sql.ts';

export const doctors = 500;
export const branches = 10;
export const appointmentsPerDay = 2000;

/** The marker in the sample, and SQL of what stands in its place in the document `n`. */
type Marks = Readonly<Record<string, string>>;

const uuid = (kind: string, number: string) => `md5('${kind} ' || ${number})::uuid`;
const [self, patient, doctor, branch, slot] = [1, 2, 3, 4, 5].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [
  ...[string, string, string, string, string],
];

const person = {
  resourceType: 'Patient',
  id: self,
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00000060004' }],
  name: [{ use: 'official', family: 'Меченый', given: ['Мария', 'Ивановна'] }],
  telecom: [{ system: 'phone', value: '+79990000001' }],
  gender: 'female',
  birthDate: '1990-02-03',
  active: true,
};

const appointment = {
  resourceType: 'Appointment',
  id: self,
  status: 'booked',
  serviceType: [
    { coding: [{ system: 'urn:oid:1.2.643.5.1.13.13.11.1070', code: 'B01.047.001', display: 'Прием врача' }] },
  ],
  specialty: [{ coding: [{ system: 'urn:oid:1.2.643.5.1.13.13.11.1066', code: '12', display: 'Терапия' }] }],
  start: '2026-01-01T06:00:00Z',
  end: '2026-01-01T06:15:00Z',
  slot: [{ reference: `Slot/${slot}` }],
  participant: [
    { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
    { actor: { reference: `Practitioner/${doctor}` }, status: 'accepted' },
    { actor: { reference: `Location/${branch}` }, status: 'accepted' },
  ],
};

const practitioner = { resourceType: 'Practitioner', id: self, name: [{ family: 'Меченый', given: ['Игорь'] }] };

/** As searches name them. */
export const familyOf = (n: number) => `Фамилия${String(n % 20_000).padStart(5, '0')}`;
export const numberOf = (n: number) => String(60_004 + n * 7).padStart(11, '0');
/** In a day of summer time its range is another one by an hour, for all are moved from one day of winter. */
export const birthDateOf = (n: number) =>
  new Date(Date.UTC(1990, 1, 3) + ((n % 25_000) - 12_500) * 86_400_000).toISOString().slice(0, 10);
export const phoneOf = (n: number) => `+7999${String(n).padStart(7, '0')}`;

export async function fillPeople(
  db: Queryable,
  parameters: ParameterIds,
  patients: number,
  appointments: number,
): Promise<void> {
  await db.query('insert into clinic (key) select unnest($1::text[])', [clinicKeys]);
  const rebuild = await dropIndexes(db);
  const family = {
    Меченый: `'Фамилия' || lpad((n % 20000)::text, 5, '0')`,
    меченый: `'фамилия' || lpad((n % 20000)::text, 5, '0')`,
  };
  await multiply(db, parameters, practitioner, doctors, { [self]: uuid('doctor', 'n'), ...family }, 'null');
  const own: Marks = { [self]: uuid('patient', 'n'), ...family };
  const numbers = {
    '00000060004': `lpad((60004 + n * 7)::text, 11, '0')`,
    '79990000001': `'7999' || lpad(n::text, 7, '0')`,
  };
  await multiply(db, parameters, person, patients, { ...own, ...numbers }, own[self]!, 'n % 25000 - 12500');
  const whose = uuid('patient', `(1 + n % ${patients})`);
  const marks = {
    ...{ [self]: uuid('appointment', 'n'), [patient]: whose, [slot]: uuid('slot', 'n') },
    ...{ [doctor]: uuid('doctor', `(1 + n % ${doctors})`), [branch]: uuid('branch', `(n % ${branches})`) },
  };
  await multiply(db, parameters, appointment, appointments, marks, whose, `n / ${appointmentsPerDay}`);
  for (const statement of rebuild) await db.query(statement);
  for (const table of tables) await db.query(`vacuum analyze ${table}`);
}

const tables = ['document', 'search_token', 'search_reference', 'search_date', 'search_string'];

/** Building them at the end takes a quarter of the time. @returns statements that make them again */
async function dropIndexes(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string; statement: string }>(
    `select indexname as name, indexdef as statement from pg_indexes where tablename = any($1)`,
    [tables.slice(1)],
  );
  for (const { name } of rows) await db.query(`drop index ${name}`);
  return rows.map((r) => r.statement);
}

/** @param days SQL of the days by which the times of the document `n` differ from the sample's */
async function multiply(
  db: Queryable,
  parameters: ParameterIds,
  sample: Resource,
  count: number,
  marks: Marks,
  whose: string,
  days = '0',
): Promise<void> {
  const draft = draftDocument(sample, { clinic: 1, zone: 'Europe/Moscow' }, parameters);
  const { body, values } = stampDocument(draft, 1, Date.parse('2026-01-01T00:00:00Z'));
  const put = (text: string) =>
    Object.entries(marks).reduce((sql, [mark, value]) => `replace(${sql}, '${mark}', (${value})::text)`, text);
  const later = (text: string) => `(${text})::timestamptz + make_interval(days => (${days})::integer)`;
  await db.query('create temp table value as select * from unnest($1::search_value[])', [values]);
  await db.query(
    `insert into document (type, id, clinic, patient, version, updated, body)
     select $1, (${marks[self]})::uuid, 1 + n % ${clinicKeys.length}, (${whose})::uuid, 1, now() - make_interval(secs => n), ${put('$2::text')}
     from generate_series(1, $3::integer) n`,
    [sample.resourceType, body, count],
  );
  await db.query(`create temp table made as select d.doc, n from generate_series(1, ${count}) n
    join document d on d.type = '${sample.resourceType}' and d.id = (${marks[self]})::uuid`);
  const from = (kind: string) => `from made, value v where v.kind = '${kind}'`;
  await db.query(`insert into search_token (parameter, doc, system, code, text)
    select parameter, doc, a, ${put('b')}, ${put('c')} ${from('t')}`);
  await db.query(`insert into search_reference (parameter, doc, type, target)
    select parameter, doc, a, ${put('b')}::uuid ${from('r')}`);
  await db.query(`insert into search_string (parameter, doc, folded, exact)
    select parameter, doc, ${put('a')}, ${put('b')} ${from('s')}`);
  await db.query(`insert into search_date (parameter, doc, low, high)
    select parameter, doc, ${later('a')}, ${later('b')} ${from('d')}`);
  await db.query('drop table value, made');
}
