/** The register of people, /rs/prns: fields and lists by what the access token was given for. */
import { createHash } from 'node:crypto';
import type { Place } from './misbehaviour.ts';
import type { Person } from './people.ts';
import type { Access, State } from './state.ts';
import type { JsonAnswer } from './token-endpoint.ts';

type Json = Readonly<Record<string, unknown>>;

const forbidden: JsonAnswer = {
  status: 403,
  body: { code: 'ESIA-005011', message: 'SecurityErrorEnum.noGrants' },
};
const missing: JsonAnswer = { status: 404, body: { code: 'ESIA-005013', message: 'ResourceErrorEnum.notFound' } };

/** The place of a path, for misbehaviour. */
export function placeOf(path: string): Place {
  const [, name] = /^\/rs\/prns\/\d+\/(ctts|docs|kids)/.exec(path) ?? [];
  return name === undefined ? 'person' : (name as Place);
}

/** @param path below the origin, `/rs/prns/…` */
export function readRegister(
  state: State,
  authorization: string | undefined,
  path: string,
  query: URLSearchParams,
): JsonAnswer {
  const access = state.accesses.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
  if (access === undefined || state.now() >= access.until)
    return { status: 401, body: { code: 'ESIA-005012', message: 'SecurityErrorEnum.invalidToken' } };
  const [oid, ...rest] = path.split('/').slice(3);
  if (oid !== String(access.person.oid) || state.mischief.take('forbidden', placeOf(path))) return forbidden;
  const isEmbedded = query.get('embed') === '(elements)' && !state.mischief.take('not-embedded');
  return answerOf(state, access, rest, `${state.origin}${path}`, isEmbedded);
}

function answerOf(state: State, access: Access, rest: readonly string[], url: string, embed: boolean): JsonAnswer {
  const { person } = access;
  const [name, id, inner, innerId] = rest;
  const has = (...scopes: string[]) => scopes.some((scope) => access.scopes.includes(scope));
  if (name === undefined) return found(personJson(state, access));
  if (name === 'kids') {
    if (!kidScopes.some((scope) => has(scope))) return forbidden;
    const kid = person.children.find((child) => String(child.oid) === id);
    if (id !== undefined && kid === undefined) return missing;
    if (inner === undefined) {
      const kids = state.mischief.take('no-kids') ? [] : person.children;
      const elements = kids.map((child) => kidJson(state, child, access));
      return id === undefined ? list(state, elements, url, embed) : found(kidJson(state, kid!, access));
    }
    if (inner !== 'docs' || !has('kid_medical_doc')) return forbidden;
    return pick(state, policies(kid!), innerId, url, embed);
  }
  if (name === 'ctts') {
    const types = [...(has('email', 'contacts') ? ['EML'] : []), ...(has('mobile', 'contacts') ? ['MBT'] : [])];
    if (types.length === 0) return forbidden;
    return pick(
      state,
      contacts(person).filter((one) => types.includes(one.type)),
      id,
      url,
      embed,
    );
  }
  if (name !== 'docs') return missing;
  const documents = [...(has('id_doc') ? passports(person) : []), ...(has('medical_doc') ? policies(person) : [])];
  return has('id_doc', 'medical_doc') ? pick(state, documents, id, url, embed) : forbidden;
}

const kidScopes = ['kid_fullname', 'kid_birthdate', 'kid_gender', 'kid_snils', 'kid_medical_doc'];

const found = (body: Json): JsonAnswer => ({ status: 200, body });

type Element = Json & { readonly id: number };

function pick(
  state: State,
  elements: readonly Element[],
  id: string | undefined,
  url: string,
  embed: boolean,
): JsonAnswer {
  if (id === undefined) return list(state, elements, url, embed);
  const one = elements.find((element) => String(element.id) === id);
  return one === undefined ? missing : found(one);
}

function list(state: State, all: readonly Element[], url: string, embed: boolean): JsonAnswer {
  const first = all[0];
  const elements = first && state.mischief.take('many-elements') ? Array.from({ length: 300 }, () => first) : all;
  const base = baseOf(state, url);
  const urls = elements.map(({ id }) => `${base}/${id}`);
  const isPlain = embed && base === url;
  const body = {
    stateFacts: ['hasSize'],
    size: elements.length,
    eTag: tagOf(elements),
    elements: isPlain ? elements : urls,
  };
  return found(body);
}

/** Where the URLs of elements lead; the canary answers at any name of this machine. */
function baseOf(state: State, url: string): string {
  if (state.mischief.take('foreign-element')) return url.replace('127.0.0.1', 'localhost');
  return state.mischief.take('climbing-element') ? `${url}/../../../../control/canary` : url;
}

const tagOf = (value: unknown) => createHash('sha1').update(JSON.stringify(value)).digest('hex').toUpperCase();

function personJson(state: State, { person, scopes }: Access): Json {
  const has = (scope: string) => scopes.includes(scope);
  const lie = state.mischief.take('trusted-false') ? { trusted: false } : {};
  return {
    stateFacts: ['EntityRoot'],
    ...named(person, has, ''),
    trusted: person.trusted,
    citizenship: 'RUS',
    status: 'REGISTERED',
    verifying: false,
    containsUpCfmCode: false,
    updatedOn: 1732000000,
    eTag: tagOf(person),
    ...lie,
    ...state.mischief.take('person')?.patch,
  };
}

function kidJson(state: State, child: Person, { scopes }: Access): Element {
  const has = (scope: string) => scopes.includes(scope);
  const patch = state.mischief.take('kid')?.patch ?? {};
  return { stateFacts: ['Identifiable'], id: child.oid, ...named(child, has, 'kid_'), eTag: tagOf(child), ...patch };
}

/** Fields appear only for scopes that were granted. */
function named(person: Person, has: (scope: string) => boolean, prefix: string): Json {
  const { firstName, lastName, middleName } = person;
  return {
    ...(has(`${prefix}fullname`) ? { firstName, lastName, ...(middleName === undefined ? {} : { middleName }) } : {}),
    ...(has(`${prefix}birthdate`) ? { birthDate: person.birthDate } : {}),
    ...(has(`${prefix}gender`) ? { gender: person.gender } : {}),
    ...(has(`${prefix}snils`) && person.snils !== undefined ? { snils: person.snils } : {}),
  };
}

function contacts({ oid, email, mobile }: Person) {
  const contact = (id: number, type: string, value: string, vrfStu: string) => ({
    stateFacts: ['Identifiable'],
    id,
    type,
    vrfStu,
    value,
    eTag: tagOf(value),
  });
  return [
    contact(oid * 10 + 1, 'EML', `typed.${oid}@esia.example`, 'NOT_VERIFIED'),
    ...(email === undefined ? [] : [contact(oid * 10 + 2, 'EML', email, 'VERIFIED')]),
    ...(mobile === undefined ? [] : [contact(oid * 10 + 3, 'MBT', mobile, 'VERIFIED')]),
  ];
}

const document = (id: number, type: string, number: string, more: Json = {}) => ({
  stateFacts: ['EntityRoot'],
  id,
  type,
  vrfStu: 'VERIFIED',
  number,
  eTag: tagOf(number),
  ...more,
});

const passports = ({ oid, passport }: Person) =>
  passport === undefined
    ? []
    : [document(oid * 10 + 4, 'RF_PASSPORT', passport, { series: '0000', issueDate: '01.02.2010' })];

const policies = ({ oid, oms }: Person) => (oms === undefined ? [] : [document(oid * 10 + 5, 'MDCL_PLCY', oms)]);
