-- A second wall behind the predicate of every read: requests of clients run in a role that Postgres itself shows only the clinics of the
-- one who asks (docs/security.md). What the hub does of itself runs in the role that owns the tables.

do $$
begin
  for attempt in 1..10 loop
    begin
      if not exists (select from pg_roles where rolname = 'medmost_client') then create role medmost_client nologin; end if;
      if not pg_has_role(current_user, 'medmost_client', 'set') then
        execute format('grant medmost_client to %I with inherit false, set true', current_user);
      end if;
      return;
    exception
      when duplicate_object or unique_violation or internal_error then null;
      when insufficient_privilege then
        raise exception 'The role medmost_client is missing, or not given to %. As an administrator of the cluster say: create role medmost_client nologin; grant medmost_client to % with inherit false, set true;', current_user, quote_ident(current_user);
    end;
  end loop;
  raise exception 'The role medmost_client could not be made: start again.';
end $$;

grant usage on schema public to medmost_client;
grant select on clinic, generation, tick, page_key, search_parameter, slot, slot_version, slot_fragment, subscription_position to medmost_client;
grant select, insert, update, delete on document, document_version, search_token, search_reference, search_date, search_string,
  search_rare, subscription, subscription_event, subscription_token, export, export_file, export_piece to medmost_client;
grant select on booking, card, card_patient to medmost_client;
grant select, insert, update on access_code to medmost_client;
grant select, insert on idempotency_key to medmost_client;

-- The clinics of the one who asks, as the connection was told them (src/postgres.ts); nobody has told: none.
create function viewer_clinics() returns smallint[] language sql stable as
  $$ select coalesce(nullif(current_setting('medmost.clinics', true), ''), '{}')::smallint[] $$;

-- Numbers below 1 are no clinics': what the hub publishes, what belongs to subscribers and accounts.
alter table document enable row level security;
create policy clinics on document to medmost_client
  using (clinic < 1 or clinic = any((select viewer_clinics())::smallint[]));
alter table document_version enable row level security;
create policy clinics on document_version to medmost_client
  using (clinic < 1 or clinic = any((select viewer_clinics())::smallint[]));
alter table slot enable row level security;
create policy clinics on slot to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
alter table slot_version enable row level security;
create policy clinics on slot_version to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
alter table booking enable row level security;
create policy clinics on booking to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
