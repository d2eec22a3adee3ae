/** The authorization endpoints, the login page's answer and the way back to the information system. */
import { randomUUID } from 'node:crypto';
import { type Person, password } from './people.ts';
import { Refusal } from './refusal.ts';
import { checkRequest, mayReturn, type Profile } from './request-check.ts';
import { type Grant, type Login, openLogin, type State } from './state.ts';
import { makeCode } from './tokens.ts';

/** Where the browser goes, or a page that tells a person who cannot be sent back. */
export type Way = { readonly location: string } | { readonly problem: string };

export function authorize(state: State, query: URLSearchParams, profile: Profile): Way {
  try {
    const checked = checkRequest(state, query, profile, 'ac');
    const ordered = state.mischief.take('error-ac');
    if (ordered) throw new Refusal(ordered.number);
    const confirmedOnly = filterIn(query) === 'conf_acc';
    const id = openLogin(state, { ...checked, confirmedOnly, offline: query.get('access_type') === 'offline' });
    return { location: `${state.origin}/login?request=${id}` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const redirectUri = query.get('redirect_uri');
    if (!mayReturn(state.clients.get(query.get('client_id') ?? ''), redirectUri)) return { problem: error.description };
    return refuse(redirectUri!, query.get('state') ?? '', error);
  }
}

const filterIn = (query: URLSearchParams) => Buffer.from(query.get('person_filter') ?? '', 'base64').toString('utf8');

function refuse(redirectUri: string, state: string, { error, description }: Refusal): Way {
  return back(redirectUri, { error, error_description: description, state });
}

function back(redirectUri: string, parameters: Readonly<Record<string, string>>): Way {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { location: url.href };
}

/** Whoever gives the right password, or was clicked on. @returns undefined when there is nobody */
export function personOf(people: readonly Person[], form: URLSearchParams): Person | undefined {
  const oid = form.get('person');
  if (oid !== null) return people.find((person) => String(person.oid) === oid);
  if (form.get('password') !== password) return undefined;
  const digits = (text = '') => text.replaceAll(/\D/g, '');
  const login = (form.get('login') ?? '').trim().toLowerCase();
  return people.find(
    ({ email, snils, mobile }) =>
      login !== '' && (login === email || [digits(snils), digits(mobile)].includes(digits(login) || 'none')),
  );
}

/** The end of the login page: sends the person back with a code, or with why not. */
export function finish(state: State, login: Login, person: Person | undefined): Way {
  const { mischief } = state;
  if (person === undefined) return refuse(login.redirectUri, login.state, new Refusal('007004'));
  if (mischief.take('error-bare')) return back(login.redirectUri, { error: 'access_denied', state: login.state });
  if (login.confirmedOnly && !person.trusted && !mischief.take('unconfirmed'))
    return refuse(login.redirectUri, login.state, new Refusal('007055'));
  if (mischief.take('callback-no-code')) return back(login.redirectUri, { state: login.state });
  const returned = mischief.take('callback-other-state') ? randomUUID() : login.state;
  return back(login.redirectUri, { code: grantCode(state, login, person), state: returned });
}

function grantCode(state: State, login: Login, person: Person): string {
  const late = state.mischief.take('code-late') ? 241_000 : 0;
  const issuedAt = state.now() - late;
  const code = makeCode({ ...state, ...login, person, now: issuedAt }, login.state);
  const grant: Grant = { ...login, person, issuedAt, spent: state.mischief.take('code-spent') !== undefined };
  state.grants.set(code, grant);
  return code;
}
