/** Of configuration and FHIR API: what the authorization server is given, and its clients. */

import { createAccounts } from './access/account/sign-in.ts';
import type { AccessKeys } from './access/keys.ts';
import { type ClientSettings, clientId, clientSettings } from './access/smart/client.ts';
import { disableOthers, writeClient } from './access/smart/clients.sql.ts';
import type { Smart } from './access/smart/smart.ts';
import type { Authenticate } from './access/token.ts';
import { type Config, ConfigError } from './config.ts';
import { Fault } from './fault.ts';
import { textOf } from './fhir/byte-string.ts';
import type { Context } from './fhir/context.ts';
import { perform } from './fhir/perform.ts';
import type { Declarations } from './fhir/search/request.ts';
import { parseSearch } from './fhir/search/request.ts';
import { viewerOf } from './fhir/viewer.ts';
import { providersOf } from './identity-providers.ts';
import type { Outbound } from './outbound.ts';
import { type Queryable, transaction } from './postgres.ts';
import { patientOf } from './store/compartment.ts';
import { contentOf } from './store/document.ts';

export interface AuthorizationGround {
  readonly context: Context;
  readonly keys: AccessKeys;
  readonly authenticate: Authenticate;
  readonly outbound: Outbound;
  /** By which browsers see the hub, without a slash at the end. */
  readonly url: string;
}

/** @throws ConfigError */
export function smartOf(
  config: Pick<Config, 'esia' | 'esiaGateway' | 'server' | 'accounts' | 'mail'>,
  ground: AuthorizationGround,
): Smart {
  const { context, ...rest } = ground;
  const { pool, clinics, declarations, audit, clock, log } = context;
  return {
    ...rest,
    pool,
    trustProxy: config.server.trustProxy,
    origins: config.server.cors,
    accounts: createAccounts(context.accounts),
    providers: providersOf(config, clock),
    help: helpOf(config, rest.url),
    terms: config.accounts.consent,
    scopes: {
      types: new Set(declarations.keys()),
      isConstraint: (type, query) => isConstraint(declarations, type, query),
    },
    clinicName: (key) => clinics.byKey(key)?.name ?? key,
    patientOf: patientReader(context, `${rest.url}/fhir`),
    audit,
    clock,
    log,
  };
}

/** By the API's own read, with all that it looks at. @param base of the API @throws Fault of status 500 and above */
export function patientReader(context: Context, base: string): Smart['patientOf'] {
  return async (principal, type, id) => {
    const call = { interaction: 'read', method: 'GET', type, id, query: new URLSearchParams() } as const;
    const asked = { principal, viewer: viewerOf(principal, context.clinics), base, headers: {} };
    try {
      const { body } = await perform(context, asked, call, undefined);
      return patientOf(contentOf(textOf(body!)), false) ?? undefined;
    } catch (error) {
      if (error instanceof Fault && error.status < 500) return undefined;
      throw error;
    }
  };
}

/** Letters are a part of registering and of recovering a password. */
function helpOf({ accounts, mail }: Pick<Config, 'accounts' | 'mail'>, url: string): Smart['help'] {
  const page = (name: string) => `${url}/account/${name}`;
  return {
    changePassword: page('change-password'),
    ...(mail !== undefined && { recover: page('recover') }),
    ...(mail !== undefined && accounts.consent !== undefined && { register: page('register') }),
  };
}

/** A search that filters; one that only says how the result is wanted constrains nothing. */
function isConstraint(declarations: Declarations, type: string, query: string): boolean {
  try {
    return parseSearch(type, new URLSearchParams(query), declarations).filters.length > 0;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** @throws ConfigError naming every wrong key */
export function parseClients(clients: Config['clients']): ReadonlyMap<string, ClientSettings> {
  const problems: string[] = [];
  const parsed = new Map<string, ClientSettings>();
  for (const [id, raw] of Object.entries(clients)) {
    const { data, error } = clientSettings.safeParse(raw);
    if (!clientId.safeParse(id).success)
      problems.push(`clients.${id} · Latin letters, digits, dots, hyphens and _ alone`);
    for (const issue of error?.issues ?? [])
      problems.push(`clients.${[id, ...issue.path].join('.')} · ${issue.message}`);
    if (data !== undefined) parsed.set(id, data);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return parsed;
}

/** Those of the configuration as they are written there; those that it has lost are switched off. @throws ConfigError */
export async function configureClients(pool: Context['pool'], clients: Config['clients']): Promise<void> {
  const parsed = parseClients(clients);
  await transaction(pool, async (db: Queryable) => {
    for (const [id, client] of parsed) await writeClient(db, id, client, { configured: true, replace: true });
    await disableOthers(db, [...parsed.keys()]);
  });
}
