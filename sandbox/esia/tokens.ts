/** The authorization code, the access token and the id token: all three are JWTs signed by ЕСИА. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Algorithm, Authority, KeyName, Pair } from './authority.ts';
import type { Mischief } from './misbehaviour.ts';
import type { Person } from './people.ts';
import type { Client } from './registry.ts';

export const codeSeconds = 240;
export const accessSeconds = 3600;
const idSeconds = 10_800;

export interface Issue {
  readonly authority: Authority;
  readonly mischief: Mischief;
  readonly issuer: string;
  readonly client: Client;
  readonly person: Person;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Json = Readonly<Record<string, unknown>>;

const encode = (value: Json) => Buffer.from(JSON.stringify(value).replaceAll('/', '\\/')).toString('base64url');

function signJwt(header: Json, payload: Json, { key }: Pair): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${key.sign(Buffer.from(signed)).toString('base64url')}`;
}

const seconds = (instant: number) => Math.floor(instant / 1000);

const subjectOf = (person: Person) => ({
  typ: 'P',
  is_tru: person.trusted,
  oid: person.oid,
  nam: `OID.${person.oid}`,
  eid: person.oid + 7,
});

export function makeCode(issue: Issue, state: string): string {
  const { client, person, scopes, issuer, authority } = issue;
  const now = seconds(issue.now);
  const payload = {
    nbf: now,
    scope: scopes.join(' '),
    auth_time: now,
    iss: issuer,
    'urn:esia:sid': randomUUID(),
    'urn:esia:client:state': state,
    auth_mthd: 'PWD',
    'urn:esia:sbj': subjectOf(person),
    exp: now + codeSeconds,
    params: { remote_ip: '127.0.0.1', user_agent: 'sandbox' },
    iat: now,
    client_id: client.mnemonic,
  };
  const header = { ver: 1, typ: 'JWT', sbt: 'authorization_code', alg: client.algorithm };
  return signJwt(header, payload, authority.pair(client.algorithm, 'current'));
}

export function makeTokens(issue: Issue): { id: string | undefined; access: string } {
  const pair = issue.authority.pair(issue.client.algorithm, keyName(issue.mischief));
  const access = makeAccess(issue, pair);
  if (issue.mischief.take('no-id-token')) return { id: undefined, access };
  return { id: issue.mischief.take('token-kind') ? access : makeId(issue, pair), access };
}

function keyName(mischief: Mischief): KeyName {
  if (mischief.take('key-foreign')) return 'foreign';
  if (mischief.take('key-previous')) return 'previous';
  return mischief.take('key-expired') ? 'expired' : 'current';
}

function makeAccess({ client, person, scopes, issuer, mischief, ...issue }: Issue, pair: Pair): string {
  const now = seconds(issue.now);
  const payload = {
    nbf: now,
    scope: scopes.map((scope) => (scope === 'openid' ? scope : `${scope}?oid=${person.oid}`)).join(' '),
    iss: issuer,
    'urn:esia:sid': randomUUID(),
    'urn:esia:sbj_id': person.oid + (mischief.take('access-person') ? 1 : 0),
    exp: now + accessSeconds,
    iat: now,
    client_id: mischief.take('access-client') ? 'SOMEBODY_ELSE' : client.mnemonic,
  };
  const token = signJwt({ ver: 1, typ: 'JWT', sbt: 'access', alg: client.algorithm }, payload, pair);
  return mischief.take('access-flipped') ? flipped(token) : token;
}

function makeId(issue: Issue, pair: Pair): string {
  const { client, mischief } = issue;
  const crit = mischief.take('token-crit') ? { crit: ['b64'], b64: true } : {};
  const header = { ver: 0, typ: 'JWT', sbt: 'id', alg: client.algorithm, ...crit };
  const payload = idClaims(issue);
  const other = otherAlgorithm(client.algorithm);
  if (mischief.take('alg-none')) return `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`;
  if (mischief.take('alg-hs256')) return hmacToken({ ...header, alg: 'HS256' }, payload, pair.certificate);
  if (mischief.take('alg-mismatch')) return signJwt({ ...header, alg: other }, payload, pair);
  if (mischief.take('alg-other'))
    return signJwt({ ...header, alg: other }, payload, issue.authority.pair(other, 'current'));
  const token = signJwt(header, payload, pair);
  if (mischief.take('signature-flipped')) return flipped(token);
  if (mischief.take('signature-swapped')) return swapped(token);
  if (mischief.take('payload-changed')) return token.replace(/\.[^.]+\./, `.${encode({ ...payload, sub: 1 })}.`);
  return token;
}

function idClaims({ client, person, issuer, mischief, ...issue }: Issue): Json {
  const now = seconds(issue.now);
  const late = mischief.take('token-expired') ? 4 * 3600 : 0;
  const isConfirmed = person.trusted && mischief.take('token-unconfirmed') === undefined;
  const level = mischief.take('level-person') ? 'P' : mischief.take('level-child') ? 'KD' : isConfirmed ? 'PR' : 'P';
  return {
    aud: mischief.take('token-aud') ? 'SOMEBODY_ELSE' : client.mnemonic,
    sub: person.oid,
    nbf: mischief.take('token-early') ? now + 3600 : now - late,
    amr: 'PWD',
    'urn:esia:amd': 'PWD',
    auth_time: now - late,
    iss: mischief.take('token-iss') ? 'http://esia.example.com/' : issuer,
    'urn:esia:sid': randomUUID(),
    'urn:esia:sbj': {
      'urn:esia:sbj:typ': 'P',
      ...(isConfirmed ? { 'urn:esia:sbj:is_tru': true } : {}),
      'urn:esia:sbj:oid': person.oid,
      'urn:esia:sbj:nam': `OID.${person.oid}`,
      'urn:esia:sbj:lvl': level,
    },
    ...(mischief.take('token-endless') ? {} : { exp: now - late + idSeconds }),
    iat: now - late,
  };
}

const otherAlgorithm = (algorithm: Algorithm): Algorithm => (algorithm === 'RS256' ? 'GOST3410_2012_256' : 'RS256');

function hmacToken(header: Json, payload: Json, secret: string): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function flipped(token: string): string {
  return withSignature(token, (signature) => {
    signature[5]! ^= 1;
    return signature;
  });
}

const swapped = (token: string) =>
  withSignature(token, (signature) =>
    Buffer.concat([signature.subarray(signature.length / 2), signature.subarray(0, signature.length / 2)]),
  );

function withSignature(token: string, change: (signature: Buffer) => Buffer): string {
  const end = token.lastIndexOf('.') + 1;
  return token.slice(0, end) + change(Buffer.from(token.slice(end), 'base64url')).toString('base64url');
}
