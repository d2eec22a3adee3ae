-- Patients who wait for a time, on a list that their MIS keeps (журнал отложенной записи of РЕГИЗ, protocols/regiz.md §4).

create type waiting_state as enum ('sending', 'unknown', 'waiting', 'cancelling', 'ended', 'rejected');

create table waiting (
  id uuid primary key,
  clinic smallint not null,
  patient uuid not null,
  account uuid,
  target text collate "C" not null,
  state waiting_state not null,
  wanted boolean not null default true,
  told boolean not null default false,
  content text,
  request jsonb,
  reference text,
  doubted_at timestamptz,
  reads smallint not null default 0,
  next_at timestamptz,
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp()
);
comment on column waiting.id is 'also of the Appointment as which it is seen';
comment on column waiting.account is 'of the person who has signed in to wait; null: a program did';
comment on column waiting.target is 'Type/id of whom or what is waited for';
comment on column waiting.wanted is 'false: the patient has left the list while it was not known whether he is on it';
comment on column waiting.told is 'there is an Appointment';
comment on column waiting.content is 'what the client said of the Appointment; forgotten when it is written';
comment on column waiting.request is 'what the MIS is sent; forgotten when it has ended';
comment on column waiting.reference is 'of the MIS';
comment on column waiting.doubted_at is 'when the answer to the registration was lost';
comment on column waiting.next_at is 'when it is looked at; the row itself is its job';
-- Nobody waits twice for the same: this index, not a check, decides every race.
create unique index waiting_open on waiting (patient, target) where state in ('sending', 'unknown', 'waiting', 'cancelling');
create index waiting_due on waiting (next_at) where next_at is not null;
create index waiting_reference on waiting (reference) where state = 'waiting';

-- As `booking`: whether one is under way is asked behind the wall, too (0011).
grant select on waiting to medmost_client;
alter table waiting enable row level security;
create policy clinics on waiting to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
