/** Operations on patients of a clinic: found, added, their phones changed (protocols/regiz.md §1.4, §1.6). */
import { randomUUID } from 'node:crypto';
import { type Queryable, transaction } from '../../postgres.ts';
import { identifierSystems, normaliseSnils } from '../../r4/identifier.ts';
import { foldString } from '../../r4/values/string.ts';
import { contentOf, prepareDocument } from '../../store/document.ts';
import { lockDocument, putDocument } from '../../store/documents.sql.ts';
import { isId, type Resource } from '../../store/resource.ts';
import type { Call, Ground, Handler, Made, Place } from './desk.ts';
import { patientOf, placeOf } from './desk.ts';
import { HubError, incomplete } from './error.ts';
import { findPatients, lockPatients, type Wanted } from './patient.sql.ts';
import * as person from './person.ts';

type Sent = Made<'Patient'>;

/** AriaNumber, the number of an участок, is kept by nobody here and narrows nothing. @throws HubError 4 when nothing is given, 20 */
function wantedOf(sent: Sent | undefined): Wanted {
  const { Surname, Name, SecondName, Birthday, Snils, Polis_N, Polis_S, Document_N, Document_S, IdPat } = sent ?? {};
  const phones = [sent?.CellPhone, sent?.HomePhone].filter((phone) => phone !== undefined);
  const given = [Surname, Name, SecondName, Birthday, Snils, Polis_N, Document_N, IdPat, ...phones];
  if (given.every((value) => value === undefined)) throw new HubError(4, 'Пациент не указан');
  const id = IdPat?.trim();
  if (id !== undefined && !isId(id)) throw new HubError(20);
  // Signs alone are in nobody's name.
  if ([Surname, Name, SecondName].some((name) => name !== undefined && foldString(name) === '')) throw new HubError(20);
  const snils = Snils === undefined ? [] : [{ system: identifierSystems.snils, value: normaliseSnils(Snils) ?? Snils }];
  const others = person.identifiersOf({ Polis_N, Polis_S, Document_N, Document_S });
  return {
    ...{ id, family: Surname, given: Name, patronymic: SecondName, phones },
    birthDate: Birthday === undefined ? undefined : person.birthDateOf(Birthday),
    identifiers: [...snils, ...others],
  };
}

/** What the indexes have found, looked at: each name in its place, the day as it is written. */
function agrees(patient: Resource, wanted: Wanted, exactly: boolean): boolean {
  const name = person.nameOf(patient);
  const fits = (has: string | undefined, asked: string | undefined) => {
    if (asked === undefined) return true;
    const [is, begins] = [foldString(has ?? ''), foldString(asked)];
    return exactly ? is === begins : is.startsWith(begins);
  };
  const { birthDate = patient['birthDate'], phones } = wanted;
  return (
    fits(name?.family, wanted.family) &&
    fits(name?.given, wanted.given) &&
    fits(name?.patronymic, wanted.patronymic) &&
    birthDate === patient['birthDate'] &&
    phones.every((p) => person.phonesOf(patient).some((t) => person.phoneDigits(t.value!) === person.phoneDigits(p)))
  );
}

/** @throws HubError 20, 21 */
export async function findOne(ground: Ground, place: Place, sent: Sent | undefined): Promise<Resource> {
  const wanted = wantedOf(sent);
  const { found, more } = await findPatients(place.db, place.viewer, ground.parameters, wanted);
  const [only, ...others] = found.filter((p) => agrees(p, wanted, false));
  if (more || others.length > 0) throw new HubError(21);
  if (only === undefined) throw new HubError(20);
  return only;
}

export const checkPatient: Handler<'CheckPatient'> = async ({ ground, parameters, touched, ...call }) => {
  const found = await findOne(ground, placeOf({ ground, ...call }, parameters.idLpu), parameters.pat);
  touched.add(found.id!);
  return { IdPat: found.id! };
};

export const searchTop10: Handler<'SearchTop10Patient'> = async (call) => {
  const { ground, parameters, touched } = call;
  const place = placeOf(call, parameters.idLpu);
  const wanted = wantedOf(parameters.pat);
  const { found } = await findPatients(place.db, place.viewer, ground.parameters, wanted);
  const ten = found.filter((p) => agrees(p, wanted, false)).slice(0, 10);
  if (ten.length === 0) throw new HubError(20);
  for (const patient of ten) touched.add(patient.id!);
  return { ListPatient: ten.map(person.writePatient) };
};

