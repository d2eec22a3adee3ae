/**
 * The hub says in `/fhir/metadata` what it can do, and each claim is tried: read from the statement and not from the program.
 * What must match is said by another (claims/oracle.ts), over samples with every element filled (support/sample.ts).
 */
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { definitionUrl } from '../../src/fhir/capability-type.ts';
import { createHealth } from '../../src/fhir/health.ts';
import { createServer } from '../../src/fhir/server.ts';
import { validate } from '../../src/r4/validate.ts';
import type { Resource } from '../../src/store/resource.ts';
import { sampleOf } from '../support/sample.ts';
import { createSampleHub } from '../support/sample-hub.ts';
import { interactions, manners, type Trial, type TypeClaims, tryUnclaimed } from './claims/interactions.ts';
import type { Parameter } from './claims/oracle.ts';
import { type Answered, type Ask, expectRefusal, type Request } from './claims/server.ts';
import {
  systemInteractions,
  tryCompartment,
  tryFormat,
  tryOperation,
  tryPatchFormat,
  tryResultParameter,
} from './claims/system.ts';
import {
  linksOf,
  parameterOf,
  readKept,
  type SearchParam,
  tryClinic,
  tryInclude,
  tryParameter,
  tryRevInclude,
  tryUnclaimedSearch,
} from './claims/tries.ts';

interface Claims extends TypeClaims {
  readonly extension?: readonly { readonly url: string; readonly valueBoolean?: boolean }[];
  readonly searchParam?: readonly SearchParam[];
  readonly searchInclude?: readonly string[];
  readonly searchRevInclude?: readonly string[];
  readonly operation?: readonly { readonly name: string; readonly definition: string }[];
}

interface Statement extends Resource {
  readonly format: readonly string[];
  readonly patchFormat: readonly string[];
  readonly rest: readonly {
    readonly resource: readonly Claims[];
    readonly compartment?: readonly string[];
    readonly security: { readonly cors: boolean };
    readonly interaction: readonly { readonly code: string }[];
    readonly searchParam?: readonly SearchParam[];
    readonly operation?: readonly { readonly name: string; readonly definition: string }[];
  }[];
}

const hub = await createSampleHub();
const token = await hub.token();
const operator = await hub.token({ role: 'operator' });
const moderator = await hub.token({ role: 'moderator' });
const account = randomUUID();
const person = await hub.token({ role: 'patient', subject: account, account, cards: [] });
/** Who may ask for it: apps see no card files, operators write no Consents; of Subscriptions everybody has his own, here an app. */
const tokenFor = (method: string, path: string) => {
  if (path.startsWith('Person/$attach')) return person;
  if (/^Person\/.*\$moderate/.test(path)) return moderator;
  if (path.startsWith('Consent') && method !== 'GET') return token;
  return path.startsWith('Subscription') ? token : operator;
};
afterAll(() => hub.close());

