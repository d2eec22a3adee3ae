/** What a new version of a Person asks for. Whatever else differs from the one before is refused, and not left out. */
import { isDeepStrictEqual } from 'node:util';
import type { FullName } from '../access/account/change.ts';
import { defaultPerson } from '../access/account/person.ts';
import { readEmail, readName } from '../access/account/person-fields.ts';
import { Fault } from '../fault.ts';
import type { Resource } from '../store/resource.ts';

export interface PersonChange {
  readonly name: FullName | undefined;
  readonly email: string | undefined;
  /** Reference to the person that is chosen by default. */
  readonly chosen: string | undefined;
  /** References of links that are gone. */
  readonly unlinked: readonly string[];
}

/** What is derived, or decided elsewhere, and sent back as it was read. */
const others = ['identifier', 'gender', 'birthDate', 'active', 'address', 'photo', 'managingOrganization'];
const known = new Set([...others, ...['resourceType', 'id', 'meta', 'text', 'name', 'telecom', 'extension', 'link']]);

const refuse = (element: string, text: string, code = 'not-changeable') =>
  new Fault('business-rule', text, { code, expression: `Person.${element}` });

/** @param before as it is kept. @throws Fault business-rule */
export function personChange(before: Resource, body: Resource): PersonChange {
  for (const element of others)
    if (!isDeepStrictEqual(plain(before[element]), plain(body[element])))
      throw refuse(element, `Person.${element} is not changed here: the registry and a moderator see to it.`);
  const strange = Object.keys(body).find((key) => !known.has(key));
  if (strange !== undefined) throw refuse(strange.replace(/^_/, ''), `Person.${strange} is not kept.`);
  return {
    name: nameOf(before, body),
    email: emailOf(before, body),
    chosen: chosenOf(before, body),
    unlinked: unlinkedOf(before, body),
  };
}

/** What is wrong with a field of a form is wrong with this element. */
function inElement<T>(element: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.kind, error.message, { ...error.details, expression: `Person.${element}` });
  }
}

/** As JSON has it: a number that keeps its digits is an object of a class. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

interface Name {
  readonly family?: string;
  readonly given?: readonly string[];
  readonly [member: string]: unknown;
}

function nameOf(before: Resource, body: Resource): FullName | undefined {
  const [was] = before['name'] as Name[];
  const names = (body['name'] ?? []) as Name[];
  const [name] = names;
  if (name === undefined || names.length > 1) throw refuse('name', 'A Person has exactly one name.');
  const strange = Object.keys(name).find((key) => !['use', 'text', 'family', 'given'].includes(key));
  if (strange !== undefined || (name['use'] ?? 'official') !== 'official')
    throw refuse('name', 'A name has family and given, and the use official.');
  const { family = '', given: [first = '', ...more] = [] } = name;
  if (family === was?.family && isDeepStrictEqual(name.given, was?.given)) return undefined;
  const patronymic = more.join(' ');
  const read = (text: string) => inElement('name', () => readName('name', text));
  return { family: read(family), given: read(first), patronymic: patronymic === '' ? null : read(patronymic) };
}

interface Telecom {
  readonly system?: string;
  readonly value?: string;
}

function emailOf(before: Resource, body: Resource): string | undefined {
  const [was, now] = [before, body].map((r) => (plain(r['telecom']) ?? []) as Telecom[]);
  const rest = (list: readonly Telecom[]) => list.filter((t) => t.system !== 'email');
  if (!isDeepStrictEqual(rest(was!), rest(now!)))
    throw refuse(
      'telecom',
      'The phone of an account is the one it was registered with; it cannot be changed.',
      'phone-immutable',
    );
  const emails = now!.filter((t) => t.system === 'email').map((t) => t.value);
  const [old] = was!.filter((t) => t.system === 'email').map((t) => t.value);
  if (emails.length > 1) throw refuse('telecom', 'An account has one e-mail.');
  if (emails[0] === old) return undefined;
  if (emails[0] === undefined) throw refuse('telecom', 'The e-mail can be changed, but not left out.');
  const email = emails[0];
  return inElement('telecom', () => readEmail(email));
}

interface Extension {
  readonly url: string;
  readonly valueReference?: { readonly reference?: string };
}

function chosenOf(before: Resource, body: Resource): string | undefined {
  const [was, now] = [before, body].map((r) => (plain(r['extension']) ?? []) as Extension[]);
  if (isDeepStrictEqual(was, now)) return undefined;
  const others = (list: readonly Extension[]) => list.filter((e) => e.url !== defaultPerson);
  const [only, ...more] = now!.filter((e) => e.url === defaultPerson);
  const reference = only?.valueReference?.reference;
  if (more.length > 0 || reference === undefined || !isDeepStrictEqual(others(was!), others(now!)))
    throw refuse('extension', `Of the extensions of a Person, ${defaultPerson} is changed, a valueReference.`);
  return reference.replace(/^.*\/(?=[A-Za-z]+\/[^/]+$)/, '');
}

function unlinkedOf(before: Resource, body: Resource): string[] {
  const [was, now] = [before, body].map((r) => (plain(r['link']) ?? []) as { target: { reference?: string } }[]);
  if (now!.some((link) => !was!.some((w) => isDeepStrictEqual(w, link))))
    throw refuse('link', 'Links are made by $attach; here they can only be left out.');
  return was!.filter((w) => !now!.some((link) => isDeepStrictEqual(w, link))).map((w) => w.target.reference!);
}
