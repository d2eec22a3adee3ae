/** Operations on referrals that are kept here, as ServiceRequests, by their numbers (protocols/regiz.md §1.4). */
import { dictionarySystems } from '../../r4/identifier.ts';
import { foldString } from '../../r4/values/string.ts';
import { type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { type Call, type Handler, openPlace, type Place, patientOf, placeFor, placeOf } from './desk.ts';
import { type Concept, codeOf, type Doctor, doctorsOf } from './doctor.ts';
import { HubError, incomplete } from './error.ts';
import { nameOf } from './person.ts';
import { readFree, readReferrals, readSchedules } from './schedule.sql.ts';
import { openEnd, writeTime } from './timetable.ts';

interface Referral {
  readonly place: Place;
  readonly request: Resource;
  readonly patient: Resource;
}

/** @throws HubError 4, 99 when there is none, or several have the number */
async function findReferral(
  call: Call<'CheckReferral'> | Call<'InspectDoctorsReferral2'>,
  places: readonly Place[],
  number: string | undefined,
  name: string,
): Promise<Referral> {
  if (number === undefined) throw incomplete(name);
  const lists = await Promise.all(places.map((p) => readReferrals(p, call.ground.parameters, number.trim())));
  const [found, ...others] = places.flatMap((place, i) => lists[i]!.map((request) => ({ place, request })));
  if (found === undefined) throw new HubError(99, 'Направление не найдено');
  if (others.length > 0) throw new HubError(99, 'Найдено несколько направлений с этим номером');
  const patient = await patientOf(found.place, referencedId(found.request['subject'] as Reference, 'Patient') ?? '');
  return { ...found, patient };
}

export const checkReferral: Handler<'CheckReferral'> = async (call) => {
  const { doctorsReferral } = call.parameters;
  const places = call.caller.clinics.map((settings) => openPlace(call, settings));
  const { request, patient } = await findReferral(call, places, doctorsReferral, 'doctorsReferral');
  call.touched.add(patient.id!);
  const name = nameOf(patient);
  const [reason] = (request['reasonCode'] ?? []) as Concept[];
  const authored = request['authoredOn'] as string | undefined;
  const birth = patient['birthDate'] as string | undefined;
  return {
    Referral: {
      Patient: {
        Person: {
          BirthDate: birth?.length === 10 ? `${birth}T00:00:00` : undefined,
          HumanName: { FamilyName: name?.family, GivenName: name?.given, MiddleName: name?.patronymic },
          IdPatientMis: patient.id!,
        },
      },
      ReferralInfo: {
        Date: authored === undefined ? undefined : `${authored.slice(0, 10).padEnd(10, '-01')}T00:00:00`,
        IdMq: doctorsReferral!.trim(),
        Priority: request['priority'] as string | undefined,
        Reason: reason?.text ?? reason?.coding?.[0]?.display,
      },
    },
  };
};

/** What the referral is for, and when: doctors that it names, else those of the specialty that it names. */
export const inspectReferral: Handler<'InspectDoctorsReferral2'> = async (call) => {
  const { idLpu, doctorsReferal, surname } = call.parameters;
  const places = idLpu === undefined ? call.caller.clinics.map((c) => openPlace(call, c)) : [placeOf(call, idLpu)];
  const { place, request, patient } = await findReferral(call, places, doctorsReferal, 'doctorsReferal');
  if (surname === undefined) throw incomplete('surname');
  if (foldString(surname) !== foldString(nameOf(patient)?.family ?? '')) throw new HubError(20);
  call.touched.add(patient.id!);
  if (request['status'] !== 'active') throw new HubError(99, 'Направление не действует');
  const own = await placeFor(call, place.settings.idLpu, patient.id);
  const ListSpeciality = await writeSpecialties(call, own, await doctorsFor(own, request));
  return { IdLpu: place.settings.idLpu, IdPat: patient.id!, ListSpeciality };
};

async function doctorsFor(place: Place, request: Resource): Promise<Doctor[]> {
  const performers = ((request['performer'] ?? []) as Reference[]).map((p) => p.reference);
  const all = await readSchedules(place);
  const named = all.filter((s) => ((s['actor'] ?? []) as Reference[]).some((a) => performers.includes(a.reference)));
  const type = request['performerType'] as Concept | undefined;
  const doctors = await doctorsOf(place, named.length > 0 ? named : all);
  return named.length > 0 || type === undefined ? doctors : doctors.filter(({ specialty }) => fits(specialty, type));
}

function fits({ federal, name }: Doctor['specialty'], type: Concept): boolean {
  const code = codeOf(type, dictionarySystems.specialty);
  if (code !== undefined && code === federal) return true;
  return [type.text, ...(type.coding ?? []).map((c) => c.display)].some((t) => t && foldString(t) === foldString(name));
}

/** Specialities with their doctors and all of their times. */
export function writeSpecialties(call: Pick<Call<'GetVersion'>, 'ground'>, place: Place, doctors: readonly Doctor[]) {
  const groups = Map.groupBy(doctors, (d) => d.specialty.id);
  return Promise.all(
    [...groups.values()].map(async (same) => ({
      FerIdSpeciality: same[0]!.specialty.federal,
      IdSpeciality: same[0]!.specialty.id,
      ListDoctor: await Promise.all(same.map((d) => writeDoctor2(call, place, d))),
      NameSpeciality: same[0]!.specialty.name,
    })),
  );
}

async function writeDoctor2({ ground }: Pick<Call<'GetVersion'>, 'ground'>, place: Place, doctor: Doctor) {
  const now = ground.clock();
  const times = await readFree(place, doctor.id, new Date(now), openEnd(place, now));
  return {
    Description: doctor.branch,
    IdDoc: doctor.id,
    ListAppointment: times.map((t) => writeTime(place, doctor, t)),
    Name: doctor.name.whole,
    Snils: doctor.snils,
  };
}
