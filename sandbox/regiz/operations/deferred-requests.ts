/** The eight operations of the журнал отложенной записи. protocols/regiz.md §4. */
import { book } from '../booking.ts';
import { type DataObject, listOf, numberOf, objectOf, textOf } from '../data.ts';
import {
  activeDeferred,
  bookDeferred,
  cancelDeferred,
  deferredOf,
  readDeferred,
  registerDeferred,
  requestStatuses,
} from '../deferred.ts';
import { keepRecord } from '../record.ts';
import { Refusal } from '../refusal.ts';
import { clinicOf, specialtiesOf } from '../row.ts';
import { specialtyWithSlots } from '../view.ts';
import type { Handlers } from './handler.ts';

type Test = (request: DataObject) => boolean;

/** Filled fields of the filter, compared with those of the part of a request. */
function testsOf(filter: DataObject | undefined, part: string, names: { readonly [asked: string]: string }): Test[] {
  return Object.entries(names).flatMap(([asked, name]) => {
    const value = textOf(filter, asked);
    return value === '' ? [] : [(request: DataObject) => textOf(objectOf(request, part), name) === value];
  });
}

function touches(request: DataObject, first: string, last: string): boolean {
  return listOf(request, 'PreferredIntervals').some((one) => {
    const interval = one as DataObject;
    const [start, end] = [textOf(interval, 'StartDate'), textOf(interval, 'EndDate')];
    return (last === '' || start <= last) && (first === '' || end >= first);
  });
}

const places = { FerIdSpeciality: 'FerIdSpeciality', IdLpu: 'IdLpu', IdSpeciality: 'IdSpeciality' };
const idPatient = (request: DataObject) => textOf(objectOf(request, 'PARequestPatient'), 'IdPatient');
const idLpuOf = (request: DataObject) => Number(textOf(objectOf(request, 'PARequest'), 'IdLpu'));

export const deferredHandlers: Handlers = {
  RegisterPARequest({ state }, ask) {
    const request = objectOf(ask, 'request');
    const place = objectOf(request, 'PARequest');
    const patient = objectOf(request, 'PARequestPatient');
    if (request === undefined || textOf(place, 'IdLpu') === '' || textOf(patient, 'LastName') === '')
      throw new Refusal(4);
    clinicOf(state, Number(textOf(place, 'IdLpu')));
    return { IdPar: state.transaction(() => registerDeferred(state, request)) };
  },
  CancelPARequest({ state, changed }, ask) {
    const request = objectOf(ask, 'request');
    const idPar = textOf(request, 'IdPar');
    const why = {
      comment: textOf(request, 'DeactivationComment') || null,
      reason: numberOf(request, 'DeactivationReason') ?? 0,
      linked: textOf(request, 'LinkedIdPar') || null,
      source: numberOf(request, 'PASource') ?? 0,
    };
    changed(state.transaction(() => cancelDeferred(state, idPar, why)));
    return { CancellationResult: true, IdPar: idPar };
  },
  SearchActivePARequests({ state }, ask) {
    const filter = objectOf(ask, 'filter');
    const tests = [
      ...testsOf(filter, 'PARequest', { ...places, IdDoc: 'IdDoc', IdNsiLpu: 'IdNsiLpu' }),
      ...testsOf(filter, 'PARequestInfo', { Claim: 'Claim' }),
    ];
    const [idPar, patients] = [textOf(filter, 'IdPar'), listOf(filter, 'IdPatients')];
    const found = readDeferred(state)
      .filter((request) => request['PARequestStatus'] === requestStatuses.active)
      .filter((request) => idPar === '' || request['IdPar'] === idPar)
      .filter((request) => patients.length === 0 || patients.includes(idPatient(request)))
      .filter((request) => tests.every((test) => test(request)));
    return { ActivePARequests: found, Count: found.length };
  },
  SearchPARequests({ state }, ask) {
    const filter = objectOf(ask, 'filter');
    const [idPar, infos] = [textOf(filter, 'IdPar'), listOf(filter, 'IdInfos') as readonly DataObject[]];
    const mine = (request: DataObject) =>
      infos.some(
        (i) => textOf(i, 'IdPatient') === idPatient(request) && Number(textOf(i, 'IdLpu')) === idLpuOf(request),
      );
    const found = readDeferred(state)
      .filter((request) => idPar === '' || request['IdPar'] === idPar)
      .filter((request) => infos.length === 0 || mine(request));
    return { Count: found.length, PARequests: found };
  },
  SearchCtoPARequests({ state }, ask) {
    const filter = objectOf(ask, 'filter');
    const people = { PatientFirstName: 'FirstName', PatientLastName: 'LastName', PatientMiddleName: 'MiddleName' };
    const tests = [
      ...testsOf(filter, 'PARequest', { ...places, IdDoctor: 'IdDoc' }),
      ...testsOf(filter, 'PARequestPatient', { ...people, PatientBirthday: 'BirthDate' }),
    ];
    const [first, last] = [textOf(filter, 'IntervalStart'), textOf(filter, 'IntervalEnd')];
    const found = readDeferred(state)
      .filter((request) => (first === '' && last === '') || touches(request, first, last))
      .filter((request) => tests.every((test) => test(request)));
    return { Count: found.length, PARequests: found };
  },
  GetAvailableAppointmentsByPARequest({ state }, ask) {
    const request = activeDeferred(state, textOf(objectOf(ask, 'attachedPARequest'), 'IdPar'));
    const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? idLpuOf(request));
    const place = objectOf(request, 'PARequest');
    const [id, fer] = [textOf(place, 'IdSpeciality'), textOf(place, 'FerIdSpeciality')];
    const list = specialtiesOf(state, clinic.id).filter((s) => s.id === id || (id === '' && s.fer === fer));
    return {
      IdLpu: clinic.id,
      IdPat: idPatient(request),
      ListSpeciality: list.map((specialty) => specialtyWithSlots(state, specialty, clinic)),
    };
  },
  async SetAppointmentByPARequest(ground, ask, client) {
    const { state } = ground;
    const idPar = textOf(objectOf(ask, 'attachedPARequest'), 'IdPar');
    const request = activeDeferred(state, idPar);
    const by = { source: '', client, referral: idPar };
    const idLpu = numberOf(ask, 'idLpu') ?? idLpuOf(request);
    await book(ground, idLpu, idPatient(request), textOf(ask, 'idAppointment'), by);
    ground.changed(bookDeferred(state, idPar));
    return { Type: 1 };
  },
  HandlePARequestChanged({ state }, ask) {
    const info = objectOf(ask, 'info');
    const idPar = textOf(info, 'IdPar');
    if (info === undefined || idPar === '') throw new Refusal(4);
    keepRecord(state, 'deferred', idPar, { ...deferredOf(state, idPar), ...info });
    return {};
  },
};