/** Parsed when it is JSON. */
const ask: Ask = async (method, path, { headers = {}, body }: Request = {}) => {
  const isText = body === undefined || typeof body === 'string';
  const response = await hub.app.inject({
    method: method as 'GET',
    url: `/fhir/${path}`,
    headers: {
      authorization: `Bearer ${tokenFor(method, path)}`,
      ...(!isText && { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: isText ? body : JSON.stringify(body) }),
  });
  const isJson = /json/.test(String(response.headers['content-type'])) && response.body !== '';
  return {
    status: response.statusCode,
    headers: response.headers as Record<string, string | undefined>,
    body: isJson ? (response.json() as Answered) : ({ resourceType: '', text: response.body } as Answered),
  };
};

const statement = (await ask('GET', 'metadata')).body as unknown as Statement;
const rest = statement.rest[0]!;
const searched = rest.resource.filter((r) => r.interaction?.some((i) => i.code === 'search-type'));
const kept = await readKept(
  ask,
  searched.map((r) => r.type),
);
const parameters = new Map(
  searched.map(({ type, searchParam = [] }): [string, Parameter[]] => [
    type,
    searchParam.flatMap((claim) => parameterOf(type, claim, hub.context.declarations) ?? []),
  ]),
);
/** All but what the hub itself publishes. */
const ownOf = (type: string) => [...hub.samples.get(type)!, ...(type === 'Slot' ? hub.freeSlots : [])];
const links = linksOf(parameters, kept);

const counts = new Map<string, number>();
const counted = (kind: string, n = 1) => counts.set(kind, (counts.get(kind) ?? 0) + n);
/** Claims that no sample could show to be true, only not to be false. */
const unshown: string[] = [];
/**
 * Slots are mirrored without `meta`; samples of subscriptions are for websockets, which have neither address nor payload; those of
 * documents have no language and relate to nothing that is kept; of eleven kinds of value the few samples of results have no date.
 */
const notToBeShown = [
  ...['DocumentReference.language', 'DocumentReference.relationship', 'Observation.value-date'],
  ...['Slot._profile', 'Slot._security', 'Slot._source', 'Slot._tag'],
  ...['Subscription.payload', 'Subscription.url'],
];
afterAll(() => {
  const list = [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
  console.info(`claims tried: ${list}\nno sample has a value for: ${unshown.join(', ') || 'none'}`);
});

describe('the samples', () => {
  test.each([...kept.keys()])('of %s are valid R4', (type) => {
    expect(kept.get(type)!.length).toBeGreaterThan(0);
    for (const sample of kept.get(type)!) expect(errorsOf(sample)).toEqual([]);
  });
});

const errorsOf = (resource: unknown) => validate(resource).filter((i) => i.severity === 'error');

describe('web pages', () => {
  const serverFor = (origins: readonly string[]) =>
    createServer(
      { ...hub.context, program: { ...hub.context.program, origins } },
      {
        authenticate: () => ({ subject: 'test', role: 'app', clinics: ['demo'] }),
        health: createHealth(hub.pool, hub.clinics),
        publicUrl: undefined,
      },
    );
  const origin = 'https://app.example.ru';

  test.each([
    ['may call when the statement says so', [origin], true, 204],
    ['may not when it does not', [], false, 405],
  ] as const)('%s', async (_, origins, claimed, preflight) => {
    counted('manners');
    const app = serverFor(origins);
    const headers = { origin, 'access-control-request-method': 'GET' };
    const answer = await app.inject({ url: '/fhir/metadata', headers: { origin } });
    expect((answer.json() as Statement).rest[0]!.security.cors).toBe(claimed);
    expect(answer.headers['access-control-allow-origin']).toBe(claimed ? origin : undefined);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const asked = await app.inject({ method: 'OPTIONS', url: '/fhir/Patient/1', headers });
    expect(asked.statusCode).toBe(preflight);
    for (const url of ['/fhir/Patient?_count=1', '/fhir/Patient/nobody', '/fhir/Slot?_format=xml']) {
      const { headers: sent } = await app.inject({ url, headers: { origin } });
      expect(sent['access-control-allow-origin'], url).toBe(claimed ? origin : undefined);
      expect(sent['vary'], url).toBe(claimed ? 'Accept, Accept-Encoding, Origin' : 'Accept, Accept-Encoding');
      expect(sent['x-request-id'], url).toMatch(/^[0-9a-f-]{36}$/);
    }
    await app.close();
  });
});

describe('behaviour 24: the statement is true and valid', () => {
  test('is valid R4', () => {
    expect(errorsOf(statement)).toEqual([]);
  });

  test('needs no token, is of now and says which program it is', async () => {
    const { statusCode, headers } = await hub.app.inject('/fhir/metadata');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toContain('application/fhir+json');
    expect(Math.abs(Date.parse(String(statement['date'])) - Date.now())).toBeLessThan(86_400_000);
    expect(statement).toMatchObject({
      fhirVersion: '4.0.1',
      kind: 'instance',
      software: { name: 'medmost', version: hub.context.program.version },
      implementation: { url: 'http://hub.test/fhir' },
    });
  });

  test('names each thing once, by absolute addresses, in lists that are not empty', () => {
    const lists: unknown[][] = [];
    const urls: string[] = [];
    const walk = (value: unknown, name: string, inExtension = false) => {
      if (Array.isArray(value)) lists.push(value);
      if (Array.isArray(value)) for (const item of value) walk(item, name, inExtension);
      else if (value !== null && typeof value === 'object')
        for (const [key, member] of Object.entries(value)) walk(member, key, name === 'extension');
      // The parts of an extension are named by words of its own: `oauth-uris` has `authorize`.
      else if (inExtension && name === 'url' && /^[a-z]+$/.test(String(value))) return;
      else if (/^(url|definition|profile|compartment)$/.test(name)) urls.push(String(value));
    };
    walk(statement, '');
    for (const list of lists) {
      expect(list.length).toBeGreaterThan(0);
      const names = list.map((item) => {
        const { name, type, code } = item as Record<string, string>;
        return typeof item === 'string' ? item : (name ?? type ?? code ?? JSON.stringify(item));
      });
      expect(new Set(names).size, names.join()).toBe(names.length);
    }
    expect(urls.length).toBeGreaterThan(200);
    expect(urls.filter((url) => !/^https?:\/\/[^/]+\/./.test(url))).toEqual([]);
  });

  test.each(['full', 'normative'])('is what mode=%s asks for', async (mode) => {
    expect((await ask('GET', `metadata?mode=${mode}`)).body).toEqual(statement);
  });

  test('is not given for a mode that there is not', async () => {
    expectRefusal(await ask('GET', 'metadata?mode=no-such-mode'), [400], 'mode');
  });

  test('for mode=terminology tells code systems that are looked up, and parameters that $expand takes', async () => {
    const { body } = await ask('GET', 'metadata?mode=terminology');
    const { codeSystem, expansion } = body as unknown as {
      readonly codeSystem: readonly { readonly uri: string }[];
      readonly expansion: { readonly parameter: readonly { readonly name: string }[] };
    };
    expect(codeSystem.length).toBeGreaterThan(10);
    for (const { uri } of codeSystem)
      expect((await ask('GET', `CodeSystem?url=${encodeURIComponent(uri)}&_total=accurate`)).body['total'], uri).toBe(
        1,
      );
    for (const { name } of expansion.parameter.filter((p) => p.name !== 'valueSet'))
      expectRefusal(await ask('GET', `ValueSet/$expand?${name}=a&${name}=b`), [400], name);
    expectRefusal(await ask('GET', 'ValueSet/$expand?no-such=a'), [400], 'no-such');
    expect(validate(body, { warnings: true }).filter((i) => i.severity === 'error')).toEqual([]);
  });
});

describe.each(searched)('$type', (claims) => {
  const { type, searchParam = [], searchInclude = [], searchRevInclude = [] } = claims;

  test.each(searchParam)('search parameter $name', async (claim) => {
    counted('search parameters');
    const parameter = parameters.get(type)!.find((p) => p.code === claim.name);
    if (parameter === undefined) return tryClinic(ask, type, ownOf(type));
    if ((await tryParameter(ask, type, parameter, kept)) === 0) unshown.push(`${type}.${claim.name}`);
  });

  test.each(searchInclude)('_include=%s', async (claim) => {
    counted('includes');
    if ((await tryInclude(ask, type, claim, links, kept)) === 0) unshown.push(`_include=${claim}`);
  });

  test.each(searchRevInclude)('_revinclude=%s', async (claim) => {
    counted('reverse includes');
    if ((await tryRevInclude(ask, type, claim, links, kept)) === 0) unshown.push(`_revinclude=${claim} of ${type}`);
  });

  test('what is not claimed is no search', async () => {
    await tryUnclaimedSearch(ask, type);
  });
});

test('what is claimed of searches can be shown by a sample', () => {
  // Of a reference to any type, six samples cannot lead to each.
  const shown = (claim: string) => !claim.startsWith('_revinclude=');
  expect(unshown.filter(shown)).toEqual(notToBeShown);
});

describe('the whole system', () => {
  test.each(rest.searchParam ?? [])('parameter of the result $name', async ({ name }) => {
    counted('parameters of the result');
    await tryResultParameter(ask, name);
  });

  test.each(rest.compartment ?? [])('compartment %s', async (url) => {
    counted('compartments');
    expect(await tryCompartment(ask, url, links, kept)).toBeGreaterThan(0);
  });

  test.each(rest.interaction)('$code', async ({ code }) => {
    counted('interactions');
    const trial = systemInteractions[code];
    if (trial === undefined) throw new Error(`${code} is claimed, and nobody knows how to try it`);
    await trial(ask, () => newSample('Patient'));
  });

  test('interactions that are not claimed are refused', async () => {
    const claimed = new Set(rest.interaction.map((i) => i.code));
    for (const [code, trial] of Object.entries(systemInteractions))
      if (!claimed.has(code))
        await expect(
          trial(ask, () => newSample('Patient')),
          code,
        ).rejects.toThrow();
  });

  test.each(statement.format)('format %s', async (format) => {
    counted('formats');
    await tryFormat(ask, format, kept.get('Patient')![0]!, newSample('Patient'));
  });

  test.each(statement.patchFormat)('patch format %s', async (format) => {
    counted('formats of patches');
    await tryPatchFormat(ask, format, newSample('Patient'));
  });
});

const trialOf = (claims: Claims): Trial => ({
  ask,
  claims,
  sample: kept.get(claims.type)![0]!,
  make: () => (claims.type === 'Appointment' ? newAppointment() : newSample(claims.type)),
  change: (resource) => (claims.type === 'Appointment' ? cancelled(resource) : withLanguage(resource)),
});

let variant = 1000;
const newSample = (type: string) => sampleOf(type, variant++, hub.refer);

/** Of one slot each. */
function newAppointment(): Resource {
  const slot = hub.freeSlots.pop();
  if (slot === undefined) throw new Error('no slot is free any more: give the samples more');
  return {
    resourceType: 'Appointment',
    meta: { tag: [{ system: 'urn:sample:tag', code: slot }] },
    status: 'proposed',
    slot: [{ reference: `Slot/${slot}` }],
    participant: [{ actor: { reference: `Patient/${kept.get('Patient')![0]!.id}` }, status: 'accepted' }],
  };
}

const cancelled = (resource: Resource) => ({
  whole: { ...resource, status: 'cancelled' },
  operations: [{ op: 'replace', path: '/status', value: 'cancelled' }],
});

const withLanguage = (resource: Resource) => ({
  whole: { ...resource, language: 'ru' },
  operations: [{ op: 'add', path: '/language', value: 'ru' }],
});

/** Written by the owner of an account, of whom no sample tells: test/access/account/file.test.ts tries that. */
const ofAccounts = ['Person', 'RelatedPerson'];
const writes = /update|patch|delete/i;

describe.each(searched)('$type', (claims) => {
  const all = claims.interaction ?? [];
  const tried = ofAccounts.includes(claims.type) ? all.filter((i) => !writes.test(i.code)) : all;
  test.each(tried)('$code', async ({ code }) => {
    counted('interactions');
    const trial = interactions[code];
    if (trial === undefined) throw new Error(`${code} is claimed, and nobody knows how to try it`);
    await trial(trialOf(claims));
  });

  const mannersOf = Object.keys(manners).filter((name) => !ofAccounts.includes(claims.type) || !writes.test(name));
  test.each(mannersOf)('%s', async (name) => {
    counted('manners');
    await manners[name]!(trialOf(claims));
  });

  test('interactions that are not claimed are refused', async () => {
    counted('unclaimed interactions', (await tryUnclaimed(trialOf(claims))).length);
  });
});

type Operation = readonly [name: string, definition: string, places: readonly string[]];

const operations: Operation[] = [
  ...(rest.operation ?? []).map((o): Operation => [o.name, o.definition, ['']]),
  ...rest.resource.flatMap(({ type, operation = [] }) =>
    operation.map((o): Operation => [o.name, o.definition, [type, `${type}/${kept.get(type)?.[0]?.id ?? 'an-id'}`]]),
  ),
];

describe('operations', () => {
  test.each(operations)('$%s of %s', async (name, definition, places) => {
    counted('operations');
    expect(hub.context.operations.all.map(definitionUrl)).toContain(definition);
    expect(await tryOperation(ask, name, places)).toBeGreaterThan(0);
  });

  test('are all claimed', () => {
    const claimed = new Set(operations.map(([, definition]) => definition));
    expect(hub.context.operations.all.map(definitionUrl).filter((url) => !claimed.has(url))).toEqual([]);
  });
});

/** docs/index.md, «What is not there yet». */
test.each([
  ['GET', 'Patient?_filter=active eq true', [400]],
  ['GET', 'Patient?_text=a', [400]],
  ['GET', 'Patient?_content=a', [400]],
  ['GET', 'Patient?_query=a', [400]],
  ['GET', 'Patient?_list=a', [400]],
  ['GET', '?_type=Patient,Slot', [405]],
  ['GET', '_search', [404]],
  ['GET', 'Patient/$graphql', [404]],
  ['GET', '$graphql', [404]],
  ['DELETE', 'Patient?_lastUpdated=gt2020-01-01', [412]],
] as const)('%s %s is not there', async (method, path, statuses) => {
  expectRefusal(await ask(method, path), statuses, path);
});

describe('a lie is found:', () => {
  /** A server that does not look at a part of what it is asked. */
  const blindTo =
    (name: string): Ask =>
    (method, path, request = {}) => {
      const [place = '', search = ''] = path.split('?');
      const query = new URLSearchParams(search);
      query.delete(name);
      const headers = Object.fromEntries(Object.entries(request.headers ?? {}).filter(([header]) => header !== name));
      return ask(method, query.size === 0 ? place : `${place}?${query}`, { ...request, headers });
    };
  const claimsOf = (type: string) => searched.find((r) => r.type === type)!;
  const parameter = (type: string, code: string) => parameters.get(type)!.find((p) => p.code === code)!;

  test.each([
    ['Patient', 'gender'],
    ['Slot', 'start'],
    ['Encounter', 'length'],
    ['Communication', 'instantiates-uri'],
    ['Appointment', 'patient'],
    ['Practitioner', 'name'],
  ])('%s does not look at %s', async (type, code) => {
    await expect(tryParameter(blindTo(code), type, parameter(type, code), kept)).rejects.toThrow('too much');
  });

  test('a parameter is another one', () => {
    const [claim, other] = claimsOf('Patient').searchParam!.filter((p) => /^(family|given)$/.test(p.name));
    const lie = { ...claim!, definition: other!.definition };
    expect(() => parameterOf('Patient', lie, hub.context.declarations)).toThrow('defines');
    const invented = { ...claim!, definition: 'http://hl7.org/fhir/SearchParameter/Patient-nothing' };
    expect(() => parameterOf('Patient', invented, hub.context.declarations)).toThrow('is not known');
  });

  test('an include brings nothing, or too much', async () => {
    const include = (other: Ask) => tryInclude(other, 'Slot', 'Slot:schedule', links, kept);
    await expect(include(ask)).resolves.toBeGreaterThan(0);
    await expect(include(blindTo('_include'))).rejects.toThrow('missing');
    const generous: Ask = (method, path, request) => ask(method, `${path}&_include:iterate=Schedule:actor`, request);
    await expect(include(generous)).rejects.toThrow('too much');
    await expect(tryInclude(ask, 'Patient', 'Patient:gender', links, kept)).rejects.toThrow('400');
  });

  test('conditions are not looked at', async () => {
    const trial = (header: string) => ({ ...trialOf(claimsOf('Communication')), ask: blindTo(header) });
    await expect(manners['conditionalCreate']!(trial('if-none-exist'))).rejects.toThrow('201 instead of 200');
    await expect(manners['conditionalRead']!(trial('if-none-match'))).rejects.toThrow('200 instead of 304');
    await expect(interactions['update']!(trial('if-match'))).rejects.toThrow('200 instead of 412');
  });

  test('an interaction is there that is not claimed', async () => {
    const claims = claimsOf('Communication');
    const modest = { ...claims, interaction: claims.interaction.filter((i) => i.code !== 'read') };
    await expect(tryUnclaimed({ ...trialOf(modest), claims: modest })).rejects.toThrow('200 instead of 404 or 405');
  });

  test('an operation takes whatever comes', async () => {
    const [name, , places] = operations.find(([, definition]) => definition.endsWith('ValueSet-expand'))!;
    const lenient: Ask = (method, path) => ask(method, path.split('?')[0]!, { body: { resourceType: 'Parameters' } });
    await expect(tryOperation(ask, name, places)).resolves.toBeGreaterThan(0);
    await expect(tryOperation(lenient, name, places)).rejects.toThrow();
  });

  test('a format is not what is answered', async () => {
    const [sample] = kept.get('Patient')!;
    await expect(tryFormat(blindTo('_format'), 'xml', sample!, newSample('Patient'))).rejects.toThrow('answered');
  });

  test('a compartment holds what is not in it', async () => {
    const patient = 'http://hl7.org/fhir/CompartmentDefinition/patient';
    const all: Ask = (method, path, request) => ask(method, path.replace(/^Patient\/[^/]+\//, ''), request);
    await expect(tryCompartment(all, patient, links, kept)).rejects.toThrow();
  });
});
