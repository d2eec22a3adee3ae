/** The token endpoints: a code, once and within its 240 s, for tokens. */
import { randomUUID } from 'node:crypto';
import { Refusal } from './refusal.ts';
import { checkRequest, type Profile } from './request-check.ts';
import type { Grant, State } from './state.ts';
import { accessSeconds, codeSeconds, makeTokens } from './tokens.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export function exchange(state: State, form: URLSearchParams, profile: Profile): JsonAnswer {
  try {
    const checked = checkRequest(state, form, profile, 'te');
    const ordered = state.mischief.take('error-te');
    if (ordered) throw new Refusal(ordered.number);
    const grant = spend(state, form.get('code')!, checked.client.mnemonic, checked.redirectUri);
    return { status: 200, body: tokensOf(state, grant, checked.state) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = { error: error.error, error_description: error.description, state: form.get('state') ?? '' };
    return { status: 400, body };
  }
}

function spend(state: State, code: string, mnemonic: string, redirectUri: string): Grant {
  const grant = state.grants.get(code);
  const isOurs = grant?.client.mnemonic === mnemonic && grant.redirectUri === redirectUri;
  if (grant === undefined || !isOurs || grant.spent || state.now() >= grant.issuedAt + codeSeconds * 1000)
    throw new Refusal('007011');
  grant.spent = true;
  return grant;
}

function tokensOf(state: State, { person, scopes, offline, client }: Grant, requestState: string) {
  const now = state.now();
  const { id, access } = makeTokens({ ...state, client, person, scopes, now });
  state.accesses.set(access, { person, scopes, until: now + accessSeconds * 1000 });
  return {
    access_token: access,
    ...(id !== undefined && scopes.includes('openid') ? { id_token: id } : {}),
    ...(offline ? { refresh_token: randomUUID() } : {}),
    state: state.mischief.take('state-other') ? randomUUID() : requestState,
    token_type: 'Bearer',
    expires_in: accessSeconds,
  };
}
