/** Who sees patients in the clinic, as the service lists them: by speciality, or by position in Hub25 (protocols/regiz.md §1.4). */
import type { Chain, Link } from './link.ts';
import { orEmpty } from './read-error.ts';
import { inTurn } from './turns.ts';

export interface Speciality {
  /** IdSpesiality, or IdPosition. */
  readonly id: string;
  readonly name: string;
  /** Code of the federal «ФЭР» dictionary, or of federal positions. */
  readonly federal?: string;
}

export interface Doctor {
  readonly id: string;
  readonly name: string;
  readonly snils?: string;
  /** Number of the area (участок). */
  readonly area?: string;
  readonly comment?: string;
  readonly specialities: readonly Speciality[];
  /** Undefined where the service does not count. */
  readonly tickets?: number;
}

/**
 * All doctors, each once, with all specialities under which they are listed.
 * @throws ExchangeError, RefusedByHub
 */
export async function readDoctors(link: Link, signal: AbortSignal): Promise<readonly Doctor[]> {
  const chain: Chain = {};
  const position = link.settings.directory.by === 'position';
  const specialities = await (position ? readPositions : readSpecialities)(link, chain, signal);
  const listed = await inTurn(specialities, link.settings.guard.concurrency, (speciality) =>
    (position ? readByPosition : readBySpeciality)(link, speciality, chain, signal),
  );
  return [...Map.groupBy(listed.flat(), ({ id }) => id).values()].map(inOne);
}

/** Tickets are counted under each speciality apart. */
function inOne(same: readonly Doctor[]): Doctor {
  const { tickets: _, ...first } = same[0]!;
  const counted = same.map(({ tickets }) => tickets).filter((tickets) => tickets !== undefined);
  return {
    ...first,
    specialities: same.flatMap((doctor) => doctor.specialities),
    ...(counted.length === same.length && { tickets: Math.max(...counted) }),
  };
}

const placeOf = ({ settings: { lpu, directory } }: Link) => ({ idLpu: lpu, idPat: directory.patient });

async function readSpecialities(link: Link, chain: Chain, signal: AbortSignal): Promise<readonly Speciality[]> {
  const reading = link.read('GetSpesialityList', placeOf(link), { signal, chain });
  const listed = await orEmpty(
    link,
    reading.then((result) => result.ListSpesiality),
  );
  return listed.flatMap(({ IdSpesiality: id, NameSpesiality: name, FerIdSpesiality: federal }) =>
    id === undefined ? [] : [{ id, name: name ?? id, ...(federal !== undefined && { federal }) }],
  );
}

async function readPositions(link: Link, chain: Chain, signal: AbortSignal): Promise<readonly Speciality[]> {
  const reading = link.read('GetPositionList', placeOf(link), { signal, chain });
  const listed = await orEmpty(
    link,
    reading.then((result) => result.ListPosition),
  );
  return listed.flatMap(({ IdPosition: id, NamePosition: name, FedIdPosition: federal }) =>
    id === undefined ? [] : [{ id, name: name ?? id, ...(federal !== undefined && { federal }) }],
  );
}

async function readBySpeciality(link: Link, speciality: Speciality, chain: Chain, signal: AbortSignal) {
  const asked = { ...placeOf(link), idSpesiality: speciality.id };
  const reading = link.read('GetDoctorList', asked, { signal, chain });
  const listed = await orEmpty(
    link,
    reading.then((result) => result.Docs),
  );
  return listed.flatMap(({ IdDoc, Name, Snils, AriaNumber, Comment, CountFreeTicket }) =>
    doctorOf(IdDoc, Name, { snils: Snils, area: AriaNumber, comment: Comment, tickets: CountFreeTicket }, speciality),
  );
}

async function readByPosition(link: Link, position: Speciality, chain: Chain, signal: AbortSignal) {
  const asked = { ...placeOf(link), idPosition: position.id, fedIdPosition: position.federal };
  const reading = link.read('GetDoctorList2', asked, { signal, chain });
  const listed = await orEmpty(
    link,
    reading.then((result) => result.Docs),
  );
  return listed.flatMap(({ IdDoc, LastName, FirstName, MiddleName, Snils, Area, Comment, CountFreeTicket }) => {
    const name = [LastName, FirstName, MiddleName].filter((part) => part !== undefined).join(' ');
    const others = { snils: Snils, area: Area, comment: Comment, tickets: CountFreeTicket };
    return doctorOf(IdDoc, name, others, position);
  });
}

interface Others {
  readonly snils: string | undefined;
  readonly area: string | undefined;
  readonly comment: string | undefined;
  readonly tickets: number | undefined;
}

function doctorOf(id: string | undefined, name: string | undefined, others: Others, speciality: Speciality): Doctor[] {
  if (id === undefined) return [];
  const known = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined && value !== ''));
  const text = name?.replace(/\s+/g, ' ').trim();
  return [{ id, name: text === undefined || text === '' ? id : text, ...known, specialities: [speciality] }];
}
