/** WCF's data contracts: what is written has the order of the table and is read back as it was, and others read it by our WSDL. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type Client, createClientAsync } from 'soap';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emkContract } from '../../src/connectors/regiz/contract/emk.ts';
import { type HubOperation, hubContract } from '../../src/connectors/regiz/contract/hub.ts';
import { mqContract } from '../../src/connectors/regiz/contract/mq.ts';
import { pixContract } from '../../src/connectors/regiz/contract/pix.ts';
import { readXml } from '../../src/connectors/xml.ts';
import { type Contract, literalsOf, membersOf, parseReference, type Reference } from '../../src/wcf/contract.ts';
import { soapHeaders, writeEnvelope, writeFault } from '../../src/wcf/envelope.ts';
import { readParameters, readResult } from '../../src/wcf/read.ts';
import { escapeXml, writeRequest, writeResponse } from '../../src/wcf/write.ts';
import { writeWsdl } from '../../src/wcf/wsdl.ts';
import { canonical } from './canonical.ts';

const contract: Contract = hubContract;
const operations = Object.keys(hubContract.operations) as HubOperation[];

/** Any text that XML can hold: Cyrillic, quotes, what looks like markup; not blank, for blank is absent. */
const texts = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => text.replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ''))
  .filter((text) => text.trim() !== '');

const simple: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: texts,
  int: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
  short: fc.integer({ min: -32_768, max: 32_767 }),
  unsignedByte: fc.integer({ min: 0, max: 255 }),
  unsignedShort: fc.integer({ min: 0, max: 65_535 }),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  double: fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 8),
  boolean: fc.boolean(),
  dateTime: fc
    .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 19)),
  guid: fc.uuid(),
};

function arbitraryOf(contract: Contract, reference: Reference, depth: number): fc.Arbitrary<unknown> {
  const { prefix, name, list } = reference;
  if (list) return fc.array(arbitraryOf(contract, { ...reference, list: false }, depth - 1), { maxLength: 3 });
  const literals = literalsOf(contract, reference);
  if (literals !== undefined) return fc.constantFrom(...literals);
  return simple[name] ?? dataOf(contract, prefix, name, depth);
}

function dataOf(contract: Contract, prefix: string, name: string, depth: number): fc.Arbitrary<unknown> {
  const members = membersOf(contract, prefix, name).filter(
    ({ reference }) => depth > 0 || Object.hasOwn(simple, reference.name),
  );
  const values = Object.fromEntries(members.map((m) => [m.name, arbitraryOf(contract, m.reference, depth - 1)]));
  return fc.record(values, { requiredKeys: [] });
}

type Values = Record<string, unknown>;

