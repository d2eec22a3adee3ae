-- What a MIS would keep, for a clinic whose MIS keeps no schedule: the connector `standalone` (docs/connectors/standalone.md).

-- In the exclusion of visits at the same time. Any owner of a database may create it.
create extension if not exists btree_gist;

create table standalone_template (
  id uuid primary key default gen_random_uuid(),
  clinic smallint not null references clinic,
  schedule text collate "C" not null,
  name text not null,
  active boolean not null,
  first_day date not null,
  last_day date,
  weekdays smallint[] not null,
  first_visit smallint not null,
  last_visit smallint not null,
  cells smallint[] not null,
  minutes smallint not null,
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp(),
  unique (clinic, schedule, name),
  check (last_day >= first_day),
  check (cardinality(weekdays) > 0 and weekdays <@ '{1,2,3,4,5,6,7}'),
  check (first_visit >= 0 and first_visit <= last_visit and last_visit < 1440),
  check (cardinality(cells) > 0 and first_visit <= all (cells) and last_visit >= all (cells)),
  check (minutes > 0 and minutes % 15 = 0)
);
comment on column standalone_template.schedule is 'key of the schedule: practitioner;branch';
comment on column standalone_template.first_day is 'local, as all days and times here; times are minutes after midnight';
comment on column standalone_template.weekdays is '1 is Monday';
comment on column standalone_template.cells is 'beginnings of the quarters of an hour that are offered';

create table standalone_booking (
  clinic smallint not null,
  reference text collate "C" not null,
  schedule text collate "C" not null,
  practitioner text collate "C" not null,
  start_at timestamptz(0) not null,
  end_at timestamptz(0) not null,
  patient uuid not null,
  booking text collate "C" not null,
  created timestamptz not null default clock_timestamp(),
  cancelled_at timestamptz,
  primary key (clinic, reference),
  check (start_at < end_at),
  -- Nobody sees two patients at once, wherever he works: this and not a check decides every race.
  constraint standalone_booking_once
    exclude using gist (clinic with =, practitioner with =, tstzrange(start_at, end_at) with &&) where (cancelled_at is null)
);
create index standalone_booking_patient on standalone_booking (patient);
comment on column standalone_booking.patient is 'whose name stands in the Patient alone';
comment on column standalone_booking.booking is 'id of the booking in the hub, of which the reference is made';
