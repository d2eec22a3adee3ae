/** Statements on `client`. */
import type { Queryable } from '../../postgres.ts';
import { authenticationOf, type Client, type ClientSettings, secretDigest } from './client.ts';

/** @returns undefined for one that is disabled, too */
export async function findClient(db: Queryable, id: string): Promise<Client | undefined> {
  const { rows } = await db.query<Client>({
    name: 'find_client',
    text: 'select * from client where id = $1 and disabled is null',
    values: [id],
  });
  return rows[0];
}

export async function listClients(db: Queryable): Promise<Client[]> {
  const { rows } = await db.query<Client>('select * from client order by id');
  return rows;
}

/** Writes a client as it is said now. @returns false where there is one of that id and `replace` was not said */
export async function writeClient(
  db: Queryable,
  id: string,
  client: ClientSettings,
  { configured, replace }: { readonly configured: boolean; readonly replace: boolean },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into client as c (id, name, audience, authentication, secret, jwks, jwks_uri, redirect_uris,
       post_logout_redirect_uris, origins, scopes, clinics, role, launch_uri, policy_uri, configured)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict (id) do update set (name, audience, authentication, secret, jwks, jwks_uri, redirect_uris,
       post_logout_redirect_uris, origins, scopes, clinics, role, launch_uri, policy_uri, configured, disabled, changed)
       = (excluded.name, excluded.audience, excluded.authentication, excluded.secret, excluded.jwks, excluded.jwks_uri,
         excluded.redirect_uris, excluded.post_logout_redirect_uris, excluded.origins, excluded.scopes, excluded.clinics,
         excluded.role, excluded.launch_uri, excluded.policy_uri, excluded.configured, null, clock_timestamp())
       where $17`,
    [...valuesOf(id, client), configured, replace],
  );
  return rowCount === 1;
}

const valuesOf = (id: string, client: ClientSettings) => [
  id,
  client.name,
  client.audience,
  authenticationOf(client),
  client.secret === undefined ? null : secretDigest(client.secret),
  client.jwks === undefined ? null : JSON.stringify(client.jwks),
  client.jwksUri ?? null,
  client.redirectUris,
  client.postLogoutRedirectUris,
  client.origins,
  client.scopes,
  client.clinics ?? null,
  client.role ?? null,
  client.launchUri ?? null,
  client.policyUri ?? null,
];

/** Those that the configuration does not name any more. @returns their ids */
export async function disableOthers(db: Queryable, configured: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update client set disabled = clock_timestamp(), changed = clock_timestamp()
     where configured and disabled is null and not id = any($1::text[]) returning id`,
    [configured],
  );
  return rows.map((r) => r.id);
}

/** @returns false where there is none, or it was disabled before */
export async function disableClient(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update client set disabled = clock_timestamp(), changed = clock_timestamp() where id = $1 and disabled is null',
    [id],
  );
  return rowCount === 1;
}
