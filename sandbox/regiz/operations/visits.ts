/** SetAppointment, CreateClaimForRefusal, GetPatientHistory. */
import { book, refuse } from '../booking.ts';
import { type DataObject, numberOf, objectOf, textOf } from '../data.ts';
import { Refusal } from '../refusal.ts';
import { type BookingRow, clinicOf, doctorOf, patientOf, specialtiesOf } from '../row.ts';
import type { State } from '../state.ts';
import { doctorData, specialtyData } from '../view.ts';
import type { Handlers } from './handler.ts';
import { onlyPatient } from './patients.ts';

/** Id of the patient, or of the person of the attached referral when none is given. */
function askedPatient(state: State, ask: DataObject): string {
  const id = textOf(ask, 'idPat');
  const person = objectOf(objectOf(objectOf(objectOf(ask, 'attachedReferral'), 'Referral'), 'Patient'), 'Person');
  if (id !== '' || person === undefined) return id;
  const name = objectOf(person, 'HumanName');
  const asked = {
    Birthday: textOf(person, 'BirthDate'),
    Surname: textOf(name, 'FamilyName'),
    Name: textOf(name, 'GivenName'),
    SecondName: textOf(name, 'MiddleName'),
  };
  return onlyPatient(state, numberOf(ask, 'idLpu') ?? 0, asked).id;
}

function visitData(state: State, row: BookingRow): DataObject {
  const doctor = doctorOf(state, row.clinic, row.doctor);
  const specialty = specialtiesOf(state, row.clinic).find((s) => s.id === doctor?.specialty);
  return {
    DateCreatedAppointment: row.created,
    DoctorRendingConsultation: doctor === undefined ? null : doctorData(state, doctor),
    IdAppointment: row.id,
    SpecialityRendingConsultation: specialty === undefined ? null : specialtyData(state, specialty),
    UserCreatedAppointment: { UserName: row.source || 'Концентратор', UserPosition: null },
    VisitStart: row.start,
  };
}

export const visitHandlers: Handlers = {
  async SetAppointment(ground, ask, client) {
    const referral = textOf(ask, 'doctorsReferral');
    const by = { source: '', client, referral };
    const idLpu = numberOf(ask, 'idLpu') ?? 0;
    await book(ground, idLpu, askedPatient(ground.state, ask), textOf(ask, 'idAppointment'), by);
    return {};
  },
  CreateClaimForRefusal({ state }, ask) {
    const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? 0);
    refuse(state, clinic.id, textOf(ask, 'idPat'), textOf(ask, 'idAppointment'));
    return {};
  },
  GetPatientHistory({ state }, ask) {
    const clinic = clinicOf(state, numberOf(ask, 'idLpu') ?? 0);
    const id = textOf(ask, 'idPat');
    if (patientOf(state, clinic.id, id) === undefined) throw new Refusal(20);
    const sql = 'SELECT * FROM booking WHERE clinic = ? AND patient = ? ORDER BY start, rowid';
    const rows = state.all<BookingRow>(sql, clinic.id, id);
    const visits = rows.filter((row) => row.status === 'active' && row.start >= state.now());
    const refusals = rows.filter((row) => row.status === 'refused');
    return {
      ListHistoryRefusal: refusals.map((row) => visitData(state, row)),
      ListHistoryVisit: visits.map((row) => visitData(state, row)),
    };
  },
};