const parametersOf = (contract: Contract, operation: string): fc.Arbitrary<Values> =>
  fc.record(
    Object.fromEntries(
      Object.entries(contract.operations[operation]!.parameters).map(([name, text]) => [
        name,
        arbitraryOf(contract, parseReference(text, ''), 4),
      ]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Values>;

/** Undefined where the contract answers with an empty response. */
const resultOf = (contract: Contract, operation: string): fc.Arbitrary<Values> | undefined => {
  const { result } = contract.operations[operation]!;
  return result === undefined
    ? undefined
    : (arbitraryOf(contract, parseReference(result, ''), 4) as fc.Arbitrary<Values>);
};

const everyOperation = [hubContract, mqContract, emkContract, pixContract].flatMap((one: Contract) =>
  Object.keys(one.operations).map((operation) => [one.service, operation, one] as const),
);

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what is written is read back as it was', () => {
  test.each(everyOperation)('%s %s', (_service, operation, contract) => {
    fc.assert(
      fc.property(parametersOf(contract, operation), fc.constantFrom('omit', 'nil'), (parameters, absent) => {
        const xml = readXml(writeRequest(contract, operation, parameters, absent as 'omit'));
        expect(plain(readParameters(contract, operation, xml))).toEqual(plain(parameters));
      }),
      { numRuns: 20 },
    );
    const results = resultOf(contract, operation);
    if (results === undefined) return;
    fc.assert(
      fc.property(results, fc.constantFrom('omit', 'nil'), (result, absent) => {
        const xml = readXml(writeResponse(contract, operation, result, absent as 'omit'));
        expect(plain(readResult(contract, operation, xml))).toEqual(plain(result));
      }),
      { numRuns: 20 },
    );
  });
});

test('Register of protocols/regiz.md §3.3, with who asks before what he asks', () => {
  const m = 'http://schemas.datacontract.org/2004/07/MQ.Dto';
  const coding = (Code: string, oid: string) => ({ Code, System: oid, Version: '1' });
  const own = '1.2.643.2.69.1.1.1';
  const referral = {
    Source: { IdReferralMis: 'R-77', Doctors: [{ Role: coding('1', `${own}.66`) }] },
    ReferralInfo: { ReferralType: coding('1', `${own}.55`), ProfileMedService: coding('1', `${own}.56`) },
    Patient: {
      Person: {
        Sex: coding('2', '1.2.643.5.1.13.2.1.1.156'),
        HumanName: { MiddleName: 'Ивановна', GivenName: 'Анна', FamilyName: 'Примерова' },
        IdPatientMis: 'P-1',
        BirthDate: '1980-02-29T00:00:00',
      },
    },
  };
  const xmlOf = ({ Code, System, Version }: ReturnType<typeof coding>) =>
    `<m:Code>${Code}</m:Code><m:System>${System}</m:System><m:Version>${Version}</m:Version>`;
  const credentials = { Token: 't', Organization: '1.2.643.2.69.1.2.0' };
  expect(writeRequest(mqContract, 'Register', { referral, credentials })).toBe(
    `<Register xmlns="http://tempuri.org/"><credentials xmlns:m="${m}"><m:Organization>1.2.643.2.69.1.2.0</m:Organization>` +
      `<m:Token>t</m:Token></credentials><referral xmlns:m="${m}"><m:Patient><m:Person><m:BirthDate>1980-02-29T00:00:00</m:BirthDate>` +
      '<m:HumanName><m:FamilyName>Примерова</m:FamilyName><m:GivenName>Анна</m:GivenName><m:MiddleName>Ивановна</m:MiddleName></m:HumanName>' +
      `<m:IdPatientMis>P-1</m:IdPatientMis><m:Sex>${xmlOf(referral.Patient.Person.Sex)}</m:Sex></m:Person></m:Patient>` +
      `<m:ReferralInfo><m:ProfileMedService>${xmlOf(referral.ReferralInfo.ProfileMedService)}</m:ProfileMedService>` +
      `<m:ReferralType>${xmlOf(referral.ReferralInfo.ReferralType)}</m:ReferralType></m:ReferralInfo>` +
      `<m:Source><m:Doctors><m:Doctor><m:Role>${xmlOf(referral.Source.Doctors[0]!.Role)}</m:Role></m:Doctor></m:Doctors>` +
      '<m:IdReferralMis>R-77</m:IdReferralMis></m:Source></referral></Register>',
  );
});

test('AddPatient of protocols/regiz.md §3.1', () => {
  const e = 'http://schemas.datacontract.org/2004/07/EMKService.Data.Dto';
  const patient = {
    ...{ Sex: 2, MiddleName: 'Ивановна', IdPatientMIS: 'P-1', GivenName: 'Анна', FamilyName: 'Примерова' },
    Documents: [{ ProviderName: 'ПФР', IdDocumentType: 223, DocN: '11223344595' }],
    BirthDate: '1980-02-29T00:00:00',
  };
  expect(writeRequest(pixContract, 'AddPatient', { patient, idLPU: 'L', guid: 'g' })).toBe(
    `<AddPatient xmlns="http://tempuri.org/"><guid>g</guid><idLPU>L</idLPU><patient xmlns:e="${e}">` +
      '<e:BirthDate>1980-02-29T00:00:00</e:BirthDate><e:Documents><e:DocumentDto><e:DocN>11223344595</e:DocN>' +
      '<e:IdDocumentType>223</e:IdDocumentType><e:ProviderName>ПФР</e:ProviderName></e:DocumentDto></e:Documents>' +
      '<e:FamilyName>Примерова</e:FamilyName><e:GivenName>Анна</e:GivenName><e:IdPatientMIS>P-1</e:IdPatientMIS>' +
      '<e:MiddleName>Ивановна</e:MiddleName><e:Sex>2</e:Sex></patient></AddPatient>',
  );
});

test('AddCase of protocols/regiz.md §3.2: members in the order of the contract, which is not that of the alphabet', () => {
  const n = 'http://schemas.datacontract.org/2004/07/N3.EMK.Dto';
  const HumanName = { FamilyName: 'Образцова', MiddleName: 'Павловна', GivenName: 'Вера' };
  const Doctor = { IdPosition: 73, IdSpeciality: 27, IdLpu: 'L', Person: { IdPersonMis: 'D-1', HumanName } };
  const caseDto = {
    ...{ $type: 'CaseTmc', Initiator: { InitiatorType: 1 }, TmcGoal: 2, TmcForm: 1, TmcID: 'T', CaseVisitType: 1 },
    ...{ IdPatientMis: 'P-1', Author: { IdRole: 3, Doctor }, IdLpu: 'L', IdCaseMis: 'C', HistoryNumber: 'H' },
    ...{ CloseDate: '2026-12-01T09:20:00', OpenDate: '2026-12-01T09:00:00' },
  };
  expect(writeRequest(emkContract, 'AddCase', { caseDto, guid: 'g' })).toBe(
    `<AddCase xmlns="http://tempuri.org/"><guid>g</guid><caseDto xmlns:c="${n}.Case" xmlns:n="${n}" ` +
      'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="c:CaseTmc">' +
      '<c:OpenDate>2026-12-01T09:00:00</c:OpenDate><c:CloseDate>2026-12-01T09:20:00</c:CloseDate>' +
      '<c:HistoryNumber>H</c:HistoryNumber><c:IdCaseMis>C</c:IdCaseMis><c:IdLpu>L</c:IdLpu><c:Author><n:Doctor><n:Person>' +
      '<n:HumanName><n:GivenName>Вера</n:GivenName><n:MiddleName>Павловна</n:MiddleName><n:FamilyName>Образцова</n:FamilyName>' +
      '</n:HumanName><n:IdPersonMis>D-1</n:IdPersonMis></n:Person><n:IdLpu>L</n:IdLpu><n:IdSpeciality>27</n:IdSpeciality>' +
      '<n:IdPosition>73</n:IdPosition></n:Doctor><n:IdRole>3</n:IdRole></c:Author><c:IdPatientMis>P-1</c:IdPatientMis>' +
      '<c:CaseVisitType>1</c:CaseVisitType><c:TmcID>T</c:TmcID><c:TmcForm>1</c:TmcForm><c:TmcGoal>2</c:TmcGoal>' +
      '<c:Initiator><n:InitiatorType>1</n:InitiatorType></c:Initiator></caseDto></AddCase>',
  );
});

describe('the messages of protocols/regiz.md §1.7', () => {
  const h = 'http://schemas.datacontract.org/2004/07/HubService2';
  const p = `${h}.ContractsClasses.PostAppointment`;
  const guid = '00000000-0000-0000-0000-000000000001';

  test('CheckPatient, in its envelope', () => {
    const pat = {
      Surname: 'Примерова',
      Name: 'Анна',
      SecondName: 'Ивановна',
      Birthday: '1980-02-29T00:00:00',
      Snils: '000-000-600 04',
      Polis_N: '7850000000000014',
    };
    const written = writeEnvelope('1.1', writeRequest(contract, 'CheckPatient', { guid, idLpu: 44, pat }));
    expect(canonical(written)).toBe(
      canonical(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
        <CheckPatient xmlns="http://tempuri.org/"><pat xmlns:h="${h}">
          <h:Birthday>1980-02-29T00:00:00</h:Birthday><h:Name>Анна</h:Name><h:Polis_N>7850000000000014</h:Polis_N>
          <h:SecondName>Ивановна</h:SecondName><h:Snils>000-000-600 04</h:Snils><h:Surname>Примерова</h:Surname>
        </pat><idLpu>44</idLpu><guid>${guid}</guid></CheckPatient></s:Body></s:Envelope>`),
    );
    expect(written).toContain(`<pat xmlns:h="${h}"><h:Birthday>`);
  });

  test('SetAppointment, GetAvaibleAppointments, CreateClaimForRefusal', () => {
    const id = '03.03.2025;10:30;п100.136';
    const idPat = '00000000000000001116';
    const booking = { idHistory: 123_456, guid, idPat, idLpu: 44, idAppointment: id };
    expect(writeRequest(contract, 'SetAppointment', booking)).toBe(
      `<SetAppointment xmlns="http://tempuri.org/"><idAppointment>${id}</idAppointment><idLpu>44</idLpu><idPat>${idPat}</idPat>` +
        `<guid>${guid}</guid><idHistory>123456</idHistory></SetAppointment>`,
    );
    const times = {
      visitEnd: '2025-03-17T00:00:00',
      visitStart: '2025-03-03T00:00:00',
      idPat,
      idLpu: 44,
      idDoc: 'п100.136',
    };
    expect(writeRequest(contract, 'GetAvaibleAppointments', { ...times, guid })).toBe(
      `<GetAvaibleAppointments xmlns="http://tempuri.org/"><idDoc>п100.136</idDoc><idLpu>44</idLpu><idPat>${idPat}</idPat>` +
        '<visitStart>2025-03-03T00:00:00</visitStart><visitEnd>2025-03-17T00:00:00</visitEnd>' +
        `<guid>${guid}</guid></GetAvaibleAppointments>`,
    );
    expect(writeRequest(contract, 'CreateClaimForRefusal', { idAppointment: '778899', idPat, idLpu: 44, guid })).toBe(
      `<CreateClaimForRefusal xmlns="http://tempuri.org/"><idLpu>44</idLpu><idPat>${idPat}</idPat>` +
        `<idAppointment>778899</idAppointment><guid>${guid}</guid></CreateClaimForRefusal>`,
    );
  });

  test('RegisterPARequest', () => {
    const request = {
      PARequest: { FerIdSpeciality: '27', IdLpu: '44', IdSpeciality: '4', NameSpeciality: 'Терапевт участковый' },
      PARequestInfo: { Claim: '1', Info: 'после 17:00' },
      PARequestPatient: {
        BirthDate: '1980-02-29T00:00:00',
        FirstName: 'Анна',
        IdPatient: '1116',
        LastName: 'Примерова',
        MiddleName: 'Ивановна',
        PARequestPatientContacts: { Phone: '+79990000000' },
      },
      PASource: 5,
      PreferredIntervals: [{ EndDate: '2025-03-17T20:00:00', StartDate: '2025-03-10T17:00:00' }],
    };
    expect(canonical(writeRequest(contract, 'RegisterPARequest', { request, guid }))).toBe(
      canonical(`<RegisterPARequest xmlns="http://tempuri.org/"><request xmlns:p="${p}">
        <p:PARequest><p:FerIdSpeciality>27</p:FerIdSpeciality><p:IdLpu>44</p:IdLpu><p:IdSpeciality>4</p:IdSpeciality>
          <p:NameSpeciality>Терапевт участковый</p:NameSpeciality></p:PARequest>
        <p:PARequestInfo><p:Claim>1</p:Claim><p:Info>после 17:00</p:Info></p:PARequestInfo>
        <p:PARequestPatient><p:BirthDate>1980-02-29T00:00:00</p:BirthDate><p:FirstName>Анна</p:FirstName>
          <p:IdPatient>1116</p:IdPatient><p:LastName>Примерова</p:LastName><p:MiddleName>Ивановна</p:MiddleName>
          <p:PARequestPatientContacts><p:Phone>+79990000000</p:Phone></p:PARequestPatientContacts></p:PARequestPatient>
        <p:PASource>5</p:PASource>
        <p:PreferredIntervals><p:PARequestInterval><p:EndDate>2025-03-17T20:00:00</p:EndDate>
          <p:StartDate>2025-03-10T17:00:00</p:StartDate></p:PARequestInterval></p:PreferredIntervals>
      </request><guid>${guid}</guid></RegisterPARequest>`),
    );
  });

  test('a good and a bad answer are read', () => {
    const i = 'http://www.w3.org/2001/XMLSchema-instance';
    const good = `<CheckPatientResponse xmlns="http://tempuri.org/"><CheckPatientResult xmlns:h="${h}" xmlns:i="${i}">
      <h:ErrorList i:nil="true"/><h:IdHistory>123456</h:IdHistory><h:Success>true</h:Success><h:IdPat>1116</h:IdPat>
      </CheckPatientResult></CheckPatientResponse>`;
    expect(readResult(contract, 'CheckPatient', readXml(good))).toEqual({
      IdHistory: 123_456,
      Success: true,
      IdPat: '1116',
    });
    const bad = `<m:SetAppointmentResponse xmlns:m="http://tempuri.org/"><m:SetAppointmentResult><ErrorList xmlns="${h}"><Error>
      <ErrorDescription>Талон занят</ErrorDescription><IdError>39</IdError></Error></ErrorList><Success xmlns="${h}">false</Success>
      <Type xmlns="${h}">отсутстствует_неопределено</Type></m:SetAppointmentResult></m:SetAppointmentResponse>`;
    expect(readResult(contract, 'SetAppointment', readXml(bad))).toEqual({
      ErrorList: [{ ErrorDescription: 'Талон занят', IdError: 39 }],
      Success: false,
      Type: 'отсутстствует_неопределено',
    });
  });
});

describe('what is hostile or odd', () => {
  const h = 'http://schemas.datacontract.org/2004/07/HubService2';
  const result = (inner: string) =>
    readResult(
      contract,
      'GetAvaibleAppointments',
      readXml(
        `<GetAvaibleAppointmentsResponse xmlns="http://tempuri.org/"><GetAvaibleAppointmentsResult xmlns:h="${h}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${inner}</GetAvaibleAppointmentsResult></GetAvaibleAppointmentsResponse>`,
      ),
    );

  test.each([
    ['nil', '<h:ListAppointments i:nil="true"/>', undefined],
    ['empty', '<h:ListAppointments/>', []],
    ['absent', '', undefined],
    ['of one nil', '<h:ListAppointments><h:Appointment i:nil="true"/></h:ListAppointments>', []],
  ])('a list that is %s', (_name, inner, expected) => {
    expect(result(inner)).toEqual(expected === undefined ? {} : { ListAppointments: expected });
  });

  test.each([
    ['a number that is none', '<h:IdHistory>12x</h:IdHistory>', /IdHistory is not a value of its type/],
    ['a member that comes twice', '<h:Success>true</h:Success><h:Success>false</h:Success>', /repeats Success/],
    [
      'a stranger in a list',
      '<h:ListAppointments><h:Doctor/></h:ListAppointments>',
      /a stranger among ListAppointments/,
    ],
    ['markup in a value', '<h:Success><h:b>true</h:b></h:Success>', /Success is not a plain value/],
    [
      'a time that is none',
      '<h:ListAppointments><h:Appointment><h:VisitStart>03.03.2025</h:VisitStart></h:Appointment></h:ListAppointments>',
      /VisitStart is not/,
    ],
  ])('%s is refused', (_name, inner, message) => {
    expect(() => result(inner)).toThrow(message);
    expect(() => result(inner)).not.toThrow(/12x|03\.03/);
  });

  test('no result at all is refused, and members of another namespace are not the contract’s', () => {
    const empty = '<GetVersionResponse xmlns="http://tempuri.org/"/>';
    expect(() => readResult(contract, 'GetVersion', readXml(empty))).toThrow(/has no GetVersionResult/);
    expect(result('<Success>true</Success><h:Unknown>1</h:Unknown>')).toEqual({});
  });

  test('a time that is not set is absent; a derived type is known by its name', () => {
    const inner = (member: string) =>
      `<h:ListAppointments><h:Appointment i:type="h:NoticeAppointment">${member}</h:Appointment></h:ListAppointments>`;
    expect(
      result(
        inner('<h:VisitStart>0001-01-01T00:00:00</h:VisitStart><h:EventDateTime>2025-01-01T10:00:00</h:EventDateTime>'),
      ),
    ).toEqual({
      ListAppointments: [{ $type: 'NoticeAppointment', EventDateTime: '2025-01-01T10:00:00' }],
    });
    const notice = {
      appointment: { $type: 'NoticeAppointment', IdAppointment: '1', EventDateTime: '2025-01-01T10:00:00' },
    };
    const xml = writeRequest(contract, 'SendNotificationAboutAppointment', notice);
    expect(xml).toMatch(/<appointment xmlns:h="[^"]+" xmlns:i="[^"]+" i:type="h:NoticeAppointment">/);
    expect(readParameters(contract, 'SendNotificationAboutAppointment', readXml(xml))).toEqual(notice);
  });

  test('what XML cannot hold is left out, what looks like markup is escaped', () => {
    expect(escapeXml('a\u0000<b>&"\r\ud800')).toBe('a&lt;b&gt;&amp;&quot;&#13;');
  });

  test('envelopes, their headers and faults', () => {
    expect(soapHeaders('1.1', 'urn:x')).toEqual({ 'content-type': 'text/xml; charset=utf-8', soapaction: '"urn:x"' });
    expect(soapHeaders('1.2', 'urn:x')).toEqual({
      'content-type': 'application/soap+xml; charset=utf-8; action="urn:x"',
    });
    for (const version of ['1.1', '1.2'] as const) {
      const fault = readXml(writeFault(version, 'sender', 'no <operation>'));
      expect(JSON.stringify(fault)).toContain('no <operation>');
    }
  });
});

describe('an independent client (the package soap) with our WSDL', () => {
  let client: Client;
  const seen: { xml: string; answer: object } = { xml: '', answer: {} };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      seen.xml = body;
      const operation = /IHubService\/(\w+)/.exec(
        String(request.headers['soapaction'] ?? request.headers['content-type']),
      )![1]!;
      response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' });
      response.end(writeEnvelope('1.1', writeResponse(contract, operation, seen.answer as Record<string, unknown>)));
    });
  });
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/HubService.svc`;
    client = await createClientAsync(writeWsdl(contract, url), { strict: true } as object);
  });
  afterAll(() => new Promise((done) => server.close(done)));

  test('knows every operation', () => {
    const described = client.describe() as Record<string, Record<string, Record<string, object>>>;
    for (const operation of operations)
      expect(described['HubService']!['Soap_IHubService']![operation], operation).toBeDefined();
    expect(Object.keys(described['HubService']!['Soap12_IHubService']!)).toEqual(
      Object.keys(described['HubService']!['Soap_IHubService']!),
    );
  });

  test('reads our answers, and we read its requests', async () => {
    seen.answer = {
      Success: true,
      IdHistory: 5,
      ListAppointments: [
        {
          IdAppointment: '03.03.2025;10:30;п100.136',
          VisitStart: '2025-03-03T10:30:00',
          VisitEnd: '2025-03-03T10:45:00',
          Room: '435',
        },
        { IdAppointment: 'second' },
      ],
    };
    const sent = {
      idDoc: 'п100.136',
      idLpu: 44,
      visitStart: '2025-03-03T00:00:00',
      visitEnd: '2025-03-17T00:00:00',
      guid: 'g',
    };
    const [got] = (await client['GetAvaibleAppointmentsAsync']!(sent)) as [
      { GetAvaibleAppointmentsResult: Record<string, never> },
    ];
    const result = got.GetAvaibleAppointmentsResult as unknown as {
      Success: boolean;
      ListAppointments: { Appointment: { IdAppointment: string }[] };
    };
    expect(result.Success).toBe(true);
    expect(result.ListAppointments.Appointment.map((a) => a.IdAppointment)).toEqual([
      '03.03.2025;10:30;п100.136',
      'second',
    ]);
    const body = readXml(seen.xml).children.find((c) => c.name === 'Body')!.children[0]!;
    expect(readParameters(contract, 'GetAvaibleAppointments', body)).toEqual(sent);
  });
});
