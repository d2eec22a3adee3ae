/** How the door proves who it is to the hub: a token it was given, or SMART Backend Services (docs/smart.md). */
import { randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { ConfigError } from '../../config.ts';
import type { Clock } from '../../instant.ts';
import type { MedflexSettings } from './settings.ts';

export interface HubAccess {
  /** A token that is good for half a minute at least. @throws Error when none is given */
  token(signal: AbortSignal): Promise<string>;
  /** The hub has refused the last one. */
  forget(): void;
}

/** The least that the door needs; a client may be registered for more, and gets no more by this. */
export const scopes = [
  'system/Schedule.rs',
  'system/Slot.rs',
  'system/Location.rs',
  'system/Practitioner.rs',
  'system/PractitionerRole.rs',
  'system/Patient.crs',
  'system/Appointment.crus',
];

/** @throws ConfigError for a key that cannot sign */
export function createHubAccess(hub: MedflexSettings['hub'], clock: Clock): HubAccess {
  const { token, client } = hub;
  if (client === undefined) return { token: async () => token!, forget: () => {} };
  const key = readKey(client.key);
  let given: { token: string; until: number } | undefined;
  return {
    async token(signal) {
      if (given === undefined || given.until - 30_000 < clock())
        given = await askFor(hub.url, client.id, key, clock, signal);
      return given.token;
    },
    forget() {
      given = undefined;
    },
  };
}

type Key = JWK & { readonly alg: string; readonly kid: string };

function readKey(text: string): Key {
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    throw new ConfigError('hub.client.key is no JWK: JSON with kty, alg and kid');
  }
  const shape = z.looseObject({ kty: z.string(), d: z.string(), alg: z.enum(['ES384', 'RS384']), kid: z.string() });
  if (!shape.safeParse(key).success)
    throw new ConfigError('hub.client.key needs kty, d (it is the private one), kid, and alg ES384 or RS384');
  return key as Key;
}

const discovered = z.looseObject({ token_endpoint: z.url() });
const granted = z.looseObject({ access_token: z.string().min(1), expires_in: z.number().positive() });

async function askFor(base: string, client: string, key: Key, clock: Clock, signal: AbortSignal) {
  const known = await fetch(`${base}/.well-known/smart-configuration`, { redirect: 'error', signal });
  if (!known.ok) throw new Error(`the hub does not tell where tokens are: ${known.status}`);
  const { token_endpoint: endpoint } = discovered.parse(await known.json());
  const now = Math.floor(clock() / 1000);
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .setIssuer(client)
    .setSubject(client)
    .setAudience(endpoint)
    .setExpirationTime(now + 240)
    .setJti(randomUUID())
    .sign(await importJWK(key));
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: scopes.join(' '),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
  const answer = await fetch(endpoint, { method: 'POST', body, redirect: 'error', signal });
  if (!answer.ok) throw new Error(`the hub gives ${client} no token: ${answer.status}`);
  const { access_token: token, expires_in: seconds } = granted.parse(await answer.json());
  return { token, until: clock() + seconds * 1000 };
}
