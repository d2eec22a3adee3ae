/** $validate over HTTP: what it says, that it keeps nothing, and that it judges as the writes do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { validate } from '../../../src/r4/validate.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { root } from '../../support/process.ts';
import { createTarget } from '../target.ts';

const target = await createTarget();
afterAll(() => target.close());

const patient = (more: object = {}) => ({
  resourceType: 'Patient',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Примерова</div>' },
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00000060004' }],
  name: [{ family: 'Примерова', given: ['Анна'] }],
  birthDate: '1980-02-29',
  ...more,
});

const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const inMode = (code: string, resource?: object) =>
  parameters({ name: 'mode', valueCode: code }, ...(resource === undefined ? [] : [{ name: 'resource', resource }]));

async function post(path: string, body: object, token = target.token): Promise<Answer> {
  const answer = await ask(target.hub, 'POST', path, { token, body });
  expect(validate(answer.body)).toEqual([]);
  return answer;
}

type Told = [status: number, ...issues: string[]];

async function told(path: string, body: object, token = target.token): Promise<Told> {
  const { status, body: outcome } = await post(path, body, token);
  const issues = outcome.issue as unknown as { severity: string; code: string; expression?: string[] }[];
  return [status, ...issues.map((i) => [i.severity, i.code, ...(i.expression ?? [])].join(' '))];
}

const allOk: Told = [200, 'information informational'];

describe('a resource', () => {
  test('that is right is all OK, bare or in Parameters, in each mode', async () => {
    expect(await post('Patient/$validate', patient())).toMatchObject({
      status: 200,
      body: { resourceType: 'OperationOutcome', issue: [{ severity: 'information', details: { text: 'All OK' } }] },
    });
    expect(await told('Patient/$validate', parameters({ name: 'resource', resource: patient() }))).toEqual(allOk);
    expect(await told('Patient/$validate', inMode('create', patient()))).toEqual(allOk);
    expect(await told('Patient/$validate', inMode('update', patient()))).toEqual(allOk);
  });

  test('that is wrong is told with everything that is wrong, as 200', async () => {
    const wrong = patient({ gender: 'f', birthDate: '1980-02-30', nmae: 1, text: undefined, language: 'tt' });
    const issues = [
      200,
      'error code-invalid Patient.gender',
      'error structure Patient',
      'error value Patient.birthDate',
      'information code-invalid Patient.language',
      'warning invariant Patient',
    ];
    const [status, ...found] = await told('Patient/$validate', wrong);
    expect([status, ...found.sort()]).toEqual(issues);
    const [, ...inParameters] = await told('Patient/$validate', inMode('create', wrong));
    expect([status, ...inParameters.sort()]).toEqual(issues);
  });

  test.each<[name: string, resource: object, ...issues: string[]]>([
    [
      'СНИЛС',
      patient({ identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '11223344596' }] }),
      'error value Patient.identifier[0].value',
    ],
    [
      'modifier',
      patient({ modifierExtension: [{ url: 'http://a', valueBoolean: true }] }),
      'error extension Patient.modifierExtension',
    ],
    ['profile', patient({ meta: { profile: ['http://a/p'] } }), 'warning not-supported Patient.meta.profile[0]'],
    ['no type', { id: 'a' }, 'error structure resourceType', 'error structure Resource'],
  ])('is judged for its %s', async (_, resource, ...issues) => {
    expect(await told('Patient/$validate', resource)).toEqual([200, ...issues]);
  });

  test('of objects that do not become text is judged', async () => {
    const odd = { toString: 1 };
    const patients = [
      { resourceType: odd, meta: { profile: [odd] } },
      patient({ meta: { profile: [odd] }, modifierExtension: [{ url: odd }] }),
    ];
    for (const body of patients) expect((await told('Patient/$validate', body))[0]).toBe(200);
  });

  test('of another type than the address is told', async () => {
    const slot = { resourceType: 'Slot', status: 'free' };
    expect((await told('Patient/$validate', slot))[1]).toBe('error structure resourceType');
  });

  test('may be of any type that is served', async () => {
    for (const type of target.hub.context.declarations.keys()) {
      const [status, ...issues] = await told(`${type}/$validate`, { resourceType: type, nonsense: 1 });
      expect([status, issues[0] === undefined ? '' : issues.join()]).toEqual([
        200,
        expect.stringContaining('structure'),
      ]);
    }
  });

  test('more than a hundred issues are cut', async () => {
    const many = patient({ name: Array.from({ length: 300 }, () => ({ use: 'nick' })) });
    const [status, ...issues] = await told('Patient/$validate', many);
    expect([status, issues.length]).toEqual([200, 100]);
  });
});

describe('what a write would be answered', () => {
  const counted = async () => {
    const { rows } = await target.hub.pool.query('select count(*) from document');
    return Number(rows[0].count);
  };

  test('is told without writing', async () => {
    const before = [await counted(), await target.digest()];
    expect(await told('Patient/$validate', inMode('create', patient()))).toEqual(allOk);
    const [person] = target.people;
    const path = `Patient/${person!.patient}/$validate`;
    expect(await told(path, inMode('update', patient()))).toEqual(allOk);
    expect(await told(path, inMode('delete'))).toEqual([200, 'error conflict']);
    expect([await counted(), await target.digest()]).toEqual(before);
  });

  test.each(['batch', 'transaction'])('is told inside a %s, whose writes stay', async (type) => {
    const before = await counted();
    const entry = [
      { resource: patient(), request: { method: 'POST', url: 'Patient' } },
      { resource: inMode('create', patient()), request: { method: 'POST', url: 'Patient/$validate' } },
    ];
    const { status, body } = await post('', { resourceType: 'Bundle', type, entry });
    const answers = (body['entry'] ?? []) as { response: { status: string } }[];
    expect([status, ...answers.map((e) => e.response.status)]).toEqual([200, '201', '200']);
    expect(await counted()).toBe(before + 1);
  });

  test('is what the write is answered', async () => {
    const encounter = {
      resourceType: 'Encounter',
      text: patient().text,
      status: 'planned',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: 'Patient/00000000-0000-4000-8000-000000000000' },
    };
    const rehearsed = await post('Encounter/$validate', inMode('create', encounter));
    const written = await post('Encounter', encounter);
    expect(written.status).toBeGreaterThanOrEqual(400);
    expect(rehearsed.body.issue).toEqual(written.body.issue);
    const reader = await target.hub.token({ clinics: ['one'], role: 'registry' });
    expect(await told('Patient/$validate', inMode('create', patient()), reader)).toEqual([200, 'error forbidden']);
  });

  test('of what changes the meaning is a refusal, and of much that is wrong a hundred issues', async () => {
    const modifierExtension = [{ url: 'http://a/not', valueBoolean: true }];
    expect(await told('Patient', patient({ modifierExtension }))).toEqual([
      400,
      'error extension Patient.modifierExtension',
    ]);
    expect(await told('Patient', patient({ implicitRules: 'http://a' }))).toEqual([
      400,
      'error not-supported Patient.implicitRules',
    ]);
    const name = Array.from({ length: 300 }, () => ({ use: 'nick', period: 1 }));
    expect(await told('Patient', patient({ name }))).toHaveLength(101);
  });

  test('is told of an Appointment as far as the clinic is not asked', async () => {
    const appointment = (more: object) => ({
      resourceType: 'Appointment',
      text: patient().text,
      status: 'proposed',
      slot: [{ reference: `Slot/${target.slot(7)}` }],
      participant: [{ actor: { reference: `Patient/${target.people[0]!.patient}` }, status: 'accepted' }],
      ...more,
    });
    const judged = (more: object) => told('Appointment/$validate', inMode('create', appointment(more)));
    expect(await judged({})).toEqual(allOk);
    expect(await judged({ slot: undefined })).toEqual([200, 'error business-rule Appointment.slot']);
    expect(await judged({ status: 'cancelled' })).toEqual([200, 'error business-rule Appointment.status']);
    expect(await judged({ status: 'waitlist' })).toEqual([200, 'error business-rule Appointment.slot']);
    const [free] = await Promise.all([ask(target.hub, 'GET', `Slot/${target.slot(7)}`, { token: target.token })]);
    expect(free.body['status']).toBe('free');
  });

  test('is not possible where there is no such write', async () => {
    const slot = (await ask(target.hub, 'GET', `Slot/${target.slot(7)}`, { token: target.token })).body;
    const [status, ...issues] = await told('Slot/$validate', inMode('create', slot));
    expect([status, ...issues.filter((i) => i.startsWith('error'))]).toEqual([200, 'error not-supported']);
    expect(await told(`Slot/${target.slot(7)}/$validate`, inMode('delete'))).toEqual([200, 'error not-supported']);
  });
});

describe('an instance', () => {
  const path = () => `Patient/${target.people[0]!.patient}/$validate`;
  const get = (query: string) => ask(target.hub, 'GET', `${path()}${query}`, { token: target.token });

  test('is judged as it is kept', async () => {
    const { status, body } = await get('');
    expect([status, body.issue!.map((i) => (i as { severity?: string }).severity)]).toEqual([200, ['warning']]);
    expect(
      (await get('?mode=profile&profile=http://hl7.org/fhir/StructureDefinition/Patient')).body.issue,
    ).toHaveLength(1);
  });

  test('is not known to conform to a profile that is not known', async () => {
    const of = async (profile: string) =>
      (await get(`?mode=profile&profile=${profile}`)).body.issue!.map((i) => i.code);
    expect(await of('http://a/b')).toEqual(['invariant', 'not-supported']);
    expect(await of('http://hl7.org/fhir/StructureDefinition/Slot')).toEqual(['invariant', 'structure']);
  });

  test('that is sent must have its id', async () => {
    expect(await told(path(), patient({ id: 'other' }))).toEqual([200, 'error structure Patient.id']);
  });

  test('that is not there, or not yours, is not found', async () => {
    expect((await get('').then(() => post('Patient/none/$validate', patient()))).status).toBe(404);
    const stranger = await target.hub.token({ clinics: ['two'] });
    expect((await post(path(), inMode('delete'), stranger)).status).toBe(404);
  });
});

test.each<[name: string, path: string, body: object, status: number, place: string]>([
  ['nothing to judge', 'Patient/$validate', parameters({ name: 'mode', valueCode: 'create' }), 400, 'http.resource'],
  ['a deletion of nobody', 'Patient/$validate', inMode('delete', patient()), 400, 'http.mode'],
  ['an unknown mode', 'Patient/$validate', inMode('think', patient()), 400, 'http.mode'],
  [
    'an unknown parameter',
    'Patient/$validate',
    parameters({ name: 'x', valueCode: 'y' }),
    400,
    'Parameters.parameter[0]',
  ],
  [
    'Parameters that are wrong',
    'Patient/$validate',
    parameters({ valueCode: 'y' }),
    400,
    'Parameters.parameter[0].name',
  ],
  ['a list', 'Patient/$validate', [patient()], 400, 'Resource'],
])('%s is refused', async (_, path, body, status, place) => {
  const answer = await ask(target.hub, 'POST', path, { token: target.token, body });
  expect([answer.status, answer.body.issue![0]!.expression]).toEqual([status, [place]]);
});

test('no JSON makes it fall over', async () => {
  const types = [...target.hub.context.declarations.keys()];
  const key = fc.constantFrom(
    ...[
      'resourceType',
      'parameter',
      'name',
      'resource',
      'part',
      'valueCode',
      'meta',
      'profile',
      'id',
      'identifier',
      'system',
    ],
    ...['value', 'contained', 'entry', 'modifierExtension', 'url', 'toString', '__proto__', 'extension', 'text', 'div'],
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 0, 1e300, '', '#', 'mode', 'resource', 'delete', 'Parameters', 'Bundle', ...types),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  const headers = { authorization: `Bearer ${target.token}`, 'content-type': 'application/fhir+json' };
  const send = (url: string, payload: object) => target.hub.app.inject({ method: 'POST', url, headers, payload });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...types), tree, tree, async (type, body, resource) => {
      const parameters = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] };
      for (const payload of [{ resourceType: type, ...(body as object) }, parameters]) {
        const answer = await send(`/fhir/${type}/$validate`, payload);
        expect(answer.statusCode).toBeLessThan(500);
        expect(validate(answer.json())).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test('what came as XML is told with its line, by $validate and by writes', async () => {
  const xml =
    '<Patient xmlns="http://hl7.org/fhir">\n<name><family value="А"/></name>\n<gender value="f"/>\n</Patient>';
  const headers = { authorization: `Bearer ${target.token}`, 'content-type': 'application/fhir+xml' };
  const snils = '<identifier><system value="urn:oid:1.2.643.100.3"/>\n<value value="11223344596"/></identifier>';
  const send = (path: string, payload: string) =>
    target.hub.app.inject({ method: 'POST', url: `/fhir/${path}`, headers, payload });
  const refused = await send('Patient', `<Patient xmlns="http://hl7.org/fhir">${snils}</Patient>`);
  expect([refused.statusCode, refused.json().issue[0].extension[0].valueInteger]).toEqual([422, 2]);
  for (const path of ['Patient', 'Patient/$validate']) {
    const answer = await send(path, xml);
    const outcome = answer.json() as { issue: { expression: string[]; extension?: { valueInteger: number }[] }[] };
    expect(validate(outcome)).toEqual([]);
    const [first] = outcome.issue;
    expect([first!.expression, first!.extension![0]!.valueInteger]).toEqual([['Patient.gender'], 3]);
  }
});

test('the page of the operation shows what is answered', async () => {
  const page = readFileSync(join(root, 'docs/fhir-operations/validate.md'), 'utf8');
  const [request, answer] = [...page.matchAll(/^```(?:http\nPOST [^{]*|json\n)(\{.*?)^```/gms)].map(
    ([, text]) => text!,
  );
  expect((await post('Patient/$validate', JSON.parse(request!))).body).toEqual(JSON.parse(answer!));
});
