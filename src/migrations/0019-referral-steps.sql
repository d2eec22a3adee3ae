-- Steps of referrals, referrals of other clinics to ours, and what becomes known after the end (protocols/regiz.md §3.3).

alter type referral_state add value 'advancing' after 'standing';
alter type referral_state add value 'doubtful' after 'advancing';
alter type referral_state add value 'reporting' after 'cancelling';

alter table referral add column incoming boolean not null default false;
comment on column referral.incoming is 'another clinic has registered it: this one is to serve the patient';
comment on column referral.patient is 'of one that is incoming ffffffff-… until it is known whom of our patients it is about';
comment on column referral.request is 'what the queue is sent: the referral, or a step; forgotten when its outcome is known';
comment on column referral.doubted_at is 'when the answer to the registration or to a step was lost; reporting: when it was completed';
create unique index referral_incoming on referral (clinic, reference) where incoming;

create table referral_round (
  clinic smallint primary key,
  next_at timestamptz not null default clock_timestamp(),
  listed timestamptz
);
comment on table referral_round is 'when referrals of others to a clinic are listed next; the row itself is its job';
comment on column referral_round.listed is 'the last time that went well';
