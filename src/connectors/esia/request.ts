/** The parameters of a request to ЕСИА and what of them is signed; both profiles differ in all of it. */

import type { EsiaSettings } from './settings.ts';
import type { SignatureForm } from './signer.ts';

export interface Profile {
  readonly authorizePath: string;
  readonly tokenPath: string;
  readonly form: SignatureForm;
  /** The bytes that are signed: values as they are, before any encoding, with nothing between them. */
  signed(request: Request): string;
  /** Parameters that only this profile has. */
  extra(request: Request): Readonly<Record<string, string>>;
}

export interface Request {
  readonly mnemonic: string;
  readonly scope: string;
  readonly organizationScope: string;
  readonly timestamp: string;
  readonly state: string;
  readonly redirectUri: string;
  readonly certificateHash: string;
  /** At the token endpoint. */
  readonly code?: string;
}

export const profiles: Readonly<Record<EsiaSettings['profile'], Profile>> = {
  v1: {
    authorizePath: '/aas/oauth2/ac',
    tokenPath: '/aas/oauth2/te',
    form: 'cms',
    signed: ({ scope, timestamp, mnemonic, state }) => scope + timestamp + mnemonic + state,
    extra: () => ({}),
  },
  v2: {
    authorizePath: '/aas/oauth2/v2/ac',
    tokenPath: '/aas/oauth2/v3/te',
    form: 'raw',
    signed: ({ mnemonic, scope, organizationScope, timestamp, state, redirectUri, code = '' }) =>
      mnemonic + scope + organizationScope + timestamp + state + redirectUri + code,
    extra: ({ certificateHash, organizationScope }) => ({
      client_certificate_hash: certificateHash,
      ...(organizationScope === '' ? {} : { scope_org: organizationScope }),
    }),
  },
};

function common(profile: Profile, request: Request, clientSecret: string): Record<string, string> {
  return {
    client_id: request.mnemonic,
    client_secret: clientSecret,
    ...profile.extra(request),
    redirect_uri: request.redirectUri,
    scope: request.scope,
    state: request.state,
    timestamp: request.timestamp,
  };
}

type Asked = Pick<EsiaSettings, 'accessType' | 'confirmedOnly'>;

/** There is no `nonce`: ЕСИА does not give it back. */
export function authorizeParameters(profile: Profile, request: Request, secret: string, asked: Asked): URLSearchParams {
  return new URLSearchParams({
    ...common(profile, request, secret),
    response_type: 'code',
    access_type: asked.accessType,
    ...(asked.confirmedOnly ? { person_filter: Buffer.from('conf_acc').toString('base64') } : {}),
  });
}

export function tokenParameters(profile: Profile, request: Request, secret: string): URLSearchParams {
  return new URLSearchParams({
    ...common(profile, request, secret),
    code: request.code ?? '',
    grant_type: 'authorization_code',
    token_type: 'Bearer',
  });
}
