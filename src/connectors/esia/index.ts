/** Sign-in with ЕСИА (Госуслуги), by its profiles v2 and v1. */
import { randomUUID } from 'node:crypto';
import { certificateHash, isGost, isValidAt } from '../../gost/certificate.ts';
import { type Identity, IdentityError, type IdentityProvider } from '../../identity.ts';
import type { Clock } from '../../instant.ts';
import { loadCertificates } from './certificates.ts';
import { esiaFailure, failure } from './failure.ts';
import { type Fetch, type Http, jsonOf, openHttp } from './http.ts';
import { identityOf, isConfirmed, subjectOf } from './identity.ts';
import { readPerson } from './person.ts';
import { openPortalClock, type PortalClock } from './portal-clock.ts';
import { authorizeParameters, type Profile, profiles, type Request, tokenParameters } from './request.ts';
import type { EsiaSettings } from './settings.ts';
import { openSigner } from './signer.ts';
import { timestampOf } from './timestamp.ts';
import { openTokenProof, type TokenProof } from './token.ts';

export { type EsiaSettings, esiaSecrets, esiaSettings } from './settings.ts';

interface Ground {
  readonly clock: Clock;
  /** In place of the network, for tests. */
  readonly fetch?: Fetch;
}

interface Connection {
  readonly settings: EsiaSettings;
  readonly profile: Profile;
  readonly http: Http;
  readonly portalClock: PortalClock;
  readonly proof: TokenProof;
  /** @throws IdentityError */
  sign(request: Request): Promise<string>;
  request(state: string, redirectUri: string, now: number, code?: string): Request;
}

/** @throws Error when a certificate cannot be read or settings do not fit together; it names the setting */
export function createEsia(settings: EsiaSettings, { clock, fetch }: Ground): IdentityProvider {
  const http = openHttp(settings, fetch);
  const connection = connect(settings, http, openPortalClock(settings, http, clock));
  return {
    name: 'esia',
    title: settings.title,
    authorizationUrl: ({ state, redirectUri }) => authorizationUrl(connection, state, redirectUri),
    identify: (callback) => identify(connection, callback),
    logoutUrl(returnTo) {
      const query = new URLSearchParams({ client_id: settings.mnemonic, redirect_url: returnTo });
      return `${settings.portal}/idp/ext/Logout?${query}`;
    },
  };
}

function connect(settings: EsiaSettings, http: Http, portalClock: PortalClock): Connection {
  const [certificate] = loadCertificates(settings.certificate, 'certificate');
  if (!isGost(certificate!)) throw new Error('certificate: its key is not one of GOST R 34.10-2012 with 256 bits');
  const pinned = settings.certificates.flatMap((source) => loadCertificates(source, 'certificates'));
  const profile = profiles[settings.profile];
  const signMessage = openSigner(settings.signer, { form: profile.form, certificate: certificate!, http });
  const hash = certificateHash(certificate!);
  return {
    settings,
    profile,
    http,
    portalClock,
    proof: openTokenProof(pinned, settings),
    sign: (request) => signMessage(profile.signed(request)),
    request(state, redirectUri, now, code) {
      if (!isValidAt(certificate!, now)) throw failure('esia-certificate-expired');
      return {
        mnemonic: settings.mnemonic,
        scope: settings.scopes.join(' '),
        organizationScope: settings.organizationScopes.join(' '),
        timestamp: timestampOf(now),
        state,
        redirectUri,
        certificateHash: hash,
        ...(code === undefined ? {} : { code }),
      };
    },
  };
}

async function authorizationUrl(connection: Connection, state: string, redirectUri: string): Promise<string> {
  const { settings, profile, portalClock } = connection;
  const request = connection.request(state, redirectUri, await portalClock.now());
  const parameters = authorizeParameters(profile, request, await connection.sign(request), settings);
  return `${settings.portal}${profile.authorizePath}?${parameters}`;
}

type Callback = Parameters<IdentityProvider['identify']>[0];

async function identify(connection: Connection, callback: Callback): Promise<Identity> {
  const { settings, http, proof, portalClock } = connection;
  const tokens = await exchangeOnce(connection, callback);
  const now = await portalClock.now();
  const idToken = await proof.prove(tokens['id_token'], 'id', now);
  const access = await proof.prove(tokens['access_token'], 'access', now);
  const subject = subjectOf(idToken);
  if (String(access['urn:esia:sbj_id']) !== subject)
    throw failure('esia-token', new Error('the access token is for another person than the id token'));
  const accessToken = String(tokens['access_token']);
  const told = await readPerson({ http, settings, oid: subject, accessToken, granted: scopesIn(access['scope']) });
  if (told.person.status === 'DELETED') throw failure('esia-person', new Error('the account is deleted'));
  const confirmed = isConfirmed(idToken, told.person);
  if (settings.confirmedOnly && !confirmed) throw esiaFailure('access_denied', 'ESIA-007055');
  return identityOf(subject, confirmed, told);
}

/** `fullname?oid=1000299654 snils?oid=1000299654` */
const scopesIn = (scope: unknown) =>
  String(scope ?? '')
    .split(' ')
    .map((one) => one.split('?')[0]!);

/** Once more when the portal says that the time is wrong: its clock is read anew, and the code is not spent yet. */
async function exchangeOnce(connection: Connection, callback: Callback): Promise<Readonly<Record<string, unknown>>> {
  const { code, error, errorDescription } = callback;
  if (error !== undefined || errorDescription !== undefined) {
    const told = esiaFailure(error, errorDescription);
    if (told.code === wrongTime) connection.portalClock.doubt();
    throw told;
  }
  if (code === undefined || code === '')
    throw failure('esia-unknown', new Error('the callback has neither code nor error'));
  try {
    return await exchange(connection, callback, code);
  } catch (problem) {
    if (!(problem instanceof IdentityError && problem.code === wrongTime)) throw problem;
    connection.portalClock.doubt();
    return exchange(connection, callback, code);
  }
}

const wrongTime = 'ESIA-007015';

async function exchange(
  connection: Connection,
  callback: Callback,
  code: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { settings, profile, http, portalClock } = connection;
  const state = settings.exchangeState === 'same' ? callback.state : randomUUID();
  const request = connection.request(state, callback.redirectUri, await portalClock.now(), code);
  const parameters = tokenParameters(profile, request, await connection.sign(request));
  const answer = await http.send({
    method: 'POST',
    url: settings.portal + profile.tokenPath,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: parameters.toString(),
  });
  const tokens = jsonOf(answer);
  if (answer.status !== 200) throw esiaFailure(textOf(tokens['error']), textOf(tokens['error_description']));
  if (tokens['state'] !== state) throw failure('esia-state');
  return tokens;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
