-- For whom a doctor's time is, where it is not for all patients of the region (FEATURES B3).

create table schedule_availability (
  schedule uuid primary key,
  clinic smallint not null,
  rule text collate "C" not null check (rule in ('attached', 'referral'))
);
create index schedule_availability_clinic on schedule_availability (clinic);
comment on column schedule_availability.rule is 'attached: patients with an Organization of the clinic as managingOrganization; referral: those with an active ServiceRequest to the doctor or his specialty';
