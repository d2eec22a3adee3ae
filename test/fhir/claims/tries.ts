/** Each kind of claim of a CapabilityStatement and what it takes to believe it. A try throws when the claim is not true. */
import { ownDefinitions } from '../../../src/fhir/search/parameter.ts';
import type { Declarations } from '../../../src/fhir/search/request.ts';
import { searchParametersOf } from '../../../src/r4/table.ts';
import type { Resource } from '../../../src/store/resource.ts';
import { type Criterion, criterionOf, isMatch, type Parameter, valuesOf } from './oracle.ts';
import { type Answered, type Ask, expectRefusal, expectStatus, queryOf, readAll } from './server.ts';

export interface SearchParam {
  readonly name: string;
  readonly definition: string;
  readonly type: string;
}

/** Everything that is kept, by type. */
export type Kept = ReadonlyMap<string, readonly Resource[]>;

export async function readKept(ask: Ask, types: readonly string[]): Promise<Kept> {
  const kept = new Map<string, readonly Resource[]>();
  for (const type of types) kept.set(type, await readAll(ask, type));
  return kept;
}

/** The definition that a claim names. @throws Error when there is none, or when it is of another type */
export function parameterOf(type: string, claim: SearchParam, declarations: Declarations): Parameter | undefined {
  const { name, definition } = claim;
  const r4 = searchParametersOf(type).find((p) => p.url === definition);
  const own = (ownDefinitions(declarations) as Own[]).find((p) => p.url === definition && p.base.includes(type));
  const found = r4 ?? own;
  if (found === undefined) throw new Error(`${type}: the definition ${definition} of ${name} is not known`);
  if (found.code !== name || found.type !== claim.type)
    throw new Error(`${type}: ${definition} defines ${found.code} (${found.type}), not ${name} (${claim.type})`);
  const { code, expression } = found;
  const components = r4?.components.map((c) => ({ type: typeOf(type, c.url), expression: c.expression })) ?? [];
  return expression === undefined ? undefined : { code, type: found.type, expression, components };
}

const typeOf = (type: string, url: string) => searchParametersOf(type).find((p) => p.url === url)!.type;

interface Own {
  readonly url: string;
  readonly base: readonly string[];
  readonly code: string;
  readonly type: string;
  readonly expression?: string;
}

/** What finds nothing, by type of parameter. */
const nothing: Readonly<Record<string, string>> = {
  token: 'no-such-code',
  string: 'Ъъъ ни у кого',
  reference: 'Patient/00000000-0000-4000-8000-00000000dead',
  uri: 'urn:sample:nothing',
  date: '1801-02-03',
  quantity: '987654|http://unitsofmeasure.org|min',
  number: '987654',
  special: '-80|-170|0.1|km',
  composite: 'no-such-code$no-such-code',
};

const nothingOf = ({ type, components }: Parameter) =>
  type === 'composite' ? components.map((c) => nothing[c.type]!).join('$') : nothing[type]!;

/**
 * One value of each sample that has one finds exactly what the oracle says; a value of nobody finds nothing.
 * @returns how many searches with a match were made: 0 when no sample has the element
 */
export async function tryParameter(ask: Ask, type: string, parameter: Parameter, kept: Kept): Promise<number> {
  const all = kept.get(type)!;
  const criteria = new Map<string, Criterion>();
  for (const resource of all)
    for (const value of valuesOf(parameter, resource)) {
      const criterion = criterionOf(parameter, value);
      if (criterion !== undefined && criterion.length > 0) criteria.set(queryOf(criterion), criterion);
    }
  const chosen = [...criteria].slice(0, 4);
  for (const [query, criterion] of chosen) {
    const wanted = all.filter((r) => isMatch(parameter, r, criterion)).map((r) => r.id!);
    expectSame(await idsFound(ask, type, query), wanted, `${type}?${decodeURIComponent(query)}`);
  }
  await expectNothing(ask, type, [[parameter.code, nothingOf(parameter)]]);
  const [first] = chosen;
  if (first !== undefined) await expectNothing(ask, type, [...first[1], [parameter.code, nothingOf(parameter)]]);
  return chosen.length;
}

/** The clinic, which is no element. @param own ids of what is of the clinic `demo` */
export async function tryClinic(ask: Ask, type: string, own: readonly string[]): Promise<void> {
  expectSame(await idsFound(ask, type, 'clinic=demo'), own, `${type}?clinic=demo`);
  await expectNothing(ask, type, [['clinic', 'another']]);
}

