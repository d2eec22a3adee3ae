/** Doctors at branches, as MedFlex knows them («врач в филиале»), made of Schedules and what they refer to. */
import type { Hub } from './hub.ts';
import {
  idIn,
  type Location,
  location,
  type PractitionerRole,
  practitionerRole,
  resourcesIn,
  type Schedule,
  schedule,
} from './resources.ts';
import type { MedflexSettings } from './settings.ts';

/** A Schedule that is sent: of one doctor at one branch, by MedFlex's ids. */
export interface Place {
  readonly schedule: string;
  readonly filial: string;
  readonly filialName: string;
  readonly doctor: string;
  readonly name: string;
  readonly specialty: string;
}

const availabilityUrl = 'https://medmost.ru/fhir/StructureDefinition/schedule-availability';

type Mapped = Pick<MedflexSettings, 'filials' | 'doctors' | 'onlyFilial'>;

/** @param practitioner of this one alone, by our id. @throws HubRefusal, Error */
export async function readPlaces(hub: Hub, settings: Mapped, practitioner?: string): Promise<Place[]> {
  const schedules: Schedule[] = [];
  const locations = new Map<string, Location>();
  const roles = new Map<string, PractitionerRole>();
  const query = new URLSearchParams({ _include: 'Schedule:actor', _count: '200' });
  if (practitioner !== undefined) query.set('actor', `Practitioner/${practitioner}`);
  for await (const page of hub.search('Schedule', query)) {
    schedules.push(...resourcesIn(page, 'Schedule', schedule));
    for (const one of resourcesIn(page, 'Location', location)) locations.set(one.id, one);
    for (const one of resourcesIn(page, 'PractitionerRole', practitionerRole)) roles.set(one.id, one);
  }
  return schedules.flatMap((one) => placeOf(one, locations, roles, settings) ?? []);
}

/** Undefined for what MedFlex's patients cannot book: of a cabinet, not active, or for certain patients only. */
function placeOf(
  { id, active, extension = [], specialty, actor }: Schedule,
  locations: ReadonlyMap<string, Location>,
  roles: ReadonlyMap<string, PractitionerRole>,
  settings: Mapped,
): Place | undefined {
  const forAll = extension.every((e) => e.url !== availabilityUrl || e.valueCode === 'region');
  const role = roles.get(first(actor, 'PractitionerRole')?.id ?? '');
  const doctor = first(actor, 'Practitioner') ?? first(role?.practitioner && [role.practitioner], 'Practitioner');
  const branch = first(role?.location, 'Location') ?? first(actor, 'Location');
  if (active === false || role?.active === false || !forAll || doctor === undefined) return undefined;
  const filial =
    branch === undefined
      ? settings.onlyFilial
      : { id: theirs(settings.filials, branch.id), name: nameOf(branch, locations) };
  if (filial === undefined) return undefined;
  return {
    schedule: id,
    filial: filial.id,
    filialName: filial.name,
    doctor: theirs(settings.doctors, doctor.id),
    name: doctor.display ?? '',
    specialty: textIn(specialty) ?? textIn(role?.specialty) ?? '',
  };
}

type Named = { readonly id: string; readonly display: string | undefined };
type Reference = { readonly reference?: string | undefined; readonly display?: string | undefined };

function first(references: readonly Reference[] = [], type: string): Named | undefined {
  for (const { reference, display } of references) {
    const id = idIn(reference, type);
    if (id !== undefined) return { id, display };
  }
  return undefined;
}

const nameOf = (branch: Named, locations: ReadonlyMap<string, Location>) =>
  locations.get(branch.id)?.name ?? branch.display ?? '';

const textIn = (concepts: Schedule['specialty']) => concepts?.[0]?.text ?? concepts?.[0]?.coding?.[0]?.display;

/** MedFlex's id of ours. */
function theirs(map: Readonly<Record<string, string>>, id: string): string {
  return Object.entries(map).find(([, own]) => own === id)?.[0] ?? id;
}

/** Our id of MedFlex's. */
export function ours(map: Readonly<Record<string, string>>, id: string): string {
  return Object.hasOwn(map, id) ? map[id]! : id;
}
