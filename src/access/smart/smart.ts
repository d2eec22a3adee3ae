/** What the authorization server is given. */
import type { Logger } from 'pino';
import type { Identity, IdentityProvider } from '../../identity.ts';
import type { Clock } from '../../instant.ts';
import type { Outbound } from '../../outbound.ts';
import type { Database } from '../../postgres.ts';
import type { Audit } from '../audit/audit.ts';
import type { AccessKeys } from '../keys.ts';
import type { Principal } from '../principal.ts';
import type { Authenticate } from '../token.ts';
import type { ScopeRules } from './scopes.ts';

/** Who somebody is. `access/account/sign-in.ts` does it. */
export interface Accounts {
  /** @throws Fault unauthenticated, throttled with retryAfter, forbidden with a code */
  signIn(login: string, password: string, ip: string): Promise<{ readonly account: string }>;
  /** The account of a person whom a provider has identified, made when there is none. @throws Fault forbidden */
  signInBy(provider: string, identity: Identity): Promise<{ readonly account: string }>;
}

export interface Smart {
  readonly pool: Database;
  readonly keys: AccessKeys;
  /** By which browsers and apps see the hub, without a slash at the end: `https://hub.example.ru`, with a path where there is one. */
  readonly url: string;
  /** A proxy before the hub says whose requests they are (X-Forwarded-For). */
  readonly trustProxy: boolean;
  readonly accounts: Accounts;
  readonly providers: readonly IdentityProvider[];
  /** Addresses of pages on which people help themselves, as far as there are such. */
  readonly help: { readonly register?: string; readonly recover?: string; readonly changePassword?: string };
  /** What a person must have consented to before an app gets anything; absent: nobody is asked. */
  readonly terms?: { readonly version: string; readonly text: string } | undefined;
  readonly scopes: ScopeRules;
  /** What people read of a clinic. @param key of the configuration */
  clinicName(key: string): string;
  /** For addresses of keys that clients give. */
  readonly outbound: Pick<Outbound, 'check' | 'dispatcher'>;
  /** Of the web pages that may call the hub: cabinets among them. */
  readonly origins: readonly string[];
  /** For those who open an app from a cabinet. */
  readonly authenticate: Authenticate;
  /** Signing in and out is written down there. */
  readonly audit: Pick<Audit, 'record' | 'owe'>;
  /** Id of the Patient that `Patient/<id>` is, or that `Encounter/<id>` is of; undefined where the principal may not read it. */
  patientOf(principal: Principal, type: 'Patient' | 'Encounter', id: string): Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Addresses under which the authorization server and the FHIR API are seen. */
export interface Addresses {
  readonly issuer: string;
  /** Of the issuer: `/auth`. */
  readonly root: string;
  readonly fhir: string;
  readonly origin: string;
  readonly https: boolean;
}

export function addressesOf({ url }: Pick<Smart, 'url'>): Addresses {
  const issuer = `${url}/auth`;
  const { pathname, origin, protocol } = new URL(issuer);
  return { issuer, root: pathname, fhir: `${url}/fhir`, origin, https: protocol === 'https:' };
}
