/** Журнал отложенной записи (ЖОС): requests for a time that is not there yet. protocols/regiz.md §4. */
import type { DataObject } from './data.ts';
import { keepRecord, readRecord, readRecords } from './record.ts';
import { Refusal } from './refusal.ts';
import type { State } from './state.ts';

/** `SearchPARequestInfo` of the contract, which is also what HandlePARequestChanged carries. */
export type DeferredRequest = DataObject;

export const requestStatuses = { active: 1, booked: 2, cancelled: 3 } as const;

export function readDeferred(state: State): DeferredRequest[] {
  return readRecords<DeferredRequest>(state, 'deferred').map(({ body }) => body);
}

/** @throws Refusal 99 when there is none by this number */
export function deferredOf(state: State, idPar: string): DeferredRequest {
  const request = readRecord<DeferredRequest>(state, 'deferred', idPar);
  if (request === undefined) throw new Refusal(99, 'Заявка журнала отложенной записи не найдена');
  return request;
}

/** @throws Refusal 99 when it is booked or cancelled */
export function activeDeferred(state: State, idPar: string): DeferredRequest {
  const request = deferredOf(state, idPar);
  if (request['PARequestStatus'] !== requestStatuses.active) throw new Refusal(99, 'Заявка не активна');
  return request;
}

/** @returns IdPar */
export function registerDeferred(state: State, asked: DataObject): string {
  const idPar = `78${String(state.next('deferred', 1)).padStart(8, '0')}`;
  const { PASource, ...rest } = asked;
  const request = {
    ...rest,
    CreatedDate: state.now(),
    IdPar: idPar,
    PASourceCreated: PASource,
    PARequestDeactivationInfo: null,
    PARequestStatus: requestStatuses.active,
  };
  keepRecord(state, 'deferred', idPar, request);
  return idPar;
}

export function bookDeferred(state: State, idPar: string): DeferredRequest {
  const request = { ...deferredOf(state, idPar), PARequestStatus: requestStatuses.booked };
  keepRecord(state, 'deferred', idPar, request);
  return request;
}

export interface Deactivation {
  comment: string | null;
  /** 1 the patient's wish, 2 not reached, 3 no such doctor, 4 booked elsewhere, 5 already served. */
  reason: number;
  linked: string | null;
  source: number;
}

/** @throws Refusal 99 when it is not active */
export function cancelDeferred(state: State, idPar: string, why: Deactivation): DeferredRequest {
  const request = {
    ...activeDeferred(state, idPar),
    PARequestDeactivationInfo: {
      DeactivationComment: why.comment,
      DeactivationDate: state.now(),
      DeactivationReason: why.reason,
      LinkedIdPar: why.linked,
      PASourceDeactivated: why.source,
    },
    PARequestStatus: requestStatuses.cancelled,
  };
  keepRecord(state, 'deferred', idPar, request);
  return request;
}
