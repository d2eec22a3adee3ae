/** EMKService, the cases of the ИЭМК: a patient has to be known to PixService before; answers are empty, errors are SOAP faults. protocols/regiz.md §3.2. */
import { readContract } from './contract.ts';
import { type DataObject, objectOf, textOf, typeKey } from './data.ts';
import { createDataWriter } from './data-writer.ts';
import { missingIn } from './queue.ts';
import { keepRecord, readRecord } from './record.ts';
import { textOfError } from './refusal.ts';
import type { ClinicRow } from './row.ts';
import { SoapFault } from './soap.ts';
import type { Executed, SoapService } from './soap-service.ts';
import type { State } from './state.ts';
import { type Complaint, faultCodes, typedFault } from './typed-fault.ts';

const contract = readContract('emk');

export interface EmkCase {
  idLpu: string;
  idPatientMis: string;
  idCaseMis: string;
  status: 'open' | 'closed' | 'cancelled';
  /** `CaseTmc` as it came; its kind is in `$type`. */
  case: DataObject;
  /** How often it was written. */
  writes: number;
}

const faultOf = (complaints: readonly Complaint[]) =>
  typedFault(contract, { name: 'RequestFault', nested: 'Errors' }, complaints);
const fail = (property: string, message: string, code: number) => faultOf([{ property, message, code }]);

const always = ['OpenDate', 'HistoryNumber', 'IdCaseMis', 'IdLpu', 'IdPatientMis', 'IdCaseAidType', 'IdPaymentType'];
const closed = ['CloseDate', 'IdCaseResult', 'DoctorInCharge.Person.HumanName.FamilyName'];
const ofTelemedicine = ['TmcID', 'TmcForm', 'TmcGoal', 'Initiator.InitiatorType'];
const staff = ['Author', 'Authenticator'].flatMap((who) =>
  ['IdRole', 'Doctor.IdSpeciality', 'Doctor.IdPosition', 'Doctor.Person.HumanName.FamilyName'].map(
    (n) => `${who}.${n}`,
  ),
);

/** @throws SoapFault that names each thing that is wrong */
function check(state: State, dto: DataObject, isClosed: boolean): void {
  const needs = [...always, ...staff, ...(isClosed ? closed : []), ...(isTmc(dto) ? ofTelemedicine : [])];
  const missing = missingIn(dto, needs);
  if (missing.length > 0)
    throw faultOf(
      missing.map((property) => ({ property, message: 'Не заполнено обязательное поле', code: faultCodes.missing })),
    );
  if (isClosed && textOf(dto, 'CloseDate') < textOf(dto, 'OpenDate'))
    throw fail('CloseDate', 'Дата закрытия раньше даты открытия', faultCodes.notAllowed);
  const idLpu = textOf(dto, 'IdLpu').replace(/^urn:oid:/, '');
  if (!state.all<ClinicRow>('SELECT * FROM clinic').some((clinic) => [clinic.guid, clinic.oid].includes(idLpu)))
    throw fail('IdLpu', 'Медицинская организация не найдена', faultCodes.unknown);
  if (readRecord(state, 'pix-patient', `${idLpu} ${textOf(dto, 'IdPatientMis')}`) === undefined)
    throw fail('IdPatientMis', 'Пациент не найден', faultCodes.unknown);
}

const isTmc = (dto: DataObject) => dto[typeKey] === 'CaseTmc';
const keyOf = (idLpu: string, idCaseMis: string) => `${idLpu.replace(/^urn:oid:/, '')} ${idCaseMis}`;

/** @throws SoapFault when there is none, or it is cancelled */
function known(state: State, idLpu: string, idCaseMis: string): EmkCase {
  const found = readRecord<EmkCase>(state, 'emk-case', keyOf(idLpu, idCaseMis));
  if (found === undefined || found.status === 'cancelled')
    throw fail('IdCaseMis', 'Случай не найден', faultCodes.unknown);
  return found;
}

function keep(state: State, dto: DataObject, status: EmkCase['status'], writes: number): void {
  const [idLpu, idPatientMis, idCaseMis] = ['IdLpu', 'IdPatientMis', 'IdCaseMis'].map((n) => textOf(dto, n));
  const kept: EmkCase = {
    ...{ idLpu: idLpu!, idPatientMis: idPatientMis!, idCaseMis: idCaseMis!, status, case: dto, writes },
  };
  keepRecord(state, 'emk-case', keyOf(idLpu!, idCaseMis!), kept);
}

function add(state: State, dto: DataObject, isClosed: boolean): void {
  check(state, dto, isClosed);
  const key = keyOf(textOf(dto, 'IdLpu'), textOf(dto, 'IdCaseMis'));
  if (readRecord(state, 'emk-case', key) !== undefined)
    throw fail('IdCaseMis', 'Случай с таким идентификатором уже существует', faultCodes.duplicate);
  keep(state, dto, isClosed ? 'closed' : 'open', 1);
}

function change(state: State, dto: DataObject, status: 'closed' | undefined): void {
  const found = known(state, textOf(dto, 'IdLpu'), textOf(dto, 'IdCaseMis'));
  if (status === 'closed' && found.status !== 'open')
    throw fail('IdCaseMis', 'Случай уже закрыт', faultCodes.notAllowed);
  check(state, dto, (status ?? found.status) === 'closed');
  keep(state, dto, status ?? found.status, found.writes + 1);
}

const dtoOf = (ask: DataObject, name = 'caseDto') => objectOf(ask, name) ?? {};

const operations: Readonly<Record<string, (state: State, ask: DataObject) => void>> = {
  AddCase: (state, ask) => add(state, dtoOf(ask), true),
  CreateCase: (state, ask) => add(state, dtoOf(ask, 'createCaseDto'), false),
  CloseCase: (state, ask) => change(state, dtoOf(ask), 'closed'),
  UpdateCase: (state, ask) => change(state, dtoOf(ask), undefined),
  CancelCase(state, ask) {
    const found = known(state, textOf(ask, 'idLpu'), textOf(ask, 'idCaseMis'));
    if (found.idPatientMis !== textOf(ask, 'idPatientMis'))
      throw fail('idPatientMis', 'Случай другого пациента', faultCodes.notAllowed);
    keep(state, found.case, 'cancelled', found.writes + 1);
  },
};

/** What was sent is taken all the same. */
function warning(): SoapFault {
  const type = contract.find('RequestWarning', 'http://tempuri.org/');
  if (type?.kind !== 'class') throw new Error('no RequestWarning in the contract');
  const writer = createDataWriter(contract, { style: 'wcf', emptyLists: 'empty', nulls: 'nil' });
  const told = { PropertyName: 'MedRecords', Message: 'Не передан диагноз', WarningCode: 8, Warnings: null };
  return new SoapFault('Предупреждение', 'RequestWarning', writer.writeRoot(type, told));
}

/** @param guids tokens that are let in */
export function createEmkService(state: State, guids: ReadonlySet<string>, version: '1.1' | '1.2'): SoapService {
  const execute = async (operation: string, ask: DataObject): Promise<Executed> => {
    if (!guids.has(textOf(ask, 'guid').toLowerCase())) throw fail('guid', 'Доступ запрещён', faultCodes.denied);
    state.transaction(() => operations[operation]!(state, ask));
    if (state.settings().caseWarnings) throw warning();
    return { result: undefined };
  };
  return {
    ...{ contract, version, execute, style: 'wcf', action: 'http://tempuri.org/IEmkService/', prefix: 'Emk.' },
    isWrite: () => true,
    refuse(_operation, code, text) {
      throw fail('caseDto', text ?? textOfError(code), code);
    },
  };
}
