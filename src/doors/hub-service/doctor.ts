/** A doctor of the contract is a timetable of ours: one doctor at one branch, or a cabinet. Its specialty goes by its name. */
import { idOf } from '../../id.ts';
import { dictionarySystems } from '../../r4/identifier.ts';
import { foldString } from '../../r4/values/string.ts';
import { isId, type Reference, type Resource } from '../../store/resource.ts';
import { localTime, type Made, type Place } from './desk.ts';
import { nameOf, type PersonName, snilsText } from './person.ts';
import { type Free, readResources } from './schedule.sql.ts';

export interface Specialty {
  readonly id: string;
  readonly name: string;
  /** Code of the federal dictionary of specialties. */
  readonly federal: string | undefined;
}

export interface Doctor {
  /** Of the Schedule. */
  readonly id: string;
  readonly name: PersonName;
  readonly snils: string | undefined;
  readonly specialty: Specialty;
  /** Code of the federal dictionary of positions. */
  readonly position: string | undefined;
  readonly address: string | undefined;
  readonly room: string | undefined;
  /** The branch, by its name. */
  readonly branch: string | undefined;
}

interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

export interface Concept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}

const actorTypes = ['PractitionerRole', 'Practitioner', 'Location'];

/** Schedules that are in use, with what stands behind them. */
export async function doctorsOf(place: Place, schedules: readonly Resource[]): Promise<Doctor[]> {
  const active = schedules.filter((s) => s['active'] !== false);
  const addresses = new Map(
    active.flatMap(actorsOf).flatMap(({ reference = '' }) => {
      const [type = '', id = ''] = reference.split('/');
      return actorTypes.includes(type) && isId(id) ? [[reference, [type, id] as const] as const] : [];
    }),
  );
  const behind = await readResources(place, [...addresses.values()]);
  return active.map((schedule) => doctorOf(place, schedule, behind));
}

const actorsOf = (schedule: Resource): readonly Reference[] => (schedule['actor'] ?? []) as Reference[];

function doctorOf({ clinic }: Place, schedule: Resource, behind: ReadonlyMap<string, Resource>): Doctor {
  const actors = actorsOf(schedule);
  const found = (type: string) =>
    actors.map((a) => behind.get(a.reference ?? '')).filter((r) => r?.resourceType === type);
  const [practitioner] = found('Practitioner');
  const [role] = found('PractitionerRole');
  const locations = found('Location') as Resource[];
  const display = actors.find((a) => a.display !== undefined)?.display;
  const building = locations.find((l) => !isRoom(l));
  return {
    id: schedule.id!,
    name: nameOf(practitioner) ?? { whole: display ?? clinic.name, family: display ?? clinic.name },
    snils: snilsText(practitioner),
    specialty: specialtyOf(clinic.key, ((schedule['specialty'] ?? []) as Concept[])[0]),
    position: codeOf(((role?.['code'] ?? []) as Concept[])[0], dictionarySystems.position),
    address: addressOf(building),
    room: locations.find(isRoom)?.['name'] as string | undefined,
    branch: building?.['name'] as string | undefined,
  };
}

const isRoom = (location: Resource): boolean =>
  codeOf(location['physicalType'] as Concept | undefined, undefined) === 'ro';

export function addressOf(resource: Resource | undefined): string | undefined {
  const address = [resource?.['address']].flat()[0] as { text?: string; line?: string[]; city?: string } | undefined;
  const parts = [address?.city, ...(address?.line ?? [])].filter((part) => part !== undefined);
  return address?.text ?? (parts.length === 0 ? undefined : parts.join(', '));
}

export const codeOf = (concept: Concept | undefined, system: string | undefined): string | undefined =>
  concept?.coding?.find((c) => system === undefined || c.system === system)?.code;

/** One whose time is for no specialty is found, too. */
const without = 'Без специальности';

function specialtyOf(clinic: string, concept: Concept | undefined): Specialty {
  const coded = concept?.coding?.find((c) => c.display !== undefined || c.code !== undefined);
  const name = concept?.text ?? coded?.display ?? coded?.code ?? without;
  const id = idOf(clinic, 'Specialty', foldString(name));
  return { id, name, federal: codeOf(concept, dictionarySystems.specialty) };
}

/** What is free, of several timetables together. */
export function countsOf(place: Place, free: readonly Free[]) {
  const times = (of: 'nearest' | 'last') => free.map((f) => f[of]).filter((time) => time !== null);
  const edge = (list: Date[], of: (...n: number[]) => number) =>
    list.length === 0 ? undefined : localTime(new Date(of(...list.map(Number))), place);
  const count = free.reduce((sum, f) => sum + f.count, 0);
  return {
    CountFreeParticipantIE: count,
    CountFreeTicket: count,
    NearestDate: edge(times('nearest'), Math.min),
    LastDate: edge(times('last'), Math.max),
  };
}

const commentOf = ({ branch, room }: Doctor): string | undefined =>
  [branch, room].filter(Boolean).join(', ') || undefined;

export function writeDoctor(place: Place, doctor: Doctor, free: readonly Free[]): Made<'Doctor'> & Made<'Doctor3'> {
  return {
    Comment: commentOf(doctor),
    ...countsOf(place, free),
    IdDoc: doctor.id,
    Name: doctor.name.whole,
    Snils: doctor.snils,
  };
}

export function writeDoctor4(place: Place, doctor: Doctor, free: readonly Free[]): Made<'Doctor4'> {
  const { family, given, patronymic } = doctor.name;
  return {
    ...{ AgeGroup: [], Comment: commentOf(doctor), ...countsOf(place, free), IdDoc: doctor.id, Snils: doctor.snils },
    ...{ LastName: family, FirstName: given, MiddleName: patronymic, PositionId: doctor.specialty.id },
  };
}

export function writeSpecialty(place: Place, specialty: Specialty, free: readonly Free[]): Made<'Spesiality'> {
  const { id, name, federal } = specialty;
  return { ...countsOf(place, free), FerIdSpesiality: federal, IdSpesiality: id, NameSpesiality: name };
}
