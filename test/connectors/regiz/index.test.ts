/** The region's index of patients, PixService and MPI, before the sandbox: what is found, every fault in turn, what the log keeps. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { MisReadError, type MisRecord } from '../../../src/connectors/connector.ts';
import { mark } from '../../../src/connectors/redact.ts';
import { redactSoap } from '../../../src/connectors/regiz/patient-index/redact.ts';
import { refusalIn } from '../../../src/connectors/regiz/request-fault.ts';
import { SoapFault } from '../../../src/connectors/soap.ts';
import { readXml } from '../../../src/connectors/xml.ts';
import { addToMpi, addToPix, clinicOid, indexOf, known, words } from '../../support/region-people.ts';
import { type Connected, connect, mappings, now } from './stage.ts';

let sandbox: Sandbox;
const ids = { pix: '', mpi: '' };
const opened: Connected[] = [];
beforeAll(async () => {
  sandbox = await startRegizSandbox({ start: '2026-12-01', clock: () => now, doctors: 1, days: 1 });
  ids.pix = await addToPix(sandbox);
  ids.mpi = await addToMpi(sandbox);
});
afterEach(() => sandbox.clearFaults());
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await sandbox.close();
});

const kinds = ['pix', 'mpi'] as const;
const operationOf = { pix: 'Pix.GetPatient', mpi: 'Mpi.Search' } as const;

function open(kind: 'pix' | 'mpi', more: object = {}, shared: object = {}): Connected {
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const index = indexOf(kind, sandbox, more);
  const one = connect({ url: sandbox.url, lpu: 44, guid: sandbox.guid, guard, index, ...shared });
  opened.push(one);
  return one;
}

const patient = {
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:1.2.643.100.3', value: known.snils }],
  name: [{ family: known.family, given: [known.given] }],
  birthDate: known.birthDate,
};

async function find({ operations }: Connected, resource: object = patient): Promise<readonly MisRecord[]> {
  const query = mappings.toMis('Patient', { resource });
  return Object.values(await operations.patientIndex!.find(query, AbortSignal.timeout(30_000))).flat();
}

const keysOf = (records: readonly MisRecord[]) => records.map((record) => record['key']);
const { name, birthDate, identifier } = patient;

describe.each(kinds)('%s', (kind) => {
  test('a person is found by each of what is known, once, and becomes a Patient', async () => {
    const link = open(kind);
    for (const part of [patient, { identifier }, { name, birthDate }])
      expect(keysOf(await find(link, { resourceType: 'Patient', ...part }))).toEqual([ids[kind]]);
    const [record] = await find(link);
    const [mapped] = mappings.mirror(`${kind}-patient`, record!);
    expect(mapped!.resource).toMatchObject({
      identifier: [{ system: `https://medmost.ru/fhir/sid/regiz-${kind}`, value: ids[kind] }, identifier[0]],
      name: [{ family: known.family, given: [known.given, known.patronymic] }],
      ...{ birthDate, gender: 'female' },
    });
  });

  test('one thing that is spelt otherwise does not hide a person whom another finds', async () => {
    const link = open(kind);
    const misspelt = { ...patient, name: [{ family: 'Другова', given: ['Анна'] }] };
    expect(keysOf(await find(link, misspelt))).toEqual([ids[kind]]);
    const unknown = { ...patient, identifier: [{ ...identifier[0], value: '00000060105' }] };
    expect(keysOf(await find(link, unknown))).toEqual([ids[kind]]);
  });

  test('nobody; and nothing is asked where there is nothing to ask by', async () => {
    const link = open(kind);
    expect(await find(link, { name: [{ family: 'Никтов', given: ['Ян'] }], birthDate })).toEqual([]);
    const asked = link.exchanges.length;
    for (const poor of [
      { name },
      { birthDate },
      { name, birthDate: '1990' },
      { name: [{ family: 'Никтов' }], birthDate },
    ])
      expect(await find(link, poor)).toEqual([]);
    expect([asked, link.exchanges.length]).toEqual([1, 1]);
  });

  test('a token that is not known, an address where nobody is', async () => {
    await expect(find(open(kind, { guid: 'none' }))).rejects.toThrow(MisReadError);
    await expect(find(open(kind, { url: 'http://127.0.0.1:9/' }))).rejects.toThrow(MisReadError);
  });

  test('a failed question is asked again', async () => {
    const link = open(kind, {}, { guard: { readRepeats: 2, repeatAfter: 1 } });
    sandbox.fault({ fault: 'commit-then-reset', times: 2, operations: [operationOf[kind]] });
    expect(keysOf(await find(link, { identifier }))).toEqual([ids[kind]]);
    expect(link.exchanges.map((e) => e.outcome)).toEqual(['failed', 'failed', 'ok']);
  });
});

/** Faults in which the answer is whole, or as good; all others tell nothing. */
const understood = ['slow', 'utf8-bom', 'disordered'];
/** Those after which nothing comes that could be waited for. */
const endless = ['commit-then-hang', 'late-commit', 'drip'];

