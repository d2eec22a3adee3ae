/** What bench/mapping.ts maps: records of a made-up MIS, their YAML, and the same mapping written by hand. */
import type { MisRecord } from '../src/connectors/connector.ts';
import { phoneOf } from '../src/connectors/mapping/function.ts';
import { fhirInstant, instantOf } from '../src/instant.ts';

type Id = (type: string, key: string) => string;

export const codesYaml = `
tables:
  status: { codes: { free: free, busy: busy, break: busy-unavailable } }
  gender: { otherwise: unknown, codes: { Мужской: male, Женский: female } }
  marital:
    system: http://terminology.hl7.org/CodeSystem/v3-MaritalStatus
    otherwise: unknown
    codes: { Брак: { code: M, display: Married }, Холост: { code: S, display: Never Married } }
`;

export const slotYaml = `
resource: Slot
from: slot
key: =schedule & ";" & start
toFhir:
  schedule: { reference: "=$ref('Schedule', schedule)" }
  status: =$code('status', status)
  start: =$instant(start)
  end: =$instant(end)
  serviceType:
    - { text: =service }
  comment: '=status = "break" ? "Перерыв"'
`;

export function slotRecord(i: number): MisRecord {
  const at = (minutes: number) => new Date(Date.UTC(2026, 11, 1, 9, minutes)).toISOString().slice(0, 19);
  const status = ['free', 'busy', 'break'][i % 3]!;
  const service = i % 2 ? 'Приём терапевта' : undefined;
  return { schedule: `Е-${i % 40};Ф-1`, status, start: at(i * 15), end: at(i * 15 + 15), ...(service && { service }) };
}

export function slotOf(record: MisRecord, id: Id): unknown {
  const r = record as Record<string, string>;
  return {
    resourceType: 'Slot',
    id: id('Slot', `${r['schedule']};${r['start']}`),
    schedule: { reference: `Schedule/${id('Schedule', r['schedule']!)}` },
    status: { free: 'free', busy: 'busy', break: 'busy-unavailable' }[r['status']!],
    start: fhirInstant(instantOf(r['start']!, 'Europe/Moscow')),
    end: fhirInstant(instantOf(r['end']!, 'Europe/Moscow')),
    ...(r['service'] && { serviceType: [{ text: r['service'] }] }),
    ...(r['status'] === 'break' && { comment: 'Перерыв' }),
  };
}

export const patientYaml = `
resource: Patient
from: patient
key: =guid
toFhir:
  active: =$not(archived = true)
  identifier:
    - { when: =$exists(snils), system: "urn:oid:1.2.643.100.3", value: =snils }
    - each: =policies
      when: =$exists(number)
      system: urn:oid:1.2.643.5.1.13.2.7.100.5
      value: =number
      period: { start: =$date(from), end: =$date(to) }
      assigner: { display: =insurer }
    - each: =documents
      type: { text: =kind }
      value: '=series & " " & number'
      period: { start: =$date(issued) }
  name:
    - use: official
      text: '=$trim(surname & " " & name & " " & patronymic)'
      family: =surname
      given: [ =name, =patronymic ]
    - { when: =$exists(maiden), use: maiden, family: =maiden }
  gender: =$code('gender', sex)
  birthDate: =$date(birth)
  deceasedBoolean: =dead
  maritalStatus: { coding: [ "=$code('marital', marital)" ], text: =marital }
  telecom:
    - { when: =$exists(mobile), system: phone, use: mobile, value: =$phone(mobile) }
    - { when: =$exists(home), system: phone, use: home, value: =$phone(home) }
    - { when: =$exists(email), system: email, value: =$lowercase(email) }
  address:
    - each: =addresses
      use: '=kind = "Регистрация" ? "home" : "temp"'
      text: =text
      line: [ '=street & ", д. " & house', '=flat ? "кв. " & flat' ]
      city: =city
      state: =region
      postalCode: =$string(index)
      country: RU
  contact:
    - each: =relatives
      relationship: [ { text: =degree } ]
      name: { text: =fio }
      telecom: [ { system: phone, value: =$phone(phone) } ]
  managingOrganization: { reference: "=$ref('Organization', branch)" }
  generalPractitioner:
    - reference: "=$ref('Practitioner', doctor)"
  meta: { tag: [ { system: "urn:bench", code: =group } ] }
`;

