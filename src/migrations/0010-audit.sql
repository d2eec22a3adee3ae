-- Who has seen and changed what: events that nobody can change, sealed in a chain of hashes (docs/audit.md).

-- The role that only adds events. Roles belong to the cluster: another database of it may be migrated at the same moment.
do $$
begin
  for attempt in 1..10 loop
    begin
      if not exists (select from pg_roles where rolname = 'medmost_audit') then create role medmost_audit nologin; end if;
      if not pg_has_role(current_user, 'medmost_audit', 'set') then
        execute format('grant medmost_audit to %I with inherit false, set true', current_user);
      end if;
      return;
    exception
      when duplicate_object or unique_violation or internal_error then null;
      when insufficient_privilege then
        raise exception 'The role medmost_audit is missing, or not given to %. As an administrator of the cluster say: create role medmost_audit nologin; grant medmost_audit to % with inherit false, set true;', current_user, quote_ident(current_user);
    end;
  end loop;
  raise exception 'The role medmost_audit could not be made: start again.';
end $$;

create table audit_event (
  seq bigint generated always as identity primary key,
  xid bigint not null default change_number(),
  at timestamptz not null,
  kind text collate "C" not null,
  action text collate "C" not null check (action in ('C', 'R', 'U', 'D', 'E')),
  interaction text collate "C" not null,
  outcome smallint not null check (outcome in (0, 4, 8, 12)),
  status smallint,
  reason text collate "C",
  clinic smallint,
  patient uuid,
  subject text collate "C" not null,
  role text collate "C" not null,
  client text collate "C",
  account uuid,
  address text collate "C",
  request text collate "C",
  resource text collate "C",
  query bytea
);
comment on table audit_event is 'one for each patient that an interaction has touched; only added to';
comment on column audit_event.kind is 'which pattern of AuditEvent it becomes: src/access/audit/balp.ts';
comment on column audit_event.subject is 'id of an account, or name of a client program; empty: nobody has said who he is';
comment on column audit_event.resource is 'Type/id of the only resource it is about';
comment on column audit_event.query is 'digest of the request''s text in audit_query: SHA-256 of salt and text';
-- The order in which they are sealed.
create unique index audit_event_xid on audit_event (xid, seq);
create index audit_event_patient on audit_event (patient, at) where patient is not null;
create index audit_event_subject on audit_event (subject, at);
create index audit_event_clinic on audit_event (clinic, at);
create index audit_event_at on audit_event using brin (at) with (pages_per_range = 32, autosummarize = on);

-- Beside the events and not in them: a name that somebody has searched for can be destroyed, and the chain still holds.
create table audit_query (
  digest bytea primary key,
  salt bytea not null,
  text text not null,
  at timestamptz not null
);
create index audit_query_at on audit_query using brin (at);

-- Seal `n` is of the events after (xid, seq) of the seal before, up to its own.
create table audit_seal (
  n bigint primary key,
  xid bigint not null,
  seq bigint not null,
  count integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  content bytea not null,
  hash bytea not null,
  at timestamptz not null default clock_timestamp()
);
comment on column audit_seal.content is 'SHA-256 of its events; hash: SHA-256 of the hash before, and of what this row says';

-- Acts of destruction (order 179 of Роскомнадзор): whose data, of which categories, why, when, by whom. Ids, no names.
create table destruction (
  n bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  subject text collate "C" not null,
  system text not null,
  reason text not null,
  "by" text not null,
  destroyed jsonb not null
);
comment on column destruction.destroyed is 'categories with the number of rows';

-- Not even the owner changes an event; he may delete what is older than the law wants it kept.
create function keep_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name in ('audit_event', 'destruction') then
    if old.at < clock_timestamp() - interval '3 years' then return old; end if;
  end if;
  raise exception '% of % is not allowed', tg_op, tg_table_name using errcode = 'MM002';
end $$;
create trigger audit_event_kept before update or delete on audit_event for each row execute function keep_audit();
create trigger audit_event_whole before truncate on audit_event for each statement execute function keep_audit();
create trigger audit_seal_kept before update or delete on audit_seal for each row execute function keep_audit();
create trigger audit_seal_whole before truncate on audit_seal for each statement execute function keep_audit();
create trigger destruction_kept before update or delete on destruction for each row execute function keep_audit();
create trigger destruction_whole before truncate on destruction for each statement execute function keep_audit();

create index account_consent_withdrawn on account_consent (account) where withdrawn_at is not null;

grant insert (at, kind, action, interaction, outcome, status, reason, clinic, patient, subject, role, client, account, address,
  request, resource, query) on audit_event to medmost_audit;
grant insert on audit_query to medmost_audit;
