-- What accounts need beside their rows in 0007: attempts that are counted, links by mail, consents, access codes, mail.

-- How often something was tried of late, by all hubs together.
create table attempt (
  key bytea primary key,
  count integer not null,
  ends timestamptz not null
);
create index attempt_ends on attempt (ends);
comment on column attempt.key is 'SHA-256 of what is limited and for whom: no address and no login stands here';

-- What a letter asks to be confirmed. A link is used once: its row is deleted by its use.
create table account_link (
  token bytea primary key,
  purpose text not null check (purpose in ('registration', 'recovery', 'email')),
  account uuid references account on delete cascade,
  email text not null,
  content jsonb,
  created timestamptz not null,
  ends timestamptz not null
);
create index account_link_ends on account_link (ends);
create index account_link_account on account_link (account) where account is not null;
comment on column account_link.token is 'SHA-256 of the token in the letter, which has 256 random bits';
comment on column account_link.content is 'registration: what was typed, the password as argon2id; there is no account before its e-mail is confirmed';

create table account_consent (
  account uuid not null references account on delete cascade,
  version text collate "C" not null,
  hash text collate "C" not null,
  at timestamptz not null,
  channel text not null check (channel in ('web', 'esia')),
  withdrawn_at timestamptz,
  primary key (account, version, at)
);
comment on column account_consent.hash is 'SHA-256 of the text that was shown, in hex';

-- Codes by which a person proves at home to be the Patient whom the registry has seen.
create table access_code (
  id uuid primary key,
  patient uuid not null,
  clinic smallint not null references clinic,
  typed bytea not null unique,
  scanned bytea not null unique,
  issued_by text not null,
  created timestamptz not null,
  ends timestamptz not null,
  failures smallint not null default 0,
  ended timestamptz,
  used_by uuid
);
create unique index access_code_live on access_code (patient) where ended is null;
create index access_code_ends on access_code (ends);
comment on column access_code.typed is 'HMAC-SHA-256 of the digits, keyed: 53 bits alone could be found by trying; scanned: of the QR code''s token';
comment on column access_code.ended is 'used, replaced by a newer one, or failed too often';

-- Letters that are to be sent; deleted when they are.
create table mail (
  id uuid primary key,
  sealed bytea not null,
  next_at timestamptz not null,
  attempt smallint not null default 0,
  ends timestamptz not null
);
create index mail_due on mail (next_at);
comment on column mail.sealed is 'recipient, subject and text, AES-256-GCM: it holds links that open accounts';
comment on column mail.ends is 'what it says is of no use later';
