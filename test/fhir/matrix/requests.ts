/** All requests by which one may try to learn of what is not his: made of what the hub says of itself in /metadata. */
import { randomUUID } from 'node:crypto';
import { readsOf } from '../../support/router.ts';
import type { Ground, Secret } from './ground.ts';

export interface Request {
  readonly family:
    | 'read'
    | 'search'
    | 'sort'
    | 'include'
    | 'has'
    | 'chain'
    | 'history'
    | 'operation'
    | 'bundle'
    | 'write';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  /** The same of a thing that never was: must be answered alike. */
  readonly twin?: Request;
}

interface Parameter {
  readonly name: string;
  readonly type: string;
}

interface Claims {
  readonly type: string;
  readonly searchParam?: readonly Parameter[];
  readonly searchInclude?: readonly string[];
  readonly searchRevInclude?: readonly string[];
  readonly operation?: readonly { readonly name: string }[];
}

const get = (family: Request['family'], path: string): Request => ({ family, method: 'GET', path });

/** @param hidden what the asker must not learn of */
export async function requestsFor(ground: Ground, hidden: readonly Secret[]): Promise<Request[]> {
  const { body } = await ground.hub.app.inject({ url: '/fhir/metadata' });
  const [rest] = (JSON.parse(body) as { rest: [{ resource: Claims[]; operation: { name: string }[] }] }).rest;
  const types = rest.resource;
  // One of each type is enough for what is asked of types; each is read by its id.
  const one = [...new Map(hidden.map((s) => [s.type, s])).values()];
  return [
    ...hidden.flatMap((s) =>
      readsOf(
        s.type,
        s.id,
        types.map((t) => t.type),
      ).map((path) => twinned('read', path, s.id)),
    ),
    ...types.flatMap((t) => searches(t, one, ground)),
    ...types.flatMap(includes),
    ...types.flatMap((t) => reversed(t, one)),
    ...histories(types),
    ...types.flatMap((t) => operations(t, one)),
    ...bundles(one),
    ...hidden.flatMap((s) => writes(s)),
  ];
}

function twinned(family: Request['family'], path: string, id: string, rest: Partial<Request> = {}): Request {
  const request: Request = { family, method: 'GET', path, ...rest };
  const swap = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(id, randomUUID())) as T;
  const other = randomUUID();
  const body = request.body && (JSON.parse(JSON.stringify(request.body).replaceAll(id, other)) as object);
  return { ...request, twin: { ...swap(request), path: path.replaceAll(id, other), ...(body && { body }) } };
}

function searches({ type, searchParam = [] }: Claims, one: readonly Secret[], { snils }: Ground): Request[] {
  const patient = one.find((s) => s.type === 'Patient');
  const same = one.find((s) => s.type === type);
  const ofTypes: Record<string, readonly string[]> = {
    reference: [`Patient/${patient?.id}`, `${patient?.id}`, `http://hub.test/fhir/Patient/${patient?.id}`],
    token: [`http://hl7.org/fhir/sid/ru-snils|${snils[1]}`, snils[2]!, `${same?.id},${patient?.id}`],
    string: ['Тестов1', 'Т'],
    date: ['ge1900-01-01', 'lt2100-01-01'],
    uri: ['urn:x'],
  };
  const all = searchParam.flatMap(({ name, type: of }) =>
    (ofTypes[of] ?? ['1']).flatMap((value) => {
      const text = `${type}?${name}=${encodeURIComponent(value)}`;
      const modifiers =
        of === 'token' ? [':not'] : of === 'string' ? [':contains'] : of === 'reference' ? [':identifier'] : [];
      return [
        get('search', text),
        get('search', `${text}&_total=accurate&_count=0`),
        ...modifiers.map((m) => get('search', `${type}?${name}${m}=${encodeURIComponent(value)}&_count=1000`)),
        get('search', `${type}?${name}:missing=false&_count=1000`),
        get('sort', `${type}?_sort=-${name}&_count=1000`),
      ];
    }),
  );
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  return [
    ...all,
    get('search', `${type}?_count=1000&_elements=id`),
    get('search', `${type}?_count=1000&_summary=true`),
    { family: 'search', method: 'POST', path: `${type}/_search?_count=1000`, headers: form },
    ...chains({ type, searchParam }, one, snils),
  ];
}

function chains({ type, searchParam = [] }: Claims, one: readonly Secret[], snils: readonly string[]): Request[] {
  const references = searchParam.filter((p) => p.type === 'reference');
  return references.flatMap(({ name }) => [
    get('chain', `${type}?${name}.identifier=${snils[1]}&_total=accurate`),
    get('chain', `${type}?${name}:Patient.family=Тестов1&_total=accurate`),
    get('chain', `${type}?${name}:Patient.address=к&_total=accurate`),
    ...one.map((s) => twinned('chain', `${type}?${name}:${s.type}._id=${s.id}&_total=accurate`, s.id)),
  ]);
}

