/** A pretend ЕСИА with one information system registered, and the settings by which the hub speaks to it. */
import { randomUUID } from 'node:crypto';
import { type Algorithm, makePair, type Pair } from '../../sandbox/esia/authority.ts';
import { type EsiaSandbox, openEsiaSandbox } from '../../sandbox/esia/server.ts';
import { type EsiaSettings, esiaSettings } from '../../src/connectors/esia/index.ts';

const day = 86_400_000;

export interface EsiaTestSandbox {
  readonly url: string;
  /** Of `createEsia`; parsed. */
  readonly settings: EsiaSettings;
  readonly control: EsiaSandbox;
  /** The key and the certificate of the information system. */
  readonly system: Pair;
  /**
   * Plays the browser: goes to the authorization URL, signs in and comes back.
   * @param person OID or e-mail of one of `control.people`; undefined refuses @returns the URL of the callback
   */
  signIn(authorizationUrl: string, person: number | string | undefined): Promise<URL>;
  close(): Promise<void>;
}

export interface EsiaTestOptions {
  readonly clock?: () => number;
  readonly algorithm?: Algorithm;
  /** Where people may be sent back to. */
  readonly origins?: readonly string[];
  /** Over the settings made here, before they are parsed. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export const allScopes = [
  ...['openid', 'fullname', 'birthdate', 'gender', 'snils', 'email', 'mobile', 'medical_doc'],
  ...['kid_fullname', 'kid_birthdate', 'kid_gender', 'kid_snils', 'kid_medical_doc'],
];

export async function startEsiaSandbox(options: EsiaTestOptions = {}): Promise<EsiaTestSandbox> {
  const clock = options.clock ?? Date.now;
  const algorithm = options.algorithm ?? 'GOST3410_2012_256';
  const now = clock();
  const system = makePair('GOST3410_2012_256', 'MEDMOST', { notBefore: now - day, notAfter: now + 365 * day });
  const sandbox = await openEsiaSandbox({ clock });
  sandbox.register({
    mnemonic: 'MEDMOST',
    certificates: [system.certificate],
    origins: options.origins ?? ['https://hub.example'],
    algorithm,
  });
  const settings = esiaSettings.parse({
    portal: sandbox.url,
    issuer: sandbox.issuer,
    mnemonic: 'MEDMOST',
    certificate: system.certificate,
    signer: { type: 'key', key: system.key.pem },
    scopes: allScopes,
    certificates: [sandbox.authority.pair(algorithm, 'current').certificate],
    ...options.settings,
  });
  return { url: sandbox.url, settings, control: sandbox, system, signIn, close: sandbox.close };
}

async function signIn(authorizationUrl: string, person: number | string | undefined): Promise<URL> {
  const first = await follow(authorizationUrl);
  if (first.pathname !== '/login') return first;
  const request = first.searchParams.get('request') ?? '';
  const who: Record<string, string> =
    typeof person === 'number'
      ? { person: String(person) }
      : person === undefined
        ? { refuse: 'yes' }
        : { login: person, password: '11111111' };
  return follow(`${first.origin}/login`, { method: 'POST', body: new URLSearchParams({ request, ...who }) });
}

async function follow(url: string, init: RequestInit = {}): Promise<URL> {
  const answer = await fetch(url, { ...init, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
  return new URL(location);
}

/** What the hub's callback page takes from the URL. */
export function callbackOf(url: URL, redirectUri: string) {
  const value = (name: string) => url.searchParams.get(name) ?? undefined;
  const [code, error, errorDescription] = [value('code'), value('error'), value('error_description')];
  return {
    state: value('state') ?? '',
    redirectUri,
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error }),
    ...(errorDescription === undefined ? {} : { errorDescription }),
  };
}

export const newState = () => randomUUID();