describe.each(kinds)('%s: every fault in turn', (kind) => {
  test('is the person, or an error of the connector, and never anybody else; the log knows nothing of people', async () => {
    const operation = operationOf[kind];
    const faults = sandbox.faults().filter(({ operations }) => operations.includes(operation));
    expect(faults.length).toBeGreaterThan(18);
    const [patient, hasty] = [open(kind, { patienceMilliseconds: 30_000 }), open(kind, { patienceMilliseconds: 300 })];
    for (const { name: fault } of faults) {
      const params = { milliseconds: fault === 'drip' ? 1000 : 1 };
      sandbox.fault({ fault, times: 100, operations: [operation], params });
      const told = find(endless.includes(fault) ? hasty : patient, { identifier });
      const expected = understood.includes(fault) ? [ids[kind]] : 'MisReadError';
      expect([fault, await told.then(keysOf, (error: Error) => error.name)]).toEqual([fault, expected]);
      sandbox.clearFaults();
    }
    expect(keysOf(await find(patient))).toEqual([ids[kind]]);
    const kept = JSON.stringify([...patient.exchanges, ...hasty.exchanges]);
    for (const word of [...words, sandbox.guid]) expect(kept).not.toContain(word);
    expect(kept).toContain(mark);
    expect(sandbox.canaryHits()).toBe(0);
  }, 90_000);
});

test('an empty answer is nobody only where it is the answer', async () => {
  const link = open('pix');
  const nobody = { identifier: [{ ...identifier[0], value: '00000060105' }] };
  for (const emptyLists of ['empty', 'nil'] as const) {
    sandbox.settings({ emptyLists });
    expect(await find(link, nobody)).toEqual([]);
  }
  sandbox.settings({ emptyLists: 'absent' });
  await expect(find(link, nobody)).rejects.toThrow(MisReadError);
  sandbox.settings({ emptyLists: 'empty' });
  sandbox.fault({ fault: 'wrong-element', times: 1, operations: ['Pix.GetPatient'], params: { variant: 'return' } });
  await expect(find(link, nobody)).rejects.toThrow(MisReadError);
});

describe('refusals of PixService', () => {
  const nowhere = { lpu: 'nowhere' };

  test('say which property was wrong, and are not repeated', async () => {
    const link = open('pix', nowhere, { guard: { readRepeats: 2, repeatAfter: 1 } });
    await expect(find(link, { identifier })).rejects.toMatchObject({
      name: 'MisReadError',
      retryable: false,
      message: 'PIX refused: 3 idLPU',
    });
    expect(link.exchanges.map((e) => e.outcome)).toEqual(['rejected']);
  });

  test('may mean that there is nobody, where the region says so', async () => {
    expect(await find(open('pix', { ...nowhere, nobody: [3] }), { identifier })).toEqual([]);
    await expect(find(open('pix', { ...nowhere, nobody: [4] }), { identifier })).rejects.toThrow(MisReadError);
  });

  const faultOf = (inner: string) =>
    new SoapFault(
      {},
      readXml(`<detail xmlns:f="http://schemas.datacontract.org/2004/07/N3.EMK.Dto.Common">${inner}</detail>`),
    );
  const one = (code: number, property: string, more = '') =>
    `<f:RequestFault><f:PropertyName>${property}</f:PropertyName><f:Message>Тестовна</f:Message><f:ErrorCode>${code}</f:ErrorCode>${more}</f:RequestFault>`;

  test('are a tree, or a list of trees, of which the leaves count; texts are never read', () => {
    const tree = one(99, 'patient', `<f:Errors>${one(2, 'patient.Sex')}${one(3, 'Иванов И. И.')}</f:Errors>`);
    expect(refusalIn(faultOf(tree))?.message).toBe('PIX refused: 2 patient.Sex, 3');
    expect(
      refusalIn(faultOf(`<f:ArrayOfRequestFault>${tree}${one(5, 'guid')}</f:ArrayOfRequestFault>`))?.codes,
    ).toEqual([2, 3, 5]);
    expect(
      refusalIn(faultOf('<ExceptionDetail><Message>Object reference</Message></ExceptionDetail>')),
    ).toBeUndefined();
  });
});

test('what is kept of XML is its shape: no text but what is nobody’s, no attributes, CDATA or comments', () => {
  const kept = (response: string) => redactSoap({ request: '', response }, [known.family]).response;
  const name = '<e:FamilyName x="Тестовна">Тестовна</e:FamilyName>';
  expect(kept(`<a>${name}<e:IdDocumentType>223</e:IdDocumentType><b i:nil="true"/></a>`)).toBe(
    `<a><e:FamilyName>${mark}</e:FamilyName><e:IdDocumentType>223</e:IdDocumentType><b nil="true"></a>`,
  );
  for (const odd of [
    '<a><![CDATA[Тестовна]]></a>',
    '<!-- > Тестовна -->',
    '{"name":"Тестовна"}',
    'Тестовна<',
    '<Тестовна',
  ])
    expect(kept(odd)).not.toContain('Тестовна');
});

test('the token is asked for, a kind that is unknown is refused, and none is no ability', async () => {
  expect(() => open('pix', { guid: '' })).toThrow();
  expect(() => open('pix', { kind: 'other' })).toThrow();
  const { operations } = connect({ url: sandbox.url, lpu: 44, guid: sandbox.guid });
  expect(operations.patientIndex).toBeUndefined();
  await operations.close();
});

test('a person is asked for in the words of the contract, and the log keeps where', async () => {
  const link = open('pix', { source: 'Fed' });
  await find(link, { identifier });
  const { operation, request } = link.exchanges[0]!;
  expect([operation, request]).toEqual([
    'Pix.GetPatient',
    expect.stringContaining(`<idLPU>${clinicOid}</idLPU><patient><e:Documents><e:DocumentDto><e:DocN>${mark}</e:DocN>`),
  ]);
  expect(request).toContain('<idSource>Fed</idSource>');
});
