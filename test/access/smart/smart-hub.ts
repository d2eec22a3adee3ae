/** A hub with an authorization server that listens, people who may sign in, and clients. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { addAccountPages } from '../../../src/access/account/pages/mount.ts';
import { type ClientSettings, clientSettings } from '../../../src/access/smart/client.ts';
import { writeClient } from '../../../src/access/smart/clients.sql.ts';
import { addSmart } from '../../../src/access/smart/mount.ts';
import type { Accounts, Smart } from '../../../src/access/smart/smart.ts';
import { patientReader } from '../../../src/authorization.ts';
import type { MisRecord } from '../../../src/connectors/connector.ts';
import { Fault } from '../../../src/fault.ts';
import type { Context } from '../../../src/fhir/context.ts';
import type { IdentityProvider } from '../../../src/identity.ts';
import { type Outbound, openOutbound } from '../../../src/outbound.ts';
import { freePort } from '../../../src/port.ts';
import type { Database } from '../../../src/postgres.ts';
import { createDatabase } from '../../support/database.ts';
import { ask, createTestHub, silent, type TestHub } from '../../support/hub.ts';
import { createMemoryMis, openMemoryClinic } from '../../support/memory-mis.ts';
import { Browser, backOf, type Page } from './browser.ts';

export interface SmartHub extends TestHub {
  readonly url: string;
  readonly auth: string;
  readonly fhir: string;
  readonly smart: Smart;
  client(id: string, settings: Partial<ClientSettings> & Pick<ClientSettings, 'audience' | 'scopes'>): Promise<void>;
  /** An account with a card of its own. @returns its id */
  account(login: string, content?: { state?: string; name?: string }): Promise<string>;
  /** A person in a card file, who is a new Patient in each of the clinics. @returns the Patients */
  card(
    account: string,
    relation: 'self' | 'child' | 'other',
    name: string,
    clinics: readonly string[],
  ): Promise<string[]>;
  staff(account: string, role: string, clinic: string): Promise<void>;
  /** The clock of the FHIR side, which looks at a grant again after a second. */
  later(seconds: number): void;
}

export const callback = 'https://app.test/callback';
export const password = 'правильный пароль';
export const clinics = ['demo', 'second'];

export interface SmartPlan {
  /** What the MIS has; the hub knows nothing of it before it reads. */
  readonly slots?: MisRecord[];
  readonly origins?: readonly string[];
  /** With the pages below /account. */
  readonly accountPages?: true;
  readonly providers?: (url: string) => Promise<readonly IdentityProvider[]>;
  readonly accounts?: (pool: Database) => Accounts;
  /** Nobody is asked for consent without it. */
  readonly terms?: Smart['terms'];
  readonly change?: (smart: Smart, context: Context) => Smart;
}

export async function createSmartHub(plan: SmartPlan = {}): Promise<SmartHub> {
  const database = await createDatabase();
  const url = `http://127.0.0.1:${await freePort()}`;
  const mis = createMemoryMis();
  mis.slots = plan.slots ?? [];
  const build = (numbers: Map<string, number>) => clinics.map((key) => openMemoryClinic(key, numbers.get(key)!, mis));
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const hub = await createTestHub(database.url, build, clinics, clock, url, plan.origins);
  const outbound = openOutbound({ allowHttp: true, allow: ['127.0.0.1'], ports: [443] });
  const given = { ...smartOf(hub, url, outbound, plan), providers: (await plan.providers?.(url)) ?? [] };
  const smart = plan.change?.(given, hub.context) ?? given;
  await addSmart(hub.app, smart);
  if (plan.accountPages) addAccountPages(hub.app, hub.context.accounts, false);
  await hub.app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) });
  return {
    ...hub,
    url,
    auth: `${url}/auth`,
    fhir: `${url}/fhir`,
    smart,
    client: async (id, settings) => {
      const whole = {
        name: `Приложение ${id}`,
        redirectUris: settings.audience === 'system' ? [] : [callback],
        ...settings,
      };
      await writeClient(hub.pool, id, clientSettings.parse(whole), { configured: false, replace: true });
    },
    account: (login, content) => insertAccount(hub.pool, login, content),
    card: (account, relation, name, keys) => insertCard(hub, account, relation, name, keys),
    async staff(account, role, clinic) {
      const text =
        'insert into staff (account, clinic, role, practitioner) select $1, id, $3, $4 from clinic where key = $2';
      await hub.pool.query(text, [account, clinic, role, role === 'doctor' ? randomUUID() : null]);
    },
    later: (seconds) => {
      ahead += seconds * 1000;
    },
    async close() {
      await hub.close();
      await outbound.close();
      await database.drop();
    },
  };
}

function smartOf(hub: TestHub, url: string, outbound: Outbound, { accounts, terms }: SmartPlan): Smart {
  return {
    pool: hub.pool,
    keys: hub.accessKeys,
    url,
    trustProxy: false,
    origins: hub.context.program.origins,
    accounts: accounts?.(hub.pool) ?? plainAccounts(hub.pool),
    providers: [],
    help: {},
    terms,
    scopes: {
      types: new Set(hub.context.declarations.keys()),
      isConstraint: (_type, query) => /^status=\w+$/.test(query),
    },
    clinicName: (key) => hub.clinics.byKey(key)?.name ?? key,
    outbound,
    authenticate: hub.authenticate,
    patientOf: patientReader(hub.context, `${url}/fhir`),
    audit: hub.context.audit,
    clock: hub.context.clock,
    log: silent,
  };
}

