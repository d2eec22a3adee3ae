/** PixService, the patients of the ИЭМК: errors are SOAP faults with RequestFault inside. protocols/regiz.md §3.1. */
import { randomUUID } from 'node:crypto';
import { readContract } from './contract.ts';
import { type DataObject, listOf, objectOf, textOf } from './data.ts';
import { fits, merge, missingIn } from './queue.ts';
import { keepRecord, readRecord, readRecords } from './record.ts';
import { textOfError } from './refusal.ts';
import type { ClinicRow } from './row.ts';
import type { Executed, SoapService } from './soap-service.ts';
import type { State } from './state.ts';
import { type Complaint, faultCodes, typedFault } from './typed-fault.ts';

const contract = readContract('pix');

export interface PixPatient {
  idLpu: string;
  patient: DataObject;
}

const faultOf = (complaints: readonly Complaint[]) =>
  typedFault(contract, { name: 'RequestFault', nested: 'Errors' }, complaints);
const fail = (property: string, message: string, code: number) => faultOf([{ property, message, code }]);

const snilsType = 223;

function snilsOf(patient: DataObject): string {
  const document = (listOf(patient, 'Documents') as readonly DataObject[]).find(
    (d) => d['IdDocumentType'] === snilsType,
  );
  return textOf(document, 'DocN').replaceAll(/\D/g, '');
}

/** The same СНИЛС, or without one the same names and birth date, is the same person in every clinic. */
function globalId(state: State, patient: DataObject): string {
  const key = (p: DataObject) =>
    ['FamilyName', 'GivenName', 'MiddleName', 'BirthDate'].map((n) => textOf(p, n)).join('|');
  const same = readRecords<PixPatient>(state, 'pix-patient').find(({ body }) => {
    const [mine, theirs] = [snilsOf(patient), snilsOf(body.patient)];
    return mine !== '' && theirs !== '' ? mine === theirs : key(patient) === key(body.patient);
  });
  return same === undefined ? randomUUID() : textOf(same.body.patient, 'IdGlobal');
}

/** @throws SoapFault for a clinic that is not in the region */
function keyOf(state: State, ask: DataObject): { idLpu: string; key: string; patient: DataObject } {
  const idLpu = textOf(ask, 'idLPU').replace(/^urn:oid:/, '');
  const clinics = state.all<ClinicRow>('SELECT * FROM clinic');
  if (!clinics.some((clinic) => [clinic.guid, clinic.oid].includes(idLpu)))
    throw fail('idLPU', 'Медицинская организация не найдена', faultCodes.unknown);
  const patient = objectOf(ask, 'patient') ?? {};
  return { idLpu, patient, key: `${idLpu} ${textOf(patient, 'IdPatientMIS')}` };
}

function check(patient: DataObject): void {
  const missing = missingIn(patient, ['FamilyName', 'GivenName', 'BirthDate', 'Sex', 'IdPatientMIS']);
  const complaints = missing.map((name) => ({
    ...{ property: `patient.${name}`, message: 'Не заполнено обязательное поле', code: faultCodes.missing },
  }));
  if (complaints.length > 0) throw faultOf(complaints);
}

const operations: Readonly<Record<string, (state: State, ask: DataObject) => DataObject[string]>> = {
  GetVersion: () => ({ DatabaseVersion: '1', ServiceVersion: '5.0' }),
  AddPatient(state, ask) {
    const { idLpu, key, patient } = keyOf(state, ask);
    check(patient);
    if (readRecord(state, 'pix-patient', key) !== undefined)
      throw fail('patient.IdPatientMIS', 'Пациент с таким идентификатором уже существует', faultCodes.duplicate);
    keepRecord(state, 'pix-patient', key, { idLpu, patient: { ...patient, IdGlobal: globalId(state, patient) } });
    return undefined;
  },
  UpdatePatient(state, ask) {
    const { idLpu, key, patient } = keyOf(state, ask);
    const known = readRecord<PixPatient>(state, 'pix-patient', key);
    if (known === undefined) throw fail('patient.IdPatientMIS', 'Пациент не найден', faultCodes.unknown);
    const next = merge(known.patient, patient) as DataObject;
    check(next);
    keepRecord(state, 'pix-patient', key, { idLpu, patient: next });
    return undefined;
  },
  GetPatient(state, ask) {
    const { idLpu, patient } = keyOf(state, ask);
    const filter = Object.fromEntries(
      Object.entries(patient).filter(
        ([, value]) => value !== false && value !== 0 && !String(value).startsWith('0001'),
      ),
    );
    if (Object.keys(filter).length === 0)
      throw fail('patient', 'Не указано ни одного условия поиска', faultCodes.missing);
    return readRecords<PixPatient>(state, 'pix-patient')
      .filter(({ body }) => body.idLpu === idLpu && fits(filter, body.patient))
      .map(({ body }) => body.patient);
  },
  GetPatientByGlobalId(state, ask) {
    const found = readRecords<PixPatient>(state, 'pix-patient').find(
      ({ body }) => textOf(body.patient, 'IdGlobal') === textOf(ask, 'patientId'),
    );
    if (found === undefined) throw fail('patientId', 'Пациент не найден', faultCodes.unknown);
    return found.body.patient;
  },
};

/** @param guids tokens that are let in */
export function createPixService(state: State, guids: ReadonlySet<string>, version: '1.1' | '1.2'): SoapService {
  const execute = async (operation: string, ask: DataObject): Promise<Executed> => {
    if (operation !== 'GetVersion' && !guids.has(textOf(ask, 'guid').toLowerCase()))
      throw fail('guid', 'Доступ запрещён', faultCodes.denied);
    return { result: state.transaction(() => operations[operation]!(state, ask)) };
  };
  return {
    ...{ contract, version, execute, style: 'wcf', action: 'http://tempuri.org/IPixService/', prefix: 'Pix.' },
    isWrite: (operation) => !operation.startsWith('Get'),
    refuse(_operation, code, text) {
      throw fail('', text ?? textOfError(code), code);
    },
  };
}
