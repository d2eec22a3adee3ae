-- Clinics, mirrored and own documents with their search values, slots, bookings, the message log.

-- Changes are numbered in the order in which their transactions began: the number of the transaction, and above its 40 bits that of
-- a generation. A database that is restored into another cluster, or to an earlier state, finds lower transactions there; it gets
-- a new generation (src/store/generation.sql.ts), so that no number comes twice and what is written later has a higher one.
create table generation (
  number integer primary key check (number between 0 and 8388607),
  cluster text not null,
  began timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  last bigint,
  until timestamptz
);
comment on column generation.cluster is 'cluster_identity() of where its transactions are';
comment on column generation.last is 'the last change that was known when it ended; null: it has not';
comment on column generation.until is 'its last tick; what was told later may be of changes that are lost';

-- The cluster, and its timeline: a promotion and a recovery to a point in time each begin a new one.
create function cluster_identity() returns text language sql volatile as
  $$ select system_identifier || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) from pg_control_system() $$;

-- change_number: of the transaction that calls it. change_horizon: no transaction with a lower one is still under way.
-- Functions of one expression, the generation a constant in it: Postgres plans them as if they were written out, so that neither a
-- table is read nor a function called for a row. The bigint forms are the same functions in Postgres as pg_current_xact_id and
-- pg_snapshot_xmin, whose xid8 becomes a bigint only by way of a text.
create function begin_generation(p_number integer) returns void language plpgsql as $f$
declare
  v_first bigint := p_number::bigint << 40;