/** Passwords of tests are not worth an argon2. */
const plainAccounts = (pool: Database): Accounts => ({
  async signIn(login, given) {
    const { rows } = await pool.query<{ id: string }>('select id from account where login = $1 and password = $2', [
      login,
      given,
    ]);
    if (login === 'throttled@mail.test') throw new Fault('throttled', 'Later.', { retryAfter: 600 });
    if (rows[0] === undefined) throw new Fault('unauthenticated', 'No.');
    return { account: rows[0].id };
  },
  async signInBy(provider, { subject, family, given }) {
    const { rows } = await pool.query<{ id: string }>(
      `insert into account (id, provider, provider_subject, state, family, given) values ($1, $2, $3, 'confirmed', $4, $5)
       on conflict (provider, provider_subject) do update set family = excluded.family returning id`,
      [randomUUID(), provider, subject, family, given],
    );
    return { account: rows[0]!.id };
  },
});

async function insertAccount(
  pool: Database,
  login: string,
  content: { state?: string; name?: string } = {},
): Promise<string> {
  const { state = 'confirmed', name = 'Тестова Мария' } = content;
  const [family, given] = name.split(' ');
  const id = randomUUID();
  const text = 'insert into account (id, login, password, state, family, given) values ($1, $2, $3, $4, $5, $6)';
  await pool.query(text, [id, login, password, state, family, given]);
  return id;
}

async function insertCard(
  hub: TestHub,
  account: string,
  relation: string,
  name: string,
  keys: readonly string[],
): Promise<string[]> {
  const [family, given] = name.split(' ');
  const card = randomUUID();
  await hub.pool.query(
    `insert into card (id, account, relation, family, given, is_default) values ($1, $2, $3, $4, $5, $3 = 'self')`,
    [card, account, relation, family, given],
  );
  const patients: string[] = [];
  for (const key of keys) {
    const body = { resourceType: 'Patient', name: [{ family, given: [given] }] };
    const token = await hub.token({ clinics: [key] });
    const { status, body: created } = await ask(hub, 'POST', 'Patient', { body, token });
    if (status !== 201) throw new Error(JSON.stringify(created));
    patients.push(created.id!);
    await hub.pool.query(
      `insert into card_patient (card, patient, clinic, basis) select $1, $2, id, 'code' from clinic where key = $3`,
      [card, created.id, key],
    );
  }
  return patients;
}

export interface Authorization {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
}

/** The address by which an app begins. @param parameters in place of the usual ones; null: without */
export function authorizationOf(
  hub: SmartHub,
  client: string,
  scope: string,
  parameters: Record<string, string | null> = {},
): Authorization {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const usual = {
    client_id: client,
    response_type: 'code',
    redirect_uri: callback,
    scope,
    state,
    aud: hub.fhir,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const url = new URL(`${hub.auth}/authorize`);
  for (const [name, value] of Object.entries({ ...usual, ...parameters }))
    if (value !== null) url.searchParams.set(name, value);
  return { url: url.href, verifier, state };
}

/** Signs in by password; goes on as far as it goes without a choice. */
export async function signIn(browser: Browser, url: string, login: string): Promise<Page> {
  const page = await browser.go(url);
  return browser.submit(page, '/login', { login, password });
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, unknown> & {
    access_token: string;
    refresh_token: string;
    scope: string;
    error?: string;
  };
  readonly headers: Headers;
}

export async function askToken(
  hub: SmartHub,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const answer = await fetch(`${hub.auth}/token`, { method: 'POST', body: new URLSearchParams(parameters), headers });
  return { status: answer.status, body: (await answer.json()) as TokenAnswer['body'], headers: answer.headers };
}

export const exchange = (hub: SmartHub, client: string, begun: Authorization, page: Page) =>
  askToken(hub, {
    grant_type: 'authorization_code',
    code: backOf(page).get('code') ?? '',
    redirect_uri: callback,
    client_id: client,
    code_verifier: begun.verifier,
  });

/** The whole way of a person with one Patient at most. @param patient which of several to choose */
export async function authorize(
  hub: SmartHub,
  {
    client,
    scope,
    login,
    patient,
    browser = new Browser(),
  }: { client: string; scope: string; login: string; patient?: string; browser?: Browser },
): Promise<TokenAnswer> {
  const begun = authorizationOf(hub, client, scope);
  let page = await browser.go(begun.url);
  if (page.text.includes('/login"')) page = await browser.submit(page, '/login', { login, password });
  if (patient !== undefined) page = await browser.submit(page, '/patient', { patient });
  page = await browser.submit(page, '/consent');
  const code = backOf(page).get('code');
  if (code === null) throw new Error(`no code: ${page.url} ${page.text}`);
  return exchange(hub, client, begun, page);
}

export const get = (hub: SmartHub, token: string, path: string) =>
  fetch(`${hub.fhir}/${path}`, { headers: { authorization: `Bearer ${token}` } });
