-- Holds: a client keeps a slot for the minutes in which its user types. They stand in the row of the slot, where the one
-- update that takes a slot sees them as they are at that moment: another table would be seen as it was when the statement began.

alter table slot add column held_until timestamptz, add column held_by text collate "C", add column held_for uuid;
comment on column slot.held_until is 'null: not held; once it has passed by the clock of Postgres, anybody may take the slot';
comment on column slot.held_by is 'the client that holds it: the subject of its token';
comment on column slot.held_for is 'the Patient for whom it is held, when the client has named one';
-- By whom they count: the patient, else the client. Slots that are not held have no part in it.
create index slot_held on slot (coalesce(held_for::text, held_by), held_until) where held_until is not null;

-- A booking made in the place of another one is a new Appointment ($book with cancelled-appt-id), or the same that moves.
comment on column booking.replaces is 'the booking that this one takes the place of, once it is confirmed: of the same Appointment or of another';
