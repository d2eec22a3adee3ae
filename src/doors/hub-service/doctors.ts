/** Operations on specialties and doctors (protocols/regiz.md §1.4). */
import { isId } from '../../store/resource.ts';
import { type Call, type Handler, type Made, type Place, patientOf, placeFor, placeOf } from './desk.ts';
import { writeClinic } from './directory.ts';
import * as doctor from './doctor.ts';
import { HubError, incomplete } from './error.ts';
import { writePatient } from './person.ts';
import { countFree, type Free, readSchedules } from './schedule.sql.ts';

interface Listed {
  readonly doctor: doctor.Doctor;
  readonly free: Free;
}

const nothing = (schedule: string): Free => ({ schedule, count: 0, nearest: null, last: null });

/** The doctors of a clinic, and what is free of each. */
async function listed(
  call: Pick<Call<'GetDoctorList'>, 'ground'>,
  place: Place,
  only?: readonly string[],
): Promise<Listed[]> {
  const doctors = await doctor.doctorsOf(place, await readSchedules(place, only));
  const ids = doctors.map((d) => d.id);
  const counts = await countFree(place, ids, new Date(call.ground.clock()));
  const free = new Map(counts.map((f) => [f.schedule, f]));
  return doctors.map((d) => ({ doctor: d, free: free.get(d.id) ?? nothing(d.id) }));
}

/** @throws HubError 4, 99 */
export async function oneDoctor(place: Place, idDoc: string | undefined): Promise<doctor.Doctor> {
  const id = idDoc?.trim();
  if (id === undefined) throw incomplete('idDoc');
  const [found] = isId(id) ? await doctor.doctorsOf(place, await readSchedules(place, [id])) : [];
  if (found === undefined) throw new HubError(99, 'Врач не найден');
  return found;
}

const bySpecialty = (all: readonly Listed[]): Map<string, Listed[]> => Map.groupBy(all, (l) => l.doctor.specialty.id);

/** @param id or code of the federal dictionary; all when both are absent */
function ofSpecialty(all: readonly Listed[], id: string | undefined, federal: string | undefined): readonly Listed[] {
  return all.filter(
    ({ doctor: { specialty: s } }) =>
      (id === undefined || s.id === id.trim()) && (federal === undefined || s.federal === federal.trim()),
  );
}

const freeOf = (list: readonly Listed[]): Free[] => list.map((l) => l.free);

export const specialties: Handler<'GetSpesialityList'> = async (call) => {
  const place = await placeFor(call, call.parameters.idLpu, call.parameters.idPat);
  const groups = [...bySpecialty(await listed(call, place)).values()];
  return { ListSpesiality: groups.map((g) => doctor.writeSpecialty(place, g[0]!.doctor.specialty, freeOf(g))) };
};

export const positions: Handler<'GetPositionList'> = async (call) => {
  const place = await placeFor(call, call.parameters.idLpu, call.parameters.idPat);
  const groups = [...bySpecialty(await listed(call, place)).values()];
  const ListPosition = groups.map((group) => {
    const { specialty, position } = group.find((l) => l.doctor.position !== undefined)?.doctor ?? group[0]!.doctor;
    const counts = doctor.countsOf(place, freeOf(group));
    return { ...counts, FedIdPosition: position, IdPosition: specialty.id, NamePosition: specialty.name };
  });
  return { ListPosition };
};

export const doctors: Handler<'GetDoctorList'> = async (call) => {
  const { idLpu, idPat, idSpesiality } = call.parameters;
  const place = await placeFor(call, idLpu, idPat);
  if (idSpesiality === undefined) throw incomplete('idSpesiality');
  const list = ofSpecialty(await listed(call, place), idSpesiality, undefined);
  return { Docs: list.map((l) => doctor.writeDoctor(place, l.doctor, [l.free])) };
};

export const doctors2: Handler<'GetDoctorList2'> = async (call) => {
  const { idLpu, idPat, idPosition, fedIdPosition } = call.parameters;
  const place = await placeFor(call, idLpu, idPat);
  const all = ofSpecialty(await listed(call, place), idPosition, undefined);
  const list = all.filter((l) => fedIdPosition === undefined || l.doctor.position === fedIdPosition.trim());
  return { Docs: list.map((l) => doctor.writeDoctor4(place, l.doctor, [l.free])) };
};

export const availableDoctors: Handler<'GetAvailableDoctors'> = async (call) => {
  const { idLpu, idPat, idSpeciality, ferIdSpeciality } = call.parameters;
  const place = await placeFor(call, idLpu, idPat);
  const groups = bySpecialty(ofSpecialty(await listed(call, place), idSpeciality, ferIdSpeciality));
  const ListSpeciality = [...groups.values()].map((group): Made<'Speciality3'> => {
    const { id, name, federal } = group[0]!.doctor.specialty;
    const Docs = group.map((l) => doctor.writeDoctor(place, l.doctor, [l.free]));
    const counts = doctor.countsOf(place, freeOf(group));
    return { ...counts, Docs, FerIdSpeciality: federal, IdSpeciality: id, NameSpeciality: name };
  });
  return { ListSpeciality };
};

/** Specialties, and in each its doctors. */
export const tree: Handler<'GetDocListFullTree'> = async (call) => {
  const place = await placeFor(call, call.parameters.idLpu, call.parameters.idPat);
  const groups = [...bySpecialty(await listed(call, place)).values()];
  const ListDoctor = groups.map((group) => ({
    IdEssence: group[0]!.doctor.specialty.id,
    NameEssence: group[0]!.doctor.specialty.name,
    ListEssence: group.map(({ doctor: d }) => ({
      ...{ Description: d.branch, IdEssence: d.id, NameEssence: d.name.whole, ListEssence: [] },
    })),
  }));
  return { ListDoctor };
};

export const fullInfo: Handler<'GetFullInfoById'> = async (call) => {
  const { idDoc, idLpu, idPat } = call.parameters;
  const place = placeOf(call, idLpu);
  const patient = idPat === undefined ? undefined : await patientOf(place, idPat);
  const found = await oneDoctor(place, idDoc);
  const [one] = await listed(call, place, [found.id]);
  if (patient !== undefined) call.touched.add(patient.id!);
  return {
    Doc: doctor.writeDoctor(place, found, [one!.free]),
    DoctorsSpesiality: doctor.writeSpecialty(place, found.specialty, [one!.free]),
    LPU: writeClinic(place),
    ...(patient !== undefined && { Pat: writePatient(patient) }),
  };
};
