-- Who people and programs are, and what they may see: accounts, staff, card files, clients, and what was granted to whom.

-- limited: it sees the directory only, until a moderator has confirmed it (FEATURES D1). ЕСИА's confirmed accounts need none.
create type account_state as enum ('limited', 'confirmed', 'blocked', 'erased');

create table account (
  id uuid primary key,
  login text collate "C" unique,
  password text,
  provider text,
  provider_subject text,
  state account_state not null default 'limited',
  family text not null,
  given text not null,
  patronymic text,
  birth_date date,
  gender text check (gender in ('male', 'female')),
  snils text collate "C",
  email text,
  email_confirmed timestamptz,
  phone text,
  password_since timestamptz,
  password_ends timestamptz,
  refusal text,
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp(),
  unique (provider, provider_subject)
);
comment on column account.login is 'folded e-mail, or what a clinic has issued; null: it signs in by its provider alone';
comment on column account.password is 'argon2id in PHC form; null: it signs in by its provider alone';
comment on column account.password_ends is 'of a password that was issued: until then its owner chooses one of his own; with it nothing else can be done';
comment on column account.refusal is 'why a moderator has not confirmed it; the person reads it';
comment on column account.provider is 'identity provider by which it was first signed in, or that was joined to it: esia';

-- What an account is at a clinic, beside being a patient.
create table staff (
  account uuid not null references account on delete cascade,
  clinic smallint not null references clinic,
  role text not null check (role in ('doctor', 'registrar', 'moderator', 'operator')),
  practitioner uuid,
  primary key (account, clinic, role)
);
comment on column staff.practitioner is 'the Practitioner that a doctor is';

-- The card file: the people for whom an account acts, itself among them. `ends`: a parent acts for a child until it comes of age.
create table card (
  id uuid primary key,
  account uuid not null references account on delete cascade,
  relation text not null check (relation in ('self', 'child', 'other')),
  family text not null,
  given text not null,
  patronymic text,
  birth_date date,
  gender text check (gender in ('male', 'female')),
  snils text collate "C",
  is_default boolean not null default false,
  provider_subject text,
  ends timestamptz,
  vacant uuid not null default gen_random_uuid(),
  created timestamptz not null default clock_timestamp()
);
create index card_account on card (account);
create unique index card_default on card (account) where is_default;
create unique index card_self on card (account) where relation = 'self';
create unique index card_provider on card (account, provider_subject) where provider_subject is not null;
comment on column card.vacant is 'id of its RelatedPerson while no clinic knows it; another one each time';
comment on column card.provider_subject is 'the person''s id at the identity provider that told of it; null: added by code';

-- The Patients of clinics that a person of the card file is.
create table card_patient (
  card uuid not null references card on delete cascade,
  patient uuid not null,
  clinic smallint not null references clinic,
  basis text not null check (basis in ('code', 'esia', 'moderator')),
  related uuid not null default gen_random_uuid(),
  created timestamptz not null default clock_timestamp(),
  primary key (card, patient)
);
comment on column card_patient.related is 'id of its RelatedPerson';
create index card_patient_patient on card_patient (patient);

-- What an authorization was for. Tokens name it by `id`; it is read again at most a second after each use, so that what is ended
-- here, in account, staff, card or client ends at once.
create table smart_grant (
  id text collate "C" primary key,
  client text collate "C" not null,
  account uuid not null references account on delete cascade,
  role text not null check (role in ('patient', 'doctor', 'registrar', 'moderator', 'operator')),
  method text not null check (method in ('password', 'esia')),
  card uuid references card on delete cascade,
  patient uuid,
  encounter uuid,
  session text collate "C",
  created timestamptz not null default clock_timestamp(),
  ends timestamptz not null,
  ended timestamptz
);
create index smart_grant_account on smart_grant (account);
create index smart_grant_session on smart_grant (session) where session is not null;
comment on column smart_grant.id is 'SHA-256 of the grant''s id in the authorization server, base64url; claim `gid` of its tokens';
comment on column smart_grant.patient is 'context of scopes that begin with patient/; null: none was picked';
comment on column smart_grant.session is 'SHA-256 of the uid of the browser''s session, base64url: signing out ends its grants';
