/** Statements that fill a database: schedules of 200 slots (10 days of 20 quarter-hours), every fifth of them busy. */

import type { Queryable } from '../src/postgres.ts';

export const slotsPerSchedule = 200;
export const slotsPerDay = 20;
const clinics = 10;
export const clinicKeys = Array.from({ length: clinics }, (_, i) => `clinic-${i + 1}`);

const id = (kind: string, number: string) => `md5('${kind} ' || ${number})::uuid`;

const specialties = `(array['Терапия', 'Кардиология', 'Офтальмология', 'Неврология', 'Оториноларингология'])[1 + n % 5]`;
const names = `(array['Соколова Анна Петровна', 'Орлов Игорь Сергеевич', 'Тестова Мария Ивановна'])[1 + n % 3]`;

const members = `'"serviceType":[{"coding":[{"system":"urn:oid:1.2.643.5.1.13.13.11.1070","code":"B01.047.001","display":"'
  || 'Прием (осмотр, консультация) врача"}]}],"specialty":[{"coding":[{"system":"urn:oid:1.2.643.5.1.13.13.11.1066","code":"'
  || 10 + n % 5 || '","display":"' || ${specialties} || '"}]}]'`;

const schedule = `'{"resourceType":"Schedule","id":"' || ${id('schedule', 'n')} || '","meta":{"versionId":"1","lastUpdated":"2026-11-01T00:00:00Z"},'
  || '"active":true,' || ${members} || ',"actor":[{"reference":"Practitioner/' || ${id('doctor', 'n')} || '","display":"' || ${names}
  || '"},{"reference":"Location/' || ${id('branch', 'n % 10')} || '","display":"Поликлиника № ' || 1 + n % 10 || '"}]}'`;

/** @param first midnight before the first slot */
export async function fill(db: Queryable, slots: number, first: Date): Promise<void> {
  const schedules = Math.ceil(slots / slotsPerSchedule);
  await db.query('insert into clinic (key) select unnest($1::text[])', [clinicKeys]);
  await db.query(
    `insert into document (type, id, clinic, version, updated, mis_key, mis, hash, body)
     select 'Schedule', ${id('schedule', 'n')}, 1 + n % ${clinics}, 1, now(), 'doctor-' || n,
       jsonb_build_object('key', 'doctor-' || n), '\\x00', ${schedule} from generate_series(1, $1::integer) n`,
    [schedules],
  );
  await db.query(
    `insert into slot_fragment (id, clinic, body) overriding system value
     select n, 1 + n % ${clinics}, ${members} || ',"schedule":{"reference":"Schedule/' || ${id('schedule', 'n')}
       || '","display":"' || ${names} || '"}' from generate_series(1, $1::integer) n`,
    [schedules],
  );
  await db.query(
    `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, reason, mis_reason, fragment)
     select ${id('slot', "(n || '-' || i)")}, ${id('schedule', 'n')}, at, at + interval '15 minutes', 1 + n % ${clinics},
       busy, busy, busy, busy, n
     from generate_series(1, $1::integer) n, generate_series(0, ${slotsPerSchedule - 1}) i,
       lateral (select $2::timestamptz + make_interval(days => i / ${slotsPerDay}, mins => 360 + i % ${slotsPerDay} * 15) as at,
         ((i + n) % 5 = 0)::integer::smallint as busy)
     order by n, i`,
    [schedules, first],
  );
}

const instant = (column: string, milliseconds = '') =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS${milliseconds}"Z"')`;

/** Why the busy ones of `fill` are not free. */
const booked = `',"extension":[{"url":"https://medmost.ru/fhir/StructureDefinition/slot-reason","valueCode":"booked"}]'`;

/** The same slots as text that is ready to send, with the same indexes. */
export const copyAsText = `
  create table slot_text as
  select s.id, s.schedule, s.start_at, s.end_at, s.clinic, s.status, s.updated,
    '{"resourceType":"Slot","id":"' || s.id || '","meta":{"versionId":"' || s.version || '","lastUpdated":"'
      || ${instant('s.updated', '.MS')} || '"},"status":"' || case s.status when 0 then 'free' else 'busy' end || '","start":"'
      || ${instant('s.start_at')} || '","end":"' || ${instant('s.end_at')} || '"' || case s.reason when 1 then ${booked} else '' end || ',' || f.body || '}' as resource
  from slot s join slot_fragment f on f.id = s.fragment
  order by s.fragment, s.start_at;
  alter table slot_text add primary key (id);
  create index on slot_text (schedule, start_at);
  create index on slot_text (schedule, start_at, id) where status = 0;
  create index on slot_text (clinic, start_at, id) where status = 0;
  create index on slot_text (updated, id)`;

export const createAppointments =
  'create table if not exists appointment_text (id uuid primary key, slot uuid not null, patient uuid not null, body text not null)';
