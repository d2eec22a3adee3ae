-- Apps and programs that may be given access, and what the authorization server keeps while it gives it.

create table client (
  id text collate "C" primary key,
  name text not null,
  audience text not null check (audience in ('patient', 'staff', 'system')),
  authentication text not null check (authentication in ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')),
  secret text collate "C",
  jwks jsonb,
  jwks_uri text,
  redirect_uris text[] not null default '{}',
  post_logout_redirect_uris text[] not null default '{}',
  origins text[] not null default '{}',
  scopes text[] not null,
  clinics text[] collate "C",
  role text check (role in ('app', 'registry')),
  launch_uri text,
  policy_uri text,
  configured boolean not null default false,
  disabled timestamptz,
  created timestamptz not null default clock_timestamp(),
  changed timestamptz not null default clock_timestamp(),
  check ((audience = 'system') = (role is not null)),
  check ((authentication like 'client\_secret%') = (secret is not null)),
  check ((authentication = 'private_key_jwt') = (num_nonnulls(jwks, jwks_uri) = 1)),
  check ((audience = 'system') = (redirect_uris = '{}'))
);
comment on column client.secret is 'SHA-256 of 256 random bits, base64url';
comment on column client.clinics is 'keys of the clinics that it may be used at; null: all';
comment on column client.role is 'what a program is that acts for itself';
comment on column client.configured is 'it is of the configuration file, which is read again at every start';

-- What oidc-provider keeps. Ids are values of tokens and cookies: only their SHA-256 is here.
create table smart_record (
  model text collate "C" not null,
  id text collate "C" not null,
  payload text not null,
  grant_id text collate "C",
  uid text collate "C",
  consumed timestamptz,
  expires timestamptz not null,
  primary key (model, id)
);
comment on column smart_record.payload is 'JSON; text, because jsonb refuses what a client may send (\u0000)';
comment on column smart_record.grant_id is 'as smart_grant.id';
create index smart_record_grant on smart_record (grant_id) where grant_id is not null;
-- Not unique: tabs that sign in at the same time write the same session under several ids.
create index smart_record_uid on smart_record (uid) where uid is not null;
create index smart_record_expires on smart_record (expires);

-- A sign-in that is under way at an identity provider.
create table smart_sign_in (
  state uuid primary key,
  interaction text collate "C" not null,
  browser text collate "C" not null,
  provider text collate "C" not null,
  claimed timestamptz,
  account uuid references account on delete cascade,
  problem text,
  expires timestamptz not null
);
create index smart_sign_in_expires on smart_sign_in (expires);
comment on column smart_sign_in.browser is 'SHA-256 of a cookie of the browser that set out: a state that is brought by another one is refused';
comment on column smart_sign_in.account is 'who came back';
comment on column smart_sign_in.problem is 'why nobody did, as JSON: a sentence in each language';

-- What a doctor''s cabinet has told of before it opened an app: the patient in front of him. https://hl7.org/fhir/smart-app-launch/STU2.2/
create table smart_launch (
  id text collate "C" primary key,
  client text collate "C" not null references client on delete cascade,
  account uuid not null references account on delete cascade,
  role text not null,
  patient uuid,
  encounter uuid,
  used timestamptz,
  expires timestamptz not null
);
create index smart_launch_expires on smart_launch (expires);

-- The RSA key of id_tokens, sealed with the installation''s secret.
create table smart_key (
  kid text collate "C" primary key,
  sealed bytea not null,
  created timestamptz not null default clock_timestamp()
);

create index smart_grant_ends on smart_grant (ends);
