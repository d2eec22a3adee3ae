/** Booking by a referral of the queue (УО). */
import { type DataObject, numberOf, objectOf, textOf } from '../data.ts';
import { attachedOf, type KeptReferral, readReferral } from '../referral.ts';
import { Refusal } from '../refusal.ts';
import { clinicOf, doctorsOf, specialtiesOf } from '../row.ts';
import type { State } from '../state.ts';
import { specialtyWithSlots } from '../view.ts';
import type { Handlers } from './handler.ts';
import { onlyPatient } from './patients.ts';

/** Given out, found justified or with a resource: 3, 4, 5. */
const bookable = (kept: KeptReferral) => kept.status >= 3 && kept.status <= 5;

const nameOf = (kept: KeptReferral) => objectOf(objectOf(objectOf(kept.referral, 'Patient'), 'Person'), 'HumanName');

/** @throws Refusal 676 when there is none by this number and surname, or it may not be booked by */
function askedReferral(state: State, number: string, surname: string): KeptReferral {
  const kept = readReferral(state, number);
  const same = (a: string, b: string) => a.toLocaleLowerCase('ru') === b.toLocaleLowerCase('ru');
  if (kept === undefined || kept.clinic === undefined || !bookable(kept)) throw new Refusal(676);
  if (surname !== '' && !same(textOf(nameOf(kept), 'FamilyName'), surname)) throw new Refusal(676);
  return kept;
}

function patientOfReferral(state: State, clinic: number, kept: KeptReferral) {
  const person = objectOf(objectOf(kept.referral, 'Patient'), 'Person');
  const name = nameOf(kept);
  return onlyPatient(state, clinic, {
    Birthday: textOf(person, 'BirthDate'),
    Surname: textOf(name, 'FamilyName'),
    Name: textOf(name, 'GivenName'),
    SecondName: textOf(name, 'MiddleName'),
  });
}

export const referralHandlers: Handlers = {
  CheckReferral({ state }, ask) {
    const number = textOf(ask, 'doctorsReferral');
    const kept = readReferral(state, number);
    if (kept === undefined) throw new Refusal(676);
    return { Referral: attachedOf(state, number, kept)['Referral'] as DataObject };
  },
  InspectDoctorsReferal({ state }, ask) {
    const kept = askedReferral(state, textOf(ask, 'doctorsReferal'), '');
    const clinic = clinicOf(state, kept.clinic!);
    const specialty = specialtiesOf(state, clinic.id).find((s) => s.name === kept.specialty);
    const doctor = doctorsOf(state, clinic.id, specialty?.id ?? '')[0];
    return {
      IdDoc: doctor?.id ?? null,
      IdLpu: clinic.id,
      Id_Patient: patientOfReferral(state, clinic.id, kept).id,
      Type: 'консультация',
    };
  },
  InspectDoctorsReferral2({ state }, ask) {
    const attached = textOf(objectOf(ask, 'attachedReferral'), 'IdMq');
    const kept = askedReferral(state, textOf(ask, 'doctorsReferal') || attached, textOf(ask, 'surname'));
    const clinic = clinicOf(state, kept.clinic!);
    const asked = numberOf(ask, 'idLpu') ?? clinic.id;
    if (asked !== 0 && asked !== clinic.id) throw new Refusal(676, 'Направление в другую медицинскую организацию');
    const list = specialtiesOf(state, clinic.id).filter((s) => s.name === kept.specialty);
    return {
      IdLpu: clinic.id,
      IdPat: patientOfReferral(state, clinic.id, kept).id,
      ListSpeciality: list.map((specialty) => specialtyWithSlots(state, specialty, clinic)),
    };
  },
};
