-- What clinics have written of the patients of bookings, conclusions and results, is read again and again for a while after each visit.

create table paper_reading (
  booking uuid primary key,
  clinic smallint not null,
  patient uuid not null,
  next_at timestamptz not null default clock_timestamp(),
  created timestamptz not null default clock_timestamp()
);
comment on column paper_reading.next_at is 'when its papers are read; the row itself is its job, and goes when that is over';
create index paper_reading_due on paper_reading (clinic, next_at);
create index paper_reading_patient on paper_reading (patient);

create table paper (
  booking uuid not null references paper_reading on delete cascade,
  type text collate "C" not null,
  id uuid not null,
  missed boolean not null default false,
  primary key (booking, type, id)
);
comment on table paper is 'resources that were made of the papers of a booking';
comment on column paper.missed is 'the last reading did not have it: one that the next does not have either is gone';
