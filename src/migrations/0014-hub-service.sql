-- РЕГИЗ's HubService: which bookings a concentrator is told of, and what it has taken.

-- Up to where the feed of changes has been looked through for a caller; it begins where the caller is first configured to be told.
create table hub_position (
  caller text collate "C" primary key,
  xid bigint not null default change_horizon(),
  id uuid not null default '00000000-0000-0000-0000-000000000000',
  version integer not null default 0
);

-- A booking that a caller is to be told of. Ids alone: what is sent is read when it is sent.
create table hub_notification (
  caller text collate "C" not null,
  appointment uuid not null,
  clinic smallint not null,
  member text collate "C",
  changed timestamptz not null,
  told text collate "C",
  told_start timestamptz,
  number text collate "C",
  failures integer not null default 0,
  leased_until timestamptz,
  primary key (caller, appointment)
);
comment on column hub_notification.member is 'the caller that has made the booking; null: it came by another door';
comment on column hub_notification.changed is 'when the Appointment was last changed';
comment on column hub_notification.told is 'what the caller has accepted last: booked, moved, cancelled, fulfilled, noshow; withheld: it is not told';
comment on column hub_notification.told_start is 'the time of the visit that was told';
comment on column hub_notification.number is 'IdNotification, given by the caller';
create index hub_notification_changed on hub_notification (changed);
