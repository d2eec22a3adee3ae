-- Subscriptions: who is told of what, the events each has coming in their order, and how far they have been delivered.

create type subscription_status as enum ('requested', 'active', 'error', 'off');

-- Beside the document of the same id, which is what clients read.
create table subscription (
  id uuid primary key,
  status subscription_status not null,
  subscriber jsonb not null,
  owner uuid not null,
  terms jsonb not null,
  since bigint not null,
  ends timestamptz,
  numbered bigint not null default 0,
  generation integer not null default (change_horizon() >> 40)::integer,
  delivered bigint not null default 0,
  failures integer not null default 0,
  failing_since timestamptz,
  error text,
  sent timestamptz,
  next_at timestamptz,
  lease integer not null default 0,
  leased_until timestamptz
);
comment on column subscription.subscriber is 'who is told; what may be told is decided anew each time by the rights of that moment';
comment on column subscription.owner is 'of the subscriber''s name, role and patient; in the document it stands for the patient';
comment on column subscription.terms is 'what is followed and where it is sent; with the secrets of its headers, which nobody is shown';
comment on column subscription.since is 'transactions before this one are not its events';
comment on column subscription.numbered is 'number of its last event';
comment on column subscription.generation is 'of changes, when it was given that number';
comment on column subscription.delivered is 'number of the last event that its receiver has taken';
comment on column subscription.next_at is 'when it is looked at next; the row itself is its job';
comment on column subscription.lease is 'counts the takings: only the last one may write what became of it';
create index subscription_due on subscription (next_at) where next_at is not null;
create index subscription_owner on subscription (owner);

-- Ids alone: what is sent is read at delivery, with the rights of that moment.
create table subscription_event (
  subscription uuid not null,
  number bigint not null,
  recorded timestamptz not null,
  kind text not null,
  type text not null,
  focus uuid not null,
  version integer not null,
  changed timestamptz not null,
  primary key (subscription, number)
);
create index subscription_event_recorded on subscription_event (recorded);

-- Up to where the feed of changes has been matched with all subscriptions.
create table subscription_position (
  sole boolean primary key default true check (sole),
  xid bigint not null,
  id uuid not null,
  version integer not null
);
insert into subscription_position (xid, id, version)
values (change_horizon(), '00000000-0000-0000-0000-000000000000', 0);

-- By which a websocket is bound to subscriptions.
create table subscription_token (
  digest bytea primary key,
  subscriptions uuid[] not null,
  owner uuid not null,
  expires timestamptz not null
);
comment on column subscription_token.digest is 'SHA-256 of the token';
