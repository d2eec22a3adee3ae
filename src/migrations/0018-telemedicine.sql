-- Finished remote consultations that are handed over to the record of patients of a region (ИЭМК of РЕГИЗ, protocols/regiz.md §3.2).

create type case_state as enum ('due', 'sending', 'accepted', 'refused', 'withdrawn');

create table case_delivery (
  id uuid primary key,
  clinic smallint not null,
  patient uuid not null,
  state case_state not null default 'due',
  wish integer not null default 1,
  wanted boolean not null default true,
  accepted boolean not null default false,
  doubted_at timestamptz,
  reads smallint not null default 0,
  reason text,
  next_at timestamptz default clock_timestamp(),
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp()
);
comment on column case_delivery.id is 'of the Encounter; the region knows the case by it';
comment on column case_delivery.wish is 'how often the Encounter was finished or changed since: what is sent of an earlier wish is not the last word';
comment on column case_delivery.wanted is 'false: it was entered in error, and is to be withdrawn';
comment on column case_delivery.accepted is 'the region has it, or an earlier one under the same id';
comment on column case_delivery.doubted_at is 'when it was last sent without an answer that was understood';
comment on column case_delivery.reason is 'why it is refused, for people; nothing of the patient';
comment on column case_delivery.next_at is 'when it is looked at; the row itself is its job';
create index case_delivery_due on case_delivery (next_at) where next_at is not null;
create index case_delivery_patient on case_delivery (patient);

-- One is written together with its Encounter, by whoever finishes it.
grant select, insert, update, delete on case_delivery to medmost_client;
alter table case_delivery enable row level security;
create policy clinics on case_delivery to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));

-- Consultations that go through a workflow of a region (tm-core of РЕГИЗ, protocols/regiz.md §3.4).

create type consultation_state as enum ('new', 'sending', 'unknown', 'standing', 'ended', 'refused');

create table consultation (
  id uuid primary key,
  clinic smallint not null,
  patient uuid not null,
  workflow text not null,
  state consultation_state not null default 'new',
  wish text,
  reference text,
  stage text,
  reason text,
  doubted_at timestamptz,
  reads smallint not null default 0,
  next_at timestamptz default clock_timestamp(),
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp()
);
comment on column consultation.id is 'of the Encounter; its process is told it';
comment on column consultation.workflow is 'code in Encounter.type';
comment on column consultation.wish is 'Encounter.status into which a client wants it to be brought';
comment on column consultation.reference is 'id of the process';
comment on column consultation.stage is 'id of the stage at which it was seen last';
comment on column consultation.reason is 'why it is refused or not brought on, for people; nothing of the patient';
comment on column consultation.doubted_at is 'when it was begun to be sent';
comment on column consultation.next_at is 'when it is looked at; the row itself is its job';
create index consultation_due on consultation (next_at) where next_at is not null;
create index consultation_patient on consultation (patient);

grant select, insert, update, delete on consultation to medmost_client;
alter table consultation enable row level security;
create policy clinics on consultation to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
