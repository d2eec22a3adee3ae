-- Requests of a waiting list that others have registered, and bookings by a request (журнал отложенной записи, protocols/regiz.md §4).

alter table waiting add column mirrored boolean not null default false, add column successor uuid;
comment on column waiting.mirrored is 'registered by others: the list of the MIS tells how it stands, it is looked at by itself when it is not in it';
comment on column waiting.successor is 'the Appointment that it was last tried to be booked by it';
comment on column waiting.target is 'Type/id of whom or what is waited for; empty: nothing that is known here';

-- A desk may register what the patient has registered already: that is the clinic's.
drop index waiting_open;
create unique index waiting_open on waiting (patient, target)
  where state in ('sending', 'unknown', 'waiting', 'cancelling') and not mirrored;
create index waiting_journal on waiting (clinic, reference) where reference is not null;

alter table sync_run drop constraint sync_run_kind_check,
  add constraint sync_run_kind_check check (kind in ('directory', 'schedule', 'waiting'));
