/** Reads the person, contacts, documents and children off /rs/prns with the access token. */
import type { z } from 'zod';
import { failure } from './failure.ts';
import { type Http, jsonOf } from './http.ts';
import { childAnswer, contactAnswer, documentAnswer, listAnswer, personAnswer } from './person-answer.ts';
import type { EsiaSettings } from './settings.ts';

export type PersonAnswer = z.infer<typeof personAnswer>;
export type ChildAnswer = z.infer<typeof childAnswer> & { readonly documents: readonly DocumentAnswer[] };
export type ContactAnswer = z.infer<typeof contactAnswer>;
export type DocumentAnswer = z.infer<typeof documentAnswer>;

export interface Told {
  readonly person: PersonAnswer;
  readonly contacts: readonly ContactAnswer[];
  readonly documents: readonly DocumentAnswer[];
  readonly children: readonly ChildAnswer[];
}

export interface PersonRequest {
  readonly oid: string;
  readonly accessToken: string;
  /** Scopes that the proved access token names, without what follows `?`. */
  readonly granted: readonly string[];
}

/** Scopes of which one opens a list. */
const opening = {
  ctts: ['email', 'mobile', 'contacts'],
  docs: ['medical_doc'],
  kids: ['kid_fullname', 'kid_birthdate', 'kid_gender', 'kid_snils', 'kid_medical_doc'],
  kidDocs: ['kid_medical_doc'],
} as const;

interface Reading extends PersonRequest {
  readonly http: Http;
  readonly settings: Pick<EsiaSettings, 'portal' | 'scopes'>;
}

/** @throws IdentityError `esia-person`, `esia-scope`, `esia-answer`, `esia-unavailable`, `esia-unreachable` */
export async function readPerson(reading: Reading): Promise<Told> {
  const [person, contacts, documents, children] = await Promise.all([
    readOne(reading, personAnswer),
    readList(reading, '/ctts', opening.ctts, contactAnswer),
    readList(reading, '/docs', opening.docs, documentAnswer),
    readChildren(reading),
  ]);
  return { person, contacts, documents, children };
}

async function readChildren(reading: Reading): Promise<ChildAnswer[]> {
  const children = await readList(reading, '/kids', opening.kids, childAnswer);
  return Promise.all(
    children.map(async (child) => ({
      ...child,
      documents: await readList(reading, `/kids/${child.id ?? child.oid}/docs`, opening.kidDocs, documentAnswer),
    })),
  );
}

async function readOne<T>(reading: Reading, schema: z.ZodType<T>): Promise<T> {
  const answer = await get(reading, pathOf(reading));
  if (answer === undefined) throw failure('esia-scope', new Error('the person may not be read'));
  return parsed(answer, schema, 'the person');
}

/** Nothing is asked that the settings do not ask for; what they ask for and the token grants must be readable. */
async function readList<T>(
  reading: Reading,
  name: string,
  scopes: readonly string[],
  schema: z.ZodType<T>,
): Promise<T[]> {
  if (!scopes.some((scope) => reading.settings.scopes.includes(scope))) return [];
  const path = pathOf(reading) + name;
  const answer = await get(reading, `${path}?embed=(elements)`);
  if (answer === undefined) {
    if (scopes.some((scope) => reading.granted.includes(scope)))
      throw failure('esia-scope', new Error(`${label(name)}: HTTP 403`));
    return [];
  }
  const { elements } = parsed(answer, listAnswer, label(name));
  return Promise.all(
    elements.map(async (element) => parsed(await elementOf(reading, path, element), schema, label(name))),
  );
}

/** Without the ids that stand in some paths. */
const label = (name: string) => `the list ${name.replaceAll(/\d+/g, 'N')}`;

const pathOf = ({ oid }: Reading) => `/rs/prns/${oid}`;

/** Only what lies below the list itself and at the portal is followed: a URL of somewhere else would be given the token. */
async function elementOf(reading: Reading, path: string, element: string | object): Promise<unknown> {
  if (typeof element === 'object') return element;
  const url = URL.canParse(element) ? new URL(element) : undefined;
  const portal = new URL(reading.settings.portal);
  const isBelow = url?.pathname.startsWith(`${portal.pathname.replace(/\/$/, '')}${path}/`) === true;
  if (url?.hostname !== portal.hostname || !isBelow)
    throw failure('esia-person', new Error('an element of a list lies elsewhere'));
  const answer = await get(reading, `${path}/${encodeURIComponent(url.pathname.split('/').at(-1)!)}`);
  if (answer === undefined) throw failure('esia-scope', new Error('an element of a list may not be read'));
  return answer;
}

/** @returns undefined for 403: a scope is missing */
async function get({ http, settings, accessToken }: Reading, path: string): Promise<unknown> {
  const answer = await http.send({
    method: 'GET',
    url: settings.portal + path,
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
  });
  if (answer.status === 403) return undefined;
  const value = jsonOf(answer);
  if (answer.status !== 200) throw failure('esia-answer', new Error(`HTTP ${answer.status}`));
  return value;
}

/** Only the place of what does not fit is told, not its value. */
function parsed<T>(value: unknown, schema: z.ZodType<T>, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = result.error.issues.map((issue) => issue.path.join('.') || '(top)');
  throw failure('esia-person', new Error(`${what} cannot be read at ${places.join(', ').slice(0, 200)}`));
}
