-- What was: superseded slots and deleted documents, and the order of commits in which a feed of changes is walked (PERFORMANCE.md
-- §"What follows" 6).

create table slot_version (
  id uuid not null,
  version integer not null,
  schedule uuid not null,
  start_at timestamptz(0) not null,
  end_at timestamptz(0) not null,
  clinic smallint not null,
  status smallint not null,
  reason smallint not null,
  fragment integer not null,
  booking uuid,
  updated timestamptz not null,
  xid bigint not null,
  deleted boolean not null default false
);
comment on table slot_version is 'versions of slots that were superseded; deleted: the mark of one that was';
comment on column slot_version.xid is 'the transaction that wrote this version, not the one that superseded it';
-- Neither is unique: versions are numbered by the rows of slot itself, and a second check of it would cost every booking.
create index slot_version_id on slot_version (id);
-- A walk of changes goes by these, page by page.
create index slot_version_xid on slot_version (xid, id, version);
create index slot_xid on slot (xid, id);

create function keep_slot_version() returns trigger language plpgsql as $$
begin
  insert into slot_version (id, version, schedule, start_at, end_at, clinic, status, reason, fragment, booking, updated, xid)
  select id, version, schedule, start_at, end_at, clinic, status, reason, fragment, booking, updated, xid from old_slot;
  return null;
end $$;

-- One for each statement, so that a reading of 100,000 slots keeps them at once.
create trigger slot_superseded after update on slot
  referencing old table as old_slot for each statement execute function keep_slot_version();

create function keep_slot_deletion() returns trigger language plpgsql as $$
begin
  insert into slot_version (id, version, schedule, start_at, end_at, clinic, status, reason, fragment, updated, xid, deleted)
  select id, version + 1, schedule, start_at, end_at, clinic, status, reason, fragment, clock_timestamp(), change_number(), true
  from old_slot;
  return null;
end $$;

create trigger slot_deleted after delete on slot
  referencing old table as old_slot for each statement execute function keep_slot_deletion();

-- What time it was in transactions: everything written before `at` has an xid below next, everything after it one not below oldest.
create table tick (
  at timestamptz primary key,
  oldest bigint not null,
  next bigint not null
);

create index document_xid on document (type, xid, id);
create index document_version_xid on document_version (type, xid, id, version);

-- Deletes exactly version `p_version`; what it was and that it is deleted stays. Raises MM001 as replace_document does.
create function delete_document(p_type text, p_id uuid, p_version integer, p_updated timestamptz) returns void
language plpgsql as $$
declare
  v_doc bigint;
begin
  with gone as (delete from document where type = p_type and id = p_id and version = p_version returning *),
    kept as (
      insert into document_version (type, id, version, clinic, patient, under, updated, xid, body)
      select type, id, version, clinic, patient, under, updated, xid, body from gone),
    mark as (
      insert into document_version (type, id, version, clinic, patient, under, updated, xid, deleted, body)
      select type, id, version + 1, clinic, patient, under, p_updated, change_number(), true, '' from gone)
  select doc into v_doc from gone;
  if v_doc is null then raise exception 'another version was written' using errcode = 'MM001'; end if;
  perform put_search_values(v_doc, '{}', true);
end $$;
