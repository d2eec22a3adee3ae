/** Finding and adding patients of a clinic. protocols/regiz.md §1.6: names match by prefix, filled fields all at once. */
import { randomUUID } from 'node:crypto';
import { type DataObject, numberOf, objectOf, textOf } from '../data.ts';
import { addPatient } from '../generate.ts';
import { Refusal } from '../refusal.ts';
import { clinicOf, type PatientRow, patientOf } from '../row.ts';
import type { State } from '../state.ts';
import { patientData } from '../view.ts';
import type { Handlers } from './handler.ts';

const snilsDigits = (text: string) => text.replaceAll(/\D/g, '');
const lower = (text: string) => text.toLocaleLowerCase('ru');

/** Tests of the filled fields of a person asked for. */
function testsOf(person: DataObject | undefined): ((row: PatientRow) => boolean)[] {
  const field = (name: string, test: (row: PatientRow, value: string) => boolean) => {
    const value = textOf(person, name);
    return value === '' ? [] : [(row: PatientRow) => test(row, value)];
  };
  const prefix = (name: string, column: 'surname' | 'name' | 'patronymic') =>
    field(name, (row, value) => lower(row[column]).startsWith(lower(value)));
  return [
    ...prefix('Surname', 'surname'),
    ...prefix('Name', 'name'),
    ...prefix('SecondName', 'patronymic'),
    ...field('Birthday', (row, value) => row.birthday === value.slice(0, 10)),
    ...field('IdPat', (row, value) => row.id === value),
    ...field('Snils', (row, value) => snilsDigits(row.snils) === snilsDigits(value)),
    ...field('Polis_N', (row, value) => row.polis === value),
    ...field('Document_N', (row, value) => row.document_n === value),
    ...field('Document_S', (row, value) => row.document_s === value),
    ...field('CellPhone', (row, value) => snilsDigits(row.cell).endsWith(snilsDigits(value).slice(-10))),
  ];
}

/** @throws Refusal 4 when no field is filled */
export function findPatients(state: State, clinic: number, person: DataObject | undefined): PatientRow[] {
  const tests = testsOf(person);
  if (tests.length === 0) throw new Refusal(4);
  return nearOf(state, clinic, person).filter((row) => tests.every((test) => test(row)));
}

/** Narrowed by what has an index: in a long soak a clinic has many thousands of cards. */
function nearOf(state: State, clinic: number, person: DataObject | undefined): PatientRow[] {
  const [id, birthday] = [textOf(person, 'IdPat'), textOf(person, 'Birthday').slice(0, 10)];
  if (id !== '') return [patientOf(state, clinic, id)].filter((row) => row !== undefined);
  if (birthday !== '') return bornOn(state, clinic, birthday);
  return state.all<PatientRow>('SELECT * FROM patient WHERE clinic = ? ORDER BY rowid', clinic);
}

const bornOn = (state: State, clinic: number, birthday: string): PatientRow[] =>
  state.all('SELECT * FROM patient WHERE clinic = ? AND birthday = ? ORDER BY rowid', clinic, birthday);

/** The only one who fits. @throws Refusal 4, 20 or 21 */
export function onlyPatient(state: State, clinic: number, person: DataObject | undefined): PatientRow {
  const found = findPatients(state, clinic, person);
  if (found.length === 0) throw new Refusal(20);
  if (found.length > 1) throw new Refusal(21);
  return found[0]!;
}

/** One exact match by names and birth date is the same patient, several are error 99. @throws Refusal 4 or 99 */
function addOnce(state: State, idLpu: number, person: DataObject | undefined): string {
  const clinic = clinicOf(state, idLpu);
  const [surname, name, patronymic] = ['Surname', 'Name', 'SecondName'].map((part) => textOf(person, part));
  const birthday = textOf(person, 'Birthday').slice(0, 10);
  if (surname === '' || name === '' || birthday === '') throw new Refusal(4);
  const same = bornOn(state, idLpu, birthday).filter(
    (p) => lower(`${p.surname} ${p.name} ${p.patronymic}`) === lower(`${surname} ${name} ${patronymic}`),
  );
  if (same.length > 1) throw new Refusal(99, 'Найдено несколько пациентов');
  if (same.length === 1) return same[0]!.id;
  const digits = snilsDigits(textOf(person, 'Snils'));
  const snils = digits.length === 11 ? digits.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, '$1-$2-$3 $4') : '';
  const fields = {
    ...{ surname: surname!, name: name!, patronymic: patronymic!, birthday, snils },
    ...{ polis: textOf(person, 'Polis_N'), documentS: textOf(person, 'Document_S') },
    ...{ documentN: textOf(person, 'Document_N'), home: textOf(person, 'HomePhone') },
    ...{ cell: textOf(person, 'CellPhone'), area: textOf(person, 'AriaNumber') },
  };
  return addPatient(state, clinic, fields, randomUUID);
}

export const patientHandlers: Handlers = {
  CheckPatient({ state }, ask) {
    const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? 0);
    return { IdPat: onlyPatient(state, clinic.id, objectOf(ask, 'pat')).id };
  },
  SearchTop10Patient({ state }, ask) {
    const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? 0);
    const found = findPatients(state, clinic.id, objectOf(ask, 'pat'));
    if (found.length === 0) throw new Refusal(20);
    return { ListPatient: found.slice(0, 10).map(patientData) };
  },
  AddNewPatient: ({ state }, ask) =>
    state.transaction(() => ({ IdPat: addOnce(state, numberOf(ask, 'idLpu') ?? 0, objectOf(ask, 'patient')) })),
  UpdatePhoneByIdPat({ state }, ask) {
    const [clinic, id] = [numberOf(ask, 'idLpu') ?? 0, textOf(ask, 'idPat')];
    const patient = patientOf(state, clinic, id);
    if (patient === undefined) throw new Refusal(20);
    const given = (name: string, old: string) => textOf(ask, name) || old;
    const phones = [given('homePhone', patient.home), given('cellPhone', patient.cell)];
    state.run('UPDATE patient SET home = ?, cell = ? WHERE clinic = ? AND id = ?', ...phones, clinic, id);
    return {};
  },
  GetPatientsAreas({ state }, ask) {
    const patient = patientOf(state, Number(textOf(ask, 'idLpu')), textOf(ask, 'idPat'));
    if (patient === undefined) throw new Refusal(20);
    if (patient.area === '') throw new Refusal(41);
    return { PatientsAreaList: [{ Area: patient.area, AreaType: 'Терапевтический' }] };
  },
};