export function patientRecord(i: number): MisRecord {
  const some = <T>(n: number, value: T): T | undefined => (i % n === 0 ? value : undefined);
  const all = {
    guid: `П-${i}`,
    archived: i % 10 === 1,
    snils: '11223344595',
    surname: 'Ёлкина',
    name: 'Анна',
    patronymic: 'Ильинична',
    maiden: some(3, 'Соснина'),
    sex: i % 2 ? 'Мужской' : 'Женский',
    birth: '1980-02-29T00:00:00',
    dead: i % 50 === 0,
    marital: 'Брак',
    mobile: '8 (900) 000-00-01',
    home: some(4, '+7 495 000 00 02'),
    email: some(2, 'Anna@Example.org'),
    branch: `Ф-${i % 3}`,
    doctor: `Е-${i % 40}`,
    group: i % 2 ? 'ОМС' : 'ДМС',
    policies: [{ number: '0000000000000000', from: '2020-01-01', to: some(2, '2027-01-01'), insurer: 'Пример-М' }],
    documents: [{ kind: 'Паспорт', series: '00 00', number: '000000', issued: '2001-03-04T00:00:00' }],
    addresses: [
      {
        kind: 'Регистрация',
        text: 'г. Пример, ул. Лесная, 1',
        street: 'ул. Лесная',
        house: '1',
        flat: '2',
        city: 'Пример',
        region: 'Примерская обл.',
        index: 100000,
      },
      {
        kind: 'Проживание',
        text: 'г. Пример, ул. Новая, 3',
        street: 'ул. Новая',
        house: '3',
        city: 'Пример',
        region: 'Примерская обл.',
        index: 100001,
      },
    ].slice(0, 1 + (i % 2)),
    relatives: i % 3 ? [] : [{ degree: 'Мать', fio: 'Ёлкина Мария', phone: '89000000003' }],
  };
  return JSON.parse(JSON.stringify(all)) as MisRecord;
}

type Fields = { readonly [name: string]: string | undefined };

export function patientOf(record: MisRecord, id: Id): unknown {
  const r = record as Fields;
  const married = { Брак: 'Married', Холост: 'Never Married' }[r['marital']!];
  return {
    resourceType: 'Patient',
    id: id('Patient', r['guid']!),
    active: (r['archived'] as unknown) !== true,
    identifier: identifiersOf(record),
    name: namesOf(r),
    gender: { Мужской: 'male', Женский: 'female' }[r['sex']!],
    birthDate: r['birth']!.slice(0, 10),
    deceasedBoolean: r['dead'],
    maritalStatus: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: married![0], display: married },
      ],
      text: r['marital'],
    },
    telecom: telecomOf(r),
    address: (record['addresses'] as Fields[]).map(addressOf),
    ...((record['relatives'] as Fields[]).length > 0 && { contact: (record['relatives'] as Fields[]).map(contactOf) }),
    managingOrganization: { reference: `Organization/${id('Organization', r['branch']!)}` },
    generalPractitioner: [{ reference: `Practitioner/${id('Practitioner', r['doctor']!)}` }],
    meta: { tag: [{ system: 'urn:bench', code: r['group'] }] },
  };
}

function identifiersOf(record: MisRecord): unknown[] {
  const policies = (record['policies'] as Fields[]).map((p) => ({
    system: 'urn:oid:1.2.643.5.1.13.2.7.100.5',
    value: p['number'],
    period: { start: p['from']!.slice(0, 10), ...(p['to'] && { end: p['to'].slice(0, 10) }) },
    assigner: { display: p['insurer'] },
  }));
  const documents = (record['documents'] as Fields[]).map((d) => ({
    type: { text: d['kind'] },
    value: `${d['series']} ${d['number']}`,
    period: { start: d['issued']!.slice(0, 10) },
  }));
  return [{ system: 'urn:oid:1.2.643.100.3', value: record['snils'] }, ...policies, ...documents];
}

function namesOf(r: Fields): unknown[] {
  const [family, name, patronymic] = [r['surname'], r['name'], r['patronymic']];
  const official = { use: 'official', text: `${family} ${name} ${patronymic}`, family, given: [name, patronymic] };
  return r['maiden'] ? [official, { use: 'maiden', family: r['maiden'] }] : [official];
}

function telecomOf(r: Fields): unknown[] {
  return [
    { system: 'phone', use: 'mobile', value: phoneOf(r['mobile']) },
    ...(r['home'] ? [{ system: 'phone', use: 'home', value: phoneOf(r['home']) }] : []),
    ...(r['email'] ? [{ system: 'email', value: r['email'].toLowerCase() }] : []),
  ];
}

function addressOf(a: Fields): unknown {
  return {
    use: a['kind'] === 'Регистрация' ? 'home' : 'temp',
    text: a['text'],
    line: a['flat'] ? [`${a['street']}, д. ${a['house']}`, `кв. ${a['flat']}`] : [`${a['street']}, д. ${a['house']}`],
    city: a['city'],
    state: a['region'],
    postalCode: String(a['index']),
    country: 'RU',
  };
}

function contactOf(c: Fields): unknown {
  return {
    relationship: [{ text: c['degree'] }],
    name: { text: c['fio'] },
    telecom: [{ system: 'phone', value: phoneOf(c['phone']) }],
  };
}
