-- A document is written with the version it supersedes and its search values, of which only those that differ are touched.

create type search_value as (kind "char", parameter smallint, a text, b text, c text);

-- Replaces exactly the version before `p_version`. Raises MM001, which undoes the whole statement, when that is not the current
-- one: the caller has lost a race and reads again. First versions are inserted by plain SQL (src/store/documents.sql.ts).
-- kinds of search values: t token (system, code, text), r reference (type, id), d date (low, high), s string (folded, exact),
-- w a row of search_rare as JSON
create function replace_document(p_type text, p_id uuid, p_clinic smallint, p_patient uuid, p_under uuid, p_version integer,
  p_updated timestamptz, p_mis_key text, p_mis jsonb, p_hash bytea, p_body text, p_values search_value[]) returns bigint
language plpgsql as $$
declare
  v_doc bigint;
begin
  insert into document_version (type, id, version, clinic, patient, under, updated, xid, body)
  select type, id, version, clinic, patient, under, updated, xid, body from document
  where type = p_type and id = p_id and version = p_version - 1 for update
  on conflict do nothing;
  if not found then raise exception 'another version was written' using errcode = 'MM001'; end if;
  update document set patient = p_patient, under = coalesce(p_under, under), version = p_version, updated = p_updated, xid = change_number(),
    mis = p_mis, hash = p_hash, body = p_body
  where type = p_type and id = p_id and version = p_version - 1 returning doc into v_doc;
  if v_doc is null then raise exception 'another version was written' using errcode = 'MM001'; end if;
  perform put_search_values(v_doc, p_values, true);
  return v_doc;
end $$;

create function put_search_values(p_doc bigint, p_values search_value[], p_exists boolean) returns void
language plpgsql as $$
begin
  -- Nothing to compare with: one statement costs two thirds of four.
  if not p_exists then
    with v as materialized (select * from unnest(p_values)),
      t as (insert into search_token (parameter, doc, system, code, text) select parameter, p_doc, a, b, c from v where kind = 't'),
      w as (insert into search_rare select r.* from v, jsonb_populate_record(null::search_rare, v.a::jsonb || jsonb_build_object('parameter', v.parameter, 'doc', p_doc)) r where v.kind = 'w'),
      r as (insert into search_reference (parameter, doc, type, target) select parameter, p_doc, a, b::uuid from v where kind = 'r'),
      d as (insert into search_date (parameter, doc, low, high)
        select parameter, p_doc, a::timestamptz, b::timestamptz from v where kind = 'd')
    insert into search_string (parameter, doc, folded, exact) select parameter, p_doc, a, b from v where kind = 's';
    return;
  end if;
  delete from search_token t where t.doc = p_doc and not exists (select from unnest(p_values) v
    where v.kind = 't' and v.parameter = t.parameter and v.a = t.system and v.b = t.code and v.c is not distinct from t.text);
  delete from search_reference t where t.doc = p_doc and not exists (select from unnest(p_values) v
    where v.kind = 'r' and v.parameter = t.parameter and v.a = t.type and v.b::uuid = t.target);
  delete from search_date t where t.doc = p_doc and not exists (select from unnest(p_values) v
    where v.kind = 'd' and v.parameter = t.parameter and v.a::timestamptz = t.low and v.b::timestamptz = t.high);
  delete from search_string t where t.doc = p_doc and not exists (select from unnest(p_values) v
    where v.kind = 's' and v.parameter = t.parameter and v.a = t.folded and v.b = t.exact);
  insert into search_token (parameter, doc, system, code, text)
  select v.parameter, p_doc, v.a, v.b, v.c from unnest(p_values) v where v.kind = 't'
    and not exists (select from search_token t where t.doc = p_doc and t.parameter = v.parameter and t.system = v.a and t.code = v.b
      and t.text is not distinct from v.c);
  -- So few that they are not compared.
  delete from search_rare where doc = p_doc;
  insert into search_rare select r.* from unnest(p_values) v, jsonb_populate_record(null::search_rare,
    v.a::jsonb || jsonb_build_object('parameter', v.parameter, 'doc', p_doc)) r where v.kind = 'w';
  insert into search_reference (parameter, doc, type, target)
  select v.parameter, p_doc, v.a, v.b::uuid from unnest(p_values) v where v.kind = 'r'
    and not exists (select from search_reference t where t.doc = p_doc and t.parameter = v.parameter and t.type = v.a and t.target = v.b::uuid);
  insert into search_date (parameter, doc, low, high)
  select v.parameter, p_doc, v.a::timestamptz, v.b::timestamptz from unnest(p_values) v where v.kind = 'd'
    and not exists (select from search_date t where t.doc = p_doc and t.parameter = v.parameter and t.low = v.a::timestamptz and t.high = v.b::timestamptz);
  insert into search_string (parameter, doc, folded, exact)
  select v.parameter, p_doc, v.a, v.b from unnest(p_values) v where v.kind = 's'
    and not exists (select from search_string t where t.doc = p_doc and t.parameter = v.parameter and t.folded = v.a and t.exact = v.b);
end $$;
