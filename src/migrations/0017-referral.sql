-- Referrals that are registered in the queue of a region (УО of РЕГИЗ, protocols/regiz.md §3.3).

create type referral_state as enum ('new', 'sending', 'unknown', 'standing', 'cancelling', 'ended', 'rejected');

create table referral (
  id uuid primary key,
  clinic smallint not null,
  patient uuid not null,
  state referral_state not null,
  wanted boolean not null default true,
  told boolean not null default false,
  content text,
  request jsonb,
  reference text,
  standing text,
  doubted_at timestamptz,
  reads smallint not null default 0,
  next_at timestamptz,
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp()
);
comment on column referral.id is 'also of the ServiceRequest as which it is seen; the queue is told it';
comment on column referral.state is 'new: written in a transaction of a client, nobody has begun to send it';
comment on column referral.wanted is 'false: it was revoked while it was not known whether it is registered';
comment on column referral.told is 'there is a ServiceRequest';
comment on column referral.content is 'the ServiceRequest as the client sent it; forgotten when it is written';
comment on column referral.request is 'what the queue is sent; forgotten when it is registered or has ended';
comment on column referral.reference is 'its number in the queue';
comment on column referral.standing is 'how it stands there, as the ServiceRequest says it';
comment on column referral.doubted_at is 'when the answer to the registration was lost';
comment on column referral.next_at is 'when it is looked at; the row itself is its job';
create index referral_due on referral (next_at) where next_at is not null;
create index referral_patient on referral (patient);

-- As `booking` (0011); in a transaction of a client one is written together with its ServiceRequest.
grant select, insert on referral to medmost_client;
alter table referral enable row level security;
create policy clinics on referral to medmost_client
  using (clinic = any((select viewer_clinics())::smallint[]));
