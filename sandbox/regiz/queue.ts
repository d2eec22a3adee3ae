/** «Управление очередями» (УО): what a referral needs and how its status may change. protocols/regiz.md §3.3. */
import type { Data, DataObject } from './data.ts';

/** From which status to which. */
const transitions: Readonly<Record<number, readonly number[]>> = {
  1: [2, 3, 0],
  2: [3, 0],
  3: [4, 5, 8, 0],
  4: [5, 0],
  5: [6, 0],
  6: [7],
};

export function mayChange(from: number, to: number): boolean {
  return transitions[from]?.includes(to) ?? false;
}

/** Value at a path of names; a list is looked into at its first item. */
export function at(data: Data, path: string): Data {
  return path.split('.').reduce<Data>((value, name) => {
    const one = Array.isArray(value) ? (value as readonly Data[])[0] : value;
    return typeof one === 'object' && one !== null ? (one as DataObject)[name] : undefined;
  }, data);
}

const filled = (value: Data) =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

export function missingIn(referral: DataObject, paths: readonly string[]): string[] {
  return paths.filter((path) => !filled(at(referral, path)));
}

export const registerNeeds = [
  ...['ReferralInfo.ReferralType.Code', 'ReferralInfo.ProfileMedService.Code', 'Source.IdReferralMis'],
  ...['Source.Lpu.Code', 'Source.Doctors.Role.Code', 'Source.Doctors.Lpu.Code', 'Source.Doctors.Speciality.Code'],
  ...['Source.Doctors.Position.Code', 'Source.Doctors.Person.HumanName.FamilyName', 'Patient.Person.BirthDate'],
  ...['Patient.Person.Sex.Code', 'Patient.Person.HumanName.FamilyName', 'Patient.Person.HumanName.GivenName'],
];

export interface Step {
  readonly needs: readonly string[];
  /** Status that the referral moves to. */
  to(referral: DataObject): number;
}

const source = 'EventsInfo.Source';
const target = 'EventsInfo.Target';

/** Operations that move a referral, with the fields that they need beside IdMq. */
export const steps: Readonly<Record<string, Step>> = {
  AgreedFromSourcedMo: {
    needs: [`${source}.IsReferralReviewed`, `${source}.ReferralReviewDate`, `${source}.ReferralCreateDate`],
    to: () => 2,
  },
  PatientDocumentIssue: { needs: [`${source}.ReferralOutDate`, 'Target.Lpu.Code'], to: () => 3 },
  AgreedFromTargetMo: {
    needs: [`${target}.IsReferralReviwed`, `${target}.ReferralReviewDate`],
    to: (referral) => (at(referral, `${target}.IsReferralReviwed`) === true ? 4 : 8),
  },
  ChangePlannedResource: { needs: [`${target}.ReceptionAppointDate`, `${target}.ReceptionAppointTime`], to: () => 5 },
  HealthCareStart: { needs: [`${target}.CaseOpenDate`], to: () => 6 },
  HealthCareEnd: { needs: [`${target}.CaseCloseDate`], to: () => 7 },
  Cancellation: {
    needs: ['Date', 'CancellationReason.Code', 'CancellationSource.Code'].map((n) => `EventsInfo.Cancellation.${n}`),
    to: () => 0,
  },
};

/** Operations that change parts and then move on by whatever steps these parts are enough for. */
export const updates: Readonly<Record<string, readonly string[]>> = {
  UpdateFromSourcedMo: ['AgreedFromSourcedMo', 'PatientDocumentIssue'],
  UpdateFromTargetMo: ['AgreedFromTargetMo', 'ChangePlannedResource', 'HealthCareStart', 'HealthCareEnd'],
  SetOrChangeTargetMo: [],
};

/** Status after the steps that are possible one after another. */
export function advance(status: number, referral: DataObject, names: readonly string[]): number {
  return names.reduce((now, name) => {
    const { needs, to } = steps[name]!;
    return missingIn(referral, needs).length === 0 && mayChange(now, to(referral)) ? to(referral) : now;
  }, status);
}

/** The parts given put over what was there; lists are replaced whole. */
export function merge(old: Data, given: Data): Data {
  if (given === undefined || given === null) return old;
  const objects = [old, given].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
  if (!objects) return given;
  const result: { [name: string]: Data } = { ...(old as DataObject) };
  for (const [name, value] of Object.entries(given as DataObject)) result[name] = merge(result[name], value);
  return result;
}

const bare = (text: string) => text.replace(/^urn:oid:/, '');

/** Every filled leaf of the filter is in the data; versions of dictionaries are not compared. */
export function fits(filter: Data, data: Data): boolean {
  if (filter === undefined || filter === null || filter === '') return true;
  if (Array.isArray(filter))
    return (filter as readonly Data[]).every((one) => fits(one, Array.isArray(data) ? data[0] : data));
  if (typeof filter !== 'object') return bare(String(filter)) === bare(String(data ?? ''));
  return Object.entries(filter as DataObject).every(
    ([name, value]) =>
      name === 'Version' || fits(value, typeof data === 'object' ? (data as DataObject | null)?.[name] : undefined),
  );
}
