-- Exports in bulk: an export is a row that is its own job; its files are packed pieces that stand here until they expire.

create table export (
  key text collate "C" primary key,
  subject text collate "C" not null,
  clinics smallint[] not null,
  keys uuid[],
  types text[],
  closed uuid[] not null,
  base text not null,
  request text not null,
  query jsonb not null,
  agent jsonb not null,
  state text collate "C" not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  attempt integer not null default 0,
  next_at timestamptz default clock_timestamp(),
  told bigint not null default 0,
  transaction_time timestamptz,
  created timestamptz not null default clock_timestamp(),
  expires timestamptz not null default clock_timestamp() + interval '1 day'
);
comment on column export.key is '192 random bits, a part of its address';
comment on column export.subject is 'who asked; clinics, keys, types: what he saw then, and must still see to fetch the files';
comment on column export.agent is 'who asked, as the audit names him';
comment on column export.attempt is 'files and pieces of earlier attempts are nobody''s';
comment on column export.next_at is 'when a hub takes it up; while one is at it, when another may take it for lost';
comment on column export.told is 'resources written so far';
create index export_due on export (next_at) where next_at is not null;
create index export_subject on export (subject);
create index export_expires on export (expires);

create table export_file (
  export text collate "C" not null references export on delete cascade,
  attempt integer not null,
  number smallint not null,
  kind text collate "C" not null check (kind in ('output', 'deleted')),
  type text collate "C" not null,
  resources bigint not null,
  bytes bigint not null,
  packed bigint not null,
  crc bigint not null,
  primary key (export, attempt, number)
);
comment on column export_file.bytes is 'unpacked; packed: sum of its pieces; crc: CRC-32 of the unpacked';

create table export_piece (
  export text collate "C" not null references export on delete cascade,
  attempt integer not null,
  file smallint not null,
  number integer not null,
  body bytea not null,
  primary key (export, attempt, file, number)
);
comment on column export_piece.body is 'DEFLATE (RFC 1951) ended at a whole byte, so that pieces joined are one stream';
alter table export_piece alter column body set storage external;