begin
  insert into generation (number, cluster) values (p_number, cluster_identity());
  execute format('create or replace function change_number() returns bigint language sql stable as
    $$ select %s + txid_current() $$', v_first);
  execute format('create or replace function change_horizon() returns bigint language sql stable parallel safe as
    $$ select %s + txid_snapshot_xmin(txid_current_snapshot()) $$', v_first);
end $f$;
select begin_generation(0);

create table clinic (
  id smallint generated always as identity primary key,
  key text not null unique,
  frozen_at timestamptz,
  frozen_reason text
);

-- Current version of every resource but Slot. `body` is ready to send.
create table document (
  doc bigint generated always as identity primary key,
  type text collate "C" not null,
  id uuid not null,
  clinic smallint not null,
  patient uuid,
  under uuid,
  version integer not null,
  updated timestamptz not null,
  xid bigint not null default change_number(),
  mis_key text,
  mis jsonb,
  hash bytea,
  body text not null,
  unique (type, id)
);
comment on column document.xid is 'number of the change that wrote this version, for walks of changes; the same in the other tables';
comment on column document.patient is 'the Patient in whose compartment it is; null: seen by all who see the clinic';
comment on column document.under is 'a second key to it: of the account under which it was made, or of those who have the card of a Patient (store/visibility.ts)';
comment on column document.mis is 'the record of the MIS that it was mapped from';
comment on column document.hash is 'of what came from the MIS: SHA-1 of the content without version and time, by which a sync sees what differs';
create index document_clinic on document (clinic, type, doc);
create index document_patient on document (patient, type) where patient is not null;

create table document_version (
  type text collate "C" not null,
  id uuid not null,
  version integer not null,
  clinic smallint not null,
  patient uuid,
  under uuid,
  updated timestamptz not null,
  xid bigint not null,
  deleted boolean not null default false,
  body text not null,
  primary key (type, id, version)
);
comment on table document_version is 'versions that were superseded or deleted';

create table search_parameter (
  id smallint generated always as identity primary key,
  type text collate "C" not null,
  code text collate "C" not null,
  unique (type, code)
);

create table search_token (
  parameter smallint not null,
  doc bigint not null,
  system text collate "C" not null,
  code text collate "C" not null,
  text text collate "C"
);
-- The resources of a code come in their own order.
create index search_token_code on search_token (parameter, code, doc, system);
create index search_token_text on search_token (parameter, text, doc) where text is not null;
create index search_token_doc on search_token (doc);
-- Which code is frequent depends on the parameter: without, half of all patients are taken for a few.
create statistics search_token_codes (mcv, ndistinct) on parameter, code from search_token;
comment on table search_token is 'codes, addresses of uri parameters, and references that do not lead to a resource of ours';
comment on column search_token.system is 'empty: the value has no system';
comment on column search_token.text is 'folded display of the code; a concept that has only a text has an empty code';

create table search_reference (
  parameter smallint not null,
  doc bigint not null,
  type text collate "C" not null,
  target uuid not null
);
create index search_reference_target on search_reference (target, parameter, doc);
create index search_reference_doc on search_reference (doc);
create statistics search_reference_targets (mcv, ndistinct) on parameter, type, target from search_reference;

create table search_date (
  parameter smallint not null,
  doc bigint not null,
  low timestamptz not null,
  high timestamptz not null
);
create index search_date_low on search_date (parameter, low, doc);
create index search_date_high on search_date (parameter, high, doc);
create index search_date_doc on search_date (doc);
comment on column search_date.high is 'half-open: the first instant that does not belong to it';

create table search_string (
  parameter smallint not null,
  doc bigint not null,
  folded text collate "C" not null,
  exact text collate "C" not null
);
-- A row of an index has at most 2,704 bytes; what is longer than this is compared again.
create index search_string_folded on search_string (parameter, left(folded, 200), doc);
create index search_string_doc on search_string (doc);
-- For :contains. Any owner of a database may create the extension.
create extension if not exists pg_trgm;
create index search_string_trigrams on search_string using gin (folded gin_trgm_ops);

-- Values of kinds that few resources have: numbers and quantities (least, most, system, unit, label), positions, and the parts of
-- composite values, whose columns are those of the other tables.
create table search_rare (
  parameter smallint not null,
  doc bigint not null,
  item smallint,
  place smallint,
  least numeric,
  most numeric,
  unit text collate "C",
  label text collate "C",
  latitude float8,
  longitude float8,
  system text collate "C",
  code text collate "C",
  text text collate "C",
  type text collate "C",
  target uuid,
  low timestamptz,
  high timestamptz,
  folded text collate "C",
  exact text collate "C"
);
create index search_rare_number on search_rare (parameter, least, doc) where least is not null;
create index search_rare_code on search_rare (parameter, code, doc) where code is not null;
create index search_rare_place on search_rare (parameter, latitude, doc) where latitude is not null;
create index search_rare_doc on search_rare (doc);
comment on column search_rare.item is 'of a composite value: which of the elements that it is composed of; place: which of its components';

-- Links of pages are sealed by it. It lies here so that all hubs on the database understand each other's.
create table page_key (
  one boolean primary key default true check (one),
  secret bytea not null
);
insert into page_key (secret) values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

-- The JSON members that all slots of a schedule share, as text without braces; rows never change, so hubs cache them for ever.
create table slot_fragment (
  id integer generated always as identity primary key,
  clinic smallint not null references clinic,
  body text not null
);
create unique index slot_fragment_body on slot_fragment (clinic, md5(body));

create table slot (
  id uuid primary key,
  schedule uuid not null,
  start_at timestamptz(0) not null,
  end_at timestamptz(0) not null,
  clinic smallint not null,
  status smallint not null,
  mis_status smallint not null,
  reason smallint not null default 0,
  mis_reason smallint not null default 0,
  fragment integer not null,
  version integer not null default 1,
  updated timestamptz not null default clock_timestamp(),
  xid bigint not null default change_number(),
  booking uuid,
  mis_key text
);
comment on column slot.start_at is 'whole seconds, so that its text has one width';
comment on column slot.status is 'what clients see: 0 free, 1 busy, 2 busy-unavailable, 3 busy-tentative';
comment on column slot.mis_status is 'what the MIS said last, or will say when it grants the booking that claims it; mis_reason the same';
comment on column slot.reason is 'why it is not free: 0 none, 1 booked, 2 break, 3 withdrawn, 4 booked here, 5 being booked here, 6 past';
comment on column slot.booking is 'the booking that claims it; while it stands, a sync leaves status alone';
comment on column slot.mis_key is 'null where the schedule''s key and the start identify it in the MIS';
create index slot_schedule_start on slot (schedule, start_at);
create index slot_free on slot (schedule, start_at, id) where status = 0;
create index slot_free_clinic on slot (clinic, start_at, id) where status = 0;
-- Without the id it is a sixth as large, for many slots of a clinic begin together; the few of a moment are sorted.
create index slot_clinic_start on slot (clinic, start_at);
create index slot_booked on slot (clinic, start_at) where booking is not null;
-- A schedule is of one clinic: else its slots are looked for in two indexes, 20 ms instead of 0.1.
create statistics slot_of_schedule (dependencies) on schedule, clinic from slot;

-- Not a check: that is parsed and planned again by every statement that writes.
create type booking_state as enum ('sending', 'unknown', 'needs_operator', 'confirmed', 'cancelling', 'cancel_unknown',
  'cancelled', 'rejected', 'lost_in_mis');

create table booking (
  id uuid primary key,
  appointment uuid not null,
  clinic smallint not null,
  slot uuid not null,
  patient uuid not null,
  account uuid,
  state booking_state not null,
  attempt smallint not null default 1,
  wanted boolean not null default true,
  told boolean not null default false,
  replaces uuid,
  successor uuid,
  content text,
  request jsonb,
  reference text,
  refusal text,
  refusal_text text,
  doubted_at timestamptz,
  reads smallint not null default 0,
  next_at timestamptz,
  checked timestamptz not null default clock_timestamp(),
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp()
);
-- No foreign key to clinic here nor in document: clinics are never deleted, and every booking would lock the one row of its clinic.
comment on column booking.account is 'of the person who has signed in to book; null: a program did';
comment on column booking.wanted is 'false: the patient has cancelled while the outcome was not known';
comment on column booking.told is 'a client has been told that it is pending: from then on there is an Appointment, whatever comes';
comment on column booking.replaces is 'the booking that this one takes the place of, once it is confirmed';
comment on column booking.successor is 'the booking that takes its place, from its claim until it is refused';
comment on column booking.content is 'what the client said of the Appointment; forgotten when it is written as booked, or refused';
comment on column booking.checked is 'when the MIS was last asked whether it still holds it';
comment on column booking.request is 'what the MIS is sent; forgotten when nothing more can be sent';
comment on column booking.doubted_at is 'when an attempt last ended without a known outcome: a later refusal may be by our own booking';
comment on column booking.next_at is 'when the settler looks at it; the row itself is its job';
-- One active claim on a slot: this index, not a check, decides every race.
create unique index booking_claim on booking (slot)
  where state in ('sending', 'unknown', 'needs_operator', 'confirmed', 'cancelling', 'cancel_unknown');
create index booking_due on booking (next_at) where next_at is not null;
create index booking_appointment on booking (appointment, created);

create table booking_event (
  id bigint generated always as identity,
  booking uuid not null,
  at timestamptz not null default clock_timestamp(),
  state booking_state not null,
  note text,
  primary key (booking, id)
);

create table idempotency_key (
  client text collate "C" not null,
  key text collate "C" not null,
  request bytea not null,
  appointment uuid not null,
  booking uuid not null,
  created timestamptz not null default clock_timestamp(),
  primary key (client, key)
);
comment on column idempotency_key.request is 'SHA-256 of the request that used the key first';
create index idempotency_key_created on idempotency_key (created);
create index idempotency_key_booking on idempotency_key (booking);

create table sync_run (
  id bigint generated always as identity primary key,
  clinic smallint not null references clinic,
  kind text not null check (kind in ('directory', 'schedule')),
  started timestamptz not null default clock_timestamp(),
  finished timestamptz,
  outcome text check (outcome in ('done', 'suspect', 'failed')),
  read integer,
  written integer,
  problem text
);
create index sync_run_clinic on sync_run (clinic, kind, id desc);

create table message (
  id bigint generated always as identity primary key,
  clinic smallint not null references clinic,
  at timestamptz not null,
  operation text not null,
  access text not null check (access in ('read', 'write')),
  milliseconds integer not null,
  status smallint,
  outcome text not null,
  booking uuid,
  request text not null,
  response text not null
);
create index message_at on message (clinic, at desc);
create index message_booking on message (booking) where booking is not null;
