/** ЕСИА says no: `error_description` begins with the number; `error` is a word of RFC 6749. */

/** Pairs seen on the wire, else what RFC 6749 calls it. */
const words: Readonly<Record<string, string | undefined>> = {
  '007004': 'access_denied',
  '007005': 'unauthorized_client',
  '007006': 'invalid_scope',
  '007007': 'server_error',
  '007008': 'temporarily_unavailable',
  '007009': 'unsupported_grant_type',
  '007011': 'invalid_grant',
  '007012': 'invalid_grant',
  '007013': 'invalid_scope',
  '007053': 'access_denied',
  '007055': 'access_denied',
  '008010': 'invalid_client',
};

const texts: Readonly<Record<string, string | undefined>> = {
  '007011':
    'The provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  '007014': 'The request does not contain the mandatory parameter',
  '007053': 'OAuthErrorEnum.clientSecretWrong',
};

export class Refusal extends Error {
  /** Six digits. */
  readonly number: string;
  readonly error: string;
  readonly description: string;

  constructor(number: string, detail = '') {
    const text = texts[number] ?? 'The request is refused';
    super(`ESIA-${number}: ${text}${detail === '' ? '' : ` ${detail}`}`);
    this.number = number;
    this.error = words[number] ?? 'invalid_request';
    this.description = this.message;
  }
}
