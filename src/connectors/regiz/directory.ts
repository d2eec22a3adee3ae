/** The clinic and its people → records (protocols/regiz.md §1.4). */
import type { MisRecord, MisRecords } from '../connector.ts';
import { MisReadError } from '../connector.ts';
import type { Doctor } from './doctors.ts';
import type { Link } from './link.ts';
import { misRead } from './read-error.ts';
import type { Roster } from './roster.ts';

/**
 * Kinds `clinic` (one), `speciality`, `doctor` and `role`; the key of a role is that of the doctor's schedule.
 * @throws MisReadError
 */
export function readDirectory(link: Link, roster: Roster, signal: AbortSignal): Promise<MisRecords> {
  return misRead(link, async () => {
    const clinic = await readClinic(link, signal);
    const doctors = await roster.read(signal);
    const specialities = new Map(doctors.flatMap((d) => d.specialities).map((s) => [s.id, s]));
    return {
      clinic: [clinic],
      speciality: [...specialities.values()].map(({ id, ...rest }) => ({ key: id, ...rest, clinic: clinic['key'] })),
      doctor: doctors.map(doctorRecord),
      role: doctors.map((doctor) => roleRecord(doctor, clinic)),
    };
  });
}

/** `{key, name, fullName, oid?, address?, phone?, email?, workTime?}` @throws ExchangeError, RefusedByHub, MisReadError */
async function readClinic(link: Link, signal: AbortSignal): Promise<MisRecord> {
  const { lpu } = link.settings;
  const { ListLPU = [] } = await link.read('GetLPUList', {}, { signal });
  const listed = ListLPU.find(({ IdLPU }) => IdLPU === lpu);
  if (listed === undefined) throw new MisReadError(`РЕГИЗ: GetLPUList has no clinic ${lpu}`, false);
  const { LpuCollection = [] } = await link.read('GetLPUInfo', { idLpu: lpu }, { signal });
  const info = LpuCollection.find(({ Id }) => Id === lpu) ?? {};
  const name = listed.LPUShortName ?? listed.LPUFullName ?? String(lpu);
  const record = {
    key: String(lpu),
    name,
    fullName: listed.LPUFullName,
    oid: listed.Oid ?? info.Oid,
    address: info.Address,
    phone: info.Phone,
    email: info.Email,
    workTime: info.WorkTime,
  };
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** `{key, name, surname?, givenName?, patronymic?, snils?}`; a name of other than two or three words stays whole. */
function doctorRecord({ id, name, snils, specialities }: Doctor): MisRecord {
  const words = name.split(' ');
  const isName =
    (words.length === 2 || words.length === 3) && words.every((word) => /^\p{Lu}[\p{L}-]*\.?$/u.test(word));
  const [surname, givenName, patronymic] = isName ? words : [];
  return {
    key: id,
    name,
    ...(surname !== undefined && { surname, givenName }),
    ...(patronymic !== undefined && { patronymic }),
    ...(snils !== undefined && { snils }),
    specialities: specialities.map((s) => ({ ...s })),
  };
}

/** `{key, doctor, doctorName, clinic, clinicName, specialities, area?, comment?}` */
function roleRecord({ id, name, specialities, area, comment }: Doctor, clinic: MisRecord): MisRecord {
  return {
    key: id,
    doctor: id,
    doctorName: name,
    clinic: clinic['key'],
    clinicName: clinic['name'],
    specialities: specialities.map((s) => ({ ...s })),
    ...(area !== undefined && { area }),
    ...(comment !== undefined && { comment }),
  };
}