async function idsFound(ask: Ask, type: string, query: string): Promise<string[]> {
  const answer = await ask('GET', `${type}?${query}&_count=1000`);
  expectStatus(answer, [200], `GET ${type}?${query}`);
  return matchesOf(answer.body).map((r) => r.id!);
}

const matchesOf = (body: Answered) =>
  (body.entry ?? []).filter((e) => e.search?.mode === 'match').map((e) => e.resource);

async function expectNothing(ask: Ask, type: string, criterion: Criterion): Promise<void> {
  const query = queryOf(criterion);
  expectSame(await idsFound(ask, type, query), [], `${type}?${decodeURIComponent(query)}`);
}

function expectSame(found: readonly string[], wanted: readonly string[], what: string): void {
  const wide = found.filter((id) => !wanted.includes(id));
  const narrow = wanted.filter((id) => !found.includes(id));
  if (wide.length === 0 && narrow.length === 0 && found.length === wanted.length) return;
  const all = `${found.length} found, ${wanted.length} wanted`;
  throw new Error(`${what}: ${all}; too much: ${wide.join(', ') || 'none'}; missing: ${narrow.join(', ') || 'none'}`);
}

/** `Slot:schedule`: exactly what the found one refers to, as far as it is kept here. @returns how many were included */
export async function tryInclude(ask: Ask, type: string, claim: string, links: Links, kept: Kept): Promise<number> {
  const [source, code] = claim.split(':');
  if (source !== type) throw new Error(`${type} claims to include ${claim}, which is not its own`);
  const own = links.filter((l) => l.source.startsWith(`${type}/`) && l.code === code);
  let count = 0;
  for (const resource of kept.get(type)!) {
    const from = `${type}/${resource.id}`;
    const wanted = unique(own.filter((l) => l.source === from && l.target !== from).map((l) => l.target));
    const found = await included(ask, `${type}?_id=${resource.id}&_include=${claim}`);
    expectSame(found, wanted, `_include=${claim} of ${from}`);
    count += wanted.length;
  }
  return count;
}

/** `Slot:schedule` claimed by Schedule: exactly those that refer to the found one. @returns how many were included */
export async function tryRevInclude(ask: Ask, type: string, claim: string, links: Links, kept: Kept): Promise<number> {
  const [source, code] = claim.split(':');
  const own = links.filter((l) => l.source.startsWith(`${source}/`) && l.code === code);
  let count = 0;
  for (const resource of kept.get(type)!) {
    const to = `${type}/${resource.id}`;
    const wanted = unique(own.filter((l) => l.target === to && l.source !== to).map((l) => l.source));
    const found = await included(ask, `${type}?_id=${resource.id}&_revinclude=${claim}`);
    expectSame(found, wanted, `_revinclude=${claim} of ${to}`);
    count += wanted.length;
  }
  return count;
}

const unique = (list: readonly string[]) => [...new Set(list)];

async function included(ask: Ask, path: string): Promise<string[]> {
  const answer = await ask('GET', path);
  expectStatus(answer, [200], `GET ${path}`);
  const entries = (answer.body.entry ?? []).filter((e) => e.search?.mode === 'include');
  return entries.map((e) => `${e.resource.resourceType}/${e.resource.id}`);
}

/** Which kept resource refers to which by which parameter, as the oracle says. */
export type Links = readonly { readonly source: string; readonly code: string; readonly target: string }[];

export function linksOf(parameters: ReadonlyMap<string, readonly Parameter[]>, kept: Kept): Links {
  const there = new Set([...kept].flatMap(([type, list]) => list.map((r) => `${type}/${r.id}`)));
  return [...parameters].flatMap(([type, list]) =>
    list
      .filter((p) => p.type === 'reference')
      .flatMap((p) =>
        kept.get(type)!.flatMap((r) =>
          valuesOf(p, r)
            .map((v) => (v as { reference?: string }).reference ?? '')
            .filter((target) => there.has(target))
            .map((target) => ({ source: `${type}/${r.id}`, code: p.code, target })),
        ),
      ),
  );
}

/** What is not claimed is refused and not ignored. */
export async function tryUnclaimedSearch(ask: Ask, type: string): Promise<void> {
  for (const query of [
    'no-such-parameter=1',
    '_filter=id eq 1',
    `_include=${type}:no-such-parameter`,
    `_include=${type}:_tag`,
    '_revinclude=Immunization:patient',
    '_sort=no-such-parameter',
    '_count=many',
  ])
    expectRefusal(await ask('GET', `${type}?${query}`), [400], `GET ${type}?${query}`);
}
