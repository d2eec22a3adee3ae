/** The index of patients (MPI), FHIR R4: people of all clinics, each once. protocols/regiz.md §3.5, §3.6. */
import { randomUUID } from 'node:crypto';
import { keepRecord, readRecord, readRecords } from './record.ts';
import { Refusal } from './refusal.ts';
import type { RestAsk, RestRoute, Told } from './rest-service.ts';
import type { PatientRow } from './row.ts';
import type { State } from './state.ts';
import { outcomeOf, parameterOf } from './terminology.ts';

interface Identifier {
  system: string;
  value: string;
  assigner?: { display: string };
}

interface Patient {
  resourceType: 'Patient';
  id: string;
  identifier: Identifier[];
  name: { family: string; given: string[] }[];
  birthDate: string;
  gender: string;
}

const documents = 'urn:oid:1.2.643.2.69.1.1.1.6';
const misIds = 'urn:oid:1.2.643.5.1.13.2.7.100.5';
const digits = (text: string) => text.replaceAll(/\D/g, '');

/** People of the clinics, gathered by names and birth date, then those who were posted. */
function everybody(state: State): Patient[] {
  const rows = state.all<PatientRow & { oid: string }>(
    'SELECT patient.*, clinic.oid FROM patient JOIN clinic ON clinic.id = patient.clinic ORDER BY patient.clinic, patient.rowid',
  );
  const groups = Map.groupBy(rows, (p) => `${p.surname}|${p.name}|${p.patronymic}|${p.birthday}`);
  const gathered = [...groups.values()].map((list): Patient => {
    const first = list[0]!;
    const mis = list.map((p): Identifier => ({ system: misIds, value: p.id, assigner: { display: p.oid } }));
    const of = (type: number, value: string) => (value === '' ? [] : [{ system: `${documents}.${type}`, value }]);
    return {
      resourceType: 'Patient',
      id: `mpi-${first.clinic}-${digits(first.id) || first.id}`.slice(0, 64),
      identifier: [...mis, ...of(223, digits(first.snils)), ...of(228, first.polis)],
      name: [{ family: first.surname, given: [first.name, first.patronymic].filter((part) => part !== '') }],
      birthDate: first.birthday,
      gender: first.patronymic.endsWith('на') ? 'female' : 'male',
    };
  });
  return [...gathered, ...readRecords<Patient>(state, 'mpi-patient').map(({ body }) => body)];
}

const lower = (text: string) => text.toLocaleLowerCase('ru');

function search({ state, query }: RestAsk): Patient[] {
  const [system, value] = (query.get('identifier') ?? '|').split('|');
  const tests: [string, (p: Patient, asked: string) => boolean][] = [
    ['family', (p, asked) => p.name.some((name) => lower(name.family).startsWith(lower(asked)))],
    ['given', (p, asked) => p.name.some((name) => name.given.some((given) => lower(given).startsWith(lower(asked))))],
    ['birthdate', (p, asked) => p.birthDate === asked],
    ['identifier', (p) => p.identifier.some((i) => i.value === value && (system === '' || i.system === system))],
  ];
  const given = tests.filter(([name]) => (query.get(name) ?? '') !== '');
  if (given.length === 0) throw new Refusal(4, 'Не указано ни одного условия поиска');
  return everybody(state).filter((patient) => given.every(([name, test]) => test(patient, query.get(name)!)));
}

/** @throws Refusal 4 */
function checked(body: RestAsk['body']): void {
  const [name] = Array.isArray(body['name']) ? (body['name'] as { family?: unknown; given?: unknown }[]) : [];
  if (body['resourceType'] !== 'Patient') throw new Refusal(4, 'Ожидается ресурс Patient');
  if (typeof name?.family !== 'string' || !Array.isArray(name.given)) throw new Refusal(4, 'Не заполнено поле name');
  const born = String(body['birthDate'] ?? '');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(born) || born < '1900-01-01') throw new Refusal(4, 'Недопустимое значение birthDate');
  if (typeof body['managingOrganization'] !== 'object') throw new Refusal(4, 'Не заполнено поле managingOrganization');
}

const common = { contentType: 'application/fhir+json; charset=utf-8', refuse: outcomeOf } as const;

const searching = {
  ...common,
  ...{ operation: 'Mpi.Search', access: 'read' as const },
  answer(ask: RestAsk): Told {
    const entry = search(ask).map((resource) => ({ resource, search: { mode: 'match' } }));
    return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry } };
  },
} as const;

export const patientIndexRoutes: readonly RestRoute[] = [
  { ...searching, method: 'GET', path: /^\/mpi\/fhir\/Patient\/?$/ },
  { ...searching, method: 'POST', path: /^\/mpi\/fhir\/Patient\/_search$/ },
  {
    ...common,
    ...{ operation: 'Mpi.Create', access: 'write', method: 'POST', path: /^\/mpi\/fhir\/Patient\/?$/ },
    answer({ state, body }) {
      checked(body);
      const patient = { identifier: [], ...body, id: randomUUID() };
      keepRecord(state, 'mpi-patient', patient.id, patient);
      return { status: 201, body: patient };
    },
  },
  {
    ...common,
    ...{ operation: 'Mpi.GetPatient', access: 'read', method: 'POST', path: /^\/mpi\/fhir\/Patient\/\$getpatient$/ },
    answer({ state, body }) {
      const id = parameterOf(body, 'id');
      const found = readRecord<Patient>(state, 'mpi-patient', id) ?? everybody(state).find((p) => p.id === id);
      if (found === undefined) throw new Refusal(20);
      return { status: 200, body: found };
    },
  },
];
