/** People who have signed in: accounts, card files and grants as the authorization server leaves them, and their tokens. */
import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import type { LoginMethod, Role } from '../../src/access/principal.ts';
import type { TestHub } from './hub.ts';

export interface PersonPlan {
  readonly state?: 'limited' | 'confirmed' | 'blocked';
  readonly cards?: readonly {
    readonly relation?: 'self' | 'child' | 'other';
    readonly patient: string;
    readonly clinic?: string;
    readonly ends?: Date;
  }[];
  /** What it is at clinics. */
  readonly staff?: readonly { readonly clinic: string; readonly role: 'doctor' | 'registrar' | 'moderator' }[];
}

/** An account. @returns its id */
export async function addAccount(hub: TestHub, plan: PersonPlan = {}): Promise<string> {
  const account = randomUUID();
  const numberOf = (clinic: string) => hub.clinics.byKey(clinic)!.number;
  await hub.pool.query(`insert into account (id, state, family, given) values ($1, $2, 'Тестова', 'Мария')`, [
    account,
    plan.state ?? 'confirmed',
  ]);
  for (const [i, { relation, patient, clinic = hub.clinics.all[0]!.key, ends }] of (plan.cards ?? []).entries()) {
    const card = randomUUID();
    await hub.pool.query(
      `insert into card (id, account, relation, family, given, is_default, ends) values ($1, $2, $3, 'Тестова', 'Мария', $4, $5)`,
      [card, account, relation ?? 'self', i === 0, ends ?? null],
    );
    await hub.pool.query(`insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, 'code')`, [
      card,
      patient,
      numberOf(clinic),
    ]);
  }
  for (const { clinic, role } of plan.staff ?? [])
    await hub.pool.query('insert into staff (account, clinic, role) values ($1, $2, $3)', [
      account,
      numberOf(clinic),
      role,
    ]);
  return account;
}

export interface GrantPlan {
  readonly account: string;
  readonly scope: string;
  readonly role?: Role;
  readonly method?: LoginMethod;
  /** In context. */
  readonly patient?: string;
  readonly client?: string;
}

/** The access token of a new grant. */
export async function grant(hub: TestHub, plan: GrantPlan): Promise<{ token: string; grant: string }> {
  const { account, scope, role = 'patient', method = 'password', patient, client = 'phone' } = plan;
  await hub.pool.query(
    `insert into client (id, name, audience, authentication, redirect_uris, scopes)
     values ($1, $1, 'patient', 'none', '{https://app.test/}', '{}') on conflict do nothing`,
    [client],
  );
  const id = randomUUID();
  await hub.pool.query(
    `insert into smart_grant (id, client, account, role, method, patient, ends)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + interval '1 day')`,
    [id, client, account, role, method, patient ?? null],
  );
  return { token: await sign(hub, { sub: account, client_id: client, scope, gid: id }), grant: id };
}

/** The access token of a program that acts for itself. */
export async function program(
  hub: TestHub,
  scope: string,
  role: 'app' | 'registry',
  clinics: readonly string[] | null,
) {
  const client = `program-${randomUUID()}`;
  await hub.pool.query(
    `insert into client (id, name, audience, authentication, jwks, scopes, role, clinics)
     values ($1, $1, 'system', 'private_key_jwt', '{"keys":[]}', '{}', $2, $3)`,
    [client, role, clinics],
  );
  return sign(hub, { sub: client, client_id: client, scope });
}

async function sign(hub: TestHub, claims: Record<string, string>): Promise<string> {
  const [key] = hub.accessKeys.signing;
  const now = Math.floor(hub.context.clock() / 1000);
  return new SignJWT({ ...claims, iat: now, exp: now + 300, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key!.kid! })
    .setIssuer('http://hub.test/auth')
    .setAudience('http://hub.test/fhir')
    .sign(await importJWK(key!));
}