/** Who is there already, by full name and birth date, is not added again. */
export const addPatient: Handler<'AddNewPatient'> = async (call) => {
  const { ground, parameters, touched, note } = call;
  const place = placeOf(call, parameters.idLpu);
  if (parameters.patient === undefined) throw incomplete('patient');
  const content = person.newPatient(parameters.patient);
  const id = await transaction(place.db, async (db) => {
    await lockPatients(db, place.clinic.number);
    const there = await findSame(db, ground, place, parameters.patient!);
    if (there !== undefined) return there;
    const added = { ...content, id: randomUUID() };
    await write(db, ground, place, added, 1);
    return added.id;
  });
  touched.add(id);
  note(`Patient/${id}`);
  return { IdPat: id };
};

/** @returns the id. @throws HubError 99 when several are there, 21 when the СНИЛС is somebody else's */
async function findSame(db: Queryable, ground: Ground, place: Place, sent: Sent): Promise<string | undefined> {
  const { Surname: family, Name: given, SecondName: patronymic, Birthday, Snils } = sent;
  const wanted: Wanted = {
    family,
    given,
    patronymic,
    birthDate: person.birthDateOf(Birthday),
    identifiers: [],
    phones: [],
  };
  const { found, more } = await findPatients(db, place.viewer, ground.parameters, wanted);
  const snils = Snils && normaliseSnils(Snils);
  const isOther = (p: Resource) => {
    const has = person.identifierOf(p, identifierSystems.snils);
    return snils !== undefined && has !== undefined && normaliseSnils(has) !== snils;
  };
  const [only, ...others] = found.filter((p) => agrees(p, wanted, true) && !isOther(p));
  if (others.length > 0 || (more && only === undefined)) throw new HubError(99, 'Найдено несколько таких пациентов');
  if (only !== undefined || snils === undefined) return only?.id;
  const identifiers = [{ system: identifierSystems.snils, value: snils }];
  const owners = await findPatients(db, place.viewer, ground.parameters, { identifiers, phones: [] });
  if (owners.found.length > 0)
    throw new HubError(21, 'Пациент с таким СНИЛС уже есть под другим именем или датой рождения');
  return undefined;
}

async function write(db: Queryable, ground: Ground, { clinic }: Place, content: Resource, version: number) {
  const origin = { clinic: clinic.number, zone: clinic.zone };
  const document = prepareDocument(content, version, ground.clock(), origin, ground.parameters);
  if (!(await putDocument(db, document)))
    throw new HubError(99, 'Карта пациента изменена одновременно: повторите запрос');
}

export const updatePhone: Handler<'UpdatePhoneByIdPat'> = async (call) => {
  const { ground, parameters, touched, note } = call;
  const place = placeOf(call, parameters.idLpu);
  const { id } = await patientOf(place, parameters.idPat);
  const { homePhone, cellPhone } = parameters;
  if (homePhone === undefined && cellPhone === undefined) throw incomplete('cellPhone');
  await transaction(place.db, async (db) => {
    const current = await lockDocument(db, place.viewer, 'Patient', id!);
    if (current === undefined) throw new HubError(20);
    const before = contentOf(current.body);
    const after = person.withPhones(before, homePhone, cellPhone);
    if (JSON.stringify(after) !== JSON.stringify(before)) await write(db, ground, place, after, current.version + 1);
  });
  touched.add(id!);
  note(`Patient/${id}`);
  return {};
};

/** Who is meant: by his id, else by the person of the referral that is attached. @throws HubError 4, 20, 21 */
export async function patientToBook(call: Call<'SetAppointment'>, place: Place): Promise<Resource> {
  const { idPat, attachedReferral } = call.parameters;
  const referred = attachedReferral?.Referral?.Patient?.Person;
  if (idPat !== undefined || referred === undefined) return patientOf(place, idPat);
  const { HumanName: name, BirthDate } = referred;
  if (name?.FamilyName === undefined || name.GivenName === undefined || BirthDate === undefined)
    throw new HubError(4, 'Пациент не указан');
  const { FamilyName: Surname, GivenName: Name, MiddleName: SecondName } = name;
  return findOne(call.ground, place, { Surname, Name, SecondName, Birthday: BirthDate });
}