function includes({ type, searchInclude = [], searchRevInclude = [] }: Claims): Request[] {
  const by = (name: string, value: string) =>
    get('include', `${type}?_count=1000&${name}=${encodeURIComponent(value)}`);
  return [
    ...[...searchInclude, '*'].flatMap((v) => [by('_include', v), by('_include:iterate', v)]),
    ...[...searchRevInclude, '*'].flatMap((v) => [by('_revinclude', v), by('_revinclude:iterate', v)]),
    get('include', `${type}?_count=1000&_include=*&_revinclude=*&_include:iterate=*&_revinclude:iterate=*`),
  ];
}

function reversed({ type, searchRevInclude = [] }: Claims, one: readonly Secret[]): Request[] {
  return searchRevInclude.flatMap((link) => {
    const [source, code] = link.split(':') as [string, string];
    const secret = one.find((s) => s.type === source);
    return [
      get('has', `${type}?_has:${source}:${code}:_lastUpdated=gt2000-01-01&_count=1000`),
      ...(secret ? [twinned('has', `${type}?_has:${source}:${code}:_id=${secret.id}&_total=accurate`, secret.id)] : []),
    ];
  });
}

function histories(types: readonly Claims[]): Request[] {
  const all = ['?_count=1000', '?_count=1000&_since=2000-01-01T00:00:00Z', '?_count=1000&_at=2999-01-01'];
  return [
    ...all.map((q) => get('history', `_history${q}`)),
    ...types.flatMap(({ type }) => [
      ...all.map((q) => get('history', `${type}/_history${q}`)),
      get('history', `_history?_count=1000&_type=${type}`),
    ]),
  ];
}

/** Every operation with whatever it may take that names the hidden. */
function operations({ type, operation = [] }: Claims, one: readonly Secret[]): Request[] {
  const own = one.find((s) => s.type === type);
  return operation.flatMap(({ name }) =>
    one.flatMap((s) => {
      const reference = { reference: `${s.type}/${s.id}` };
      const parameter = [
        ['patient-reference', 'valueReference', reference],
        ['appt-id', 'valueUri', `${s.type}/${s.id}`],
        [
          'resource',
          'resource',
          { resourceType: s.type, id: s.id, name: [{ family: 'Тестов1' }], birthDate: '1991-01-01' },
        ],
      ].map(([key, kind, value]) => ({ name: key, [kind as string]: value }));
      const post = (path: string, list: object[]): Request => ({
        family: 'operation',
        method: 'POST',
        path,
        body: { resourceType: 'Parameters', parameter: list },
      });
      return [
        get('operation', `${type}/$${name}`),
        ...parameter.map((p) => post(`${type}/$${name}`, [p])),
        ...(own ? [get('operation', `${type}/${own.id}/$${name}`), post(`${type}/${own.id}/$${name}`, [])] : []),
      ];
    }),
  );
}

function bundles(one: readonly Secret[]): Request[] {
  const send = (type: string, entry: object[]): Request => ({
    family: 'bundle',
    method: 'POST',
    path: '',
    body: { resourceType: 'Bundle', type, entry },
  });
  const read = (url: string) => ({ request: { method: 'GET', url } });
  const urls = one.flatMap((s) => [`${s.type}/${s.id}`, `${s.type}?_id=${s.id}`, `${s.type}/${s.id}/_history`]);
  const referring = (reference: string) => ({
    resource: { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject: { reference } },
    request: { method: 'POST', url: 'ServiceRequest' },
  });
  return [
    ...urls.flatMap((url) => [send('batch', [read(url)]), send('transaction', [read(url)])]),
    ...one.filter((s) => s.type === 'Patient').map((s) => send('transaction', [referring(`Patient/${s.id}`)])),
    send('transaction', [referring('Patient?family=Тестов1&birthdate=1991-01-01')]),
  ];
}

function writes({ type, id }: Secret): Request[] {
  const body = { resourceType: type, id, status: 'cancelled' };
  const patch = [{ op: 'add', path: '/language', value: 'ru' }];
  const headers = { 'content-type': 'application/json-patch+json' };
  const write = (method: Request['method'], rest: Partial<Request>) =>
    twinned('write', `${type}/${id}`, id, { method, ...rest });
  return [
    write('PUT', { body }),
    write('PUT', { body, headers: { 'if-match': 'W/"1"' } }),
    write('PATCH', { body: patch, headers }),
    write('DELETE', {}),
    { family: 'write', method: 'DELETE', path: `${type}?_id=${id}` },
    { family: 'write', method: 'PATCH', path: `${type}?_id=${id}`, body: patch, headers },
  ];
}
