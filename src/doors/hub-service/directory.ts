/** Operations on what the caller's clinics are (protocols/regiz.md §1.4). */
import type { Resource } from '../../store/resource.ts';
import { type Call, type Handler, openPlace, type Place } from './desk.ts';
import { addressOf } from './doctor.ts';
import { HubError } from './error.ts';
import { readSome } from './schedule.sql.ts';

export const version: Handler<'GetVersion'> = async ({ ground }) => ({ ServiceVersion: ground.program.version });

export const districts: Handler<'GetDistrictList'> = async ({ caller }) => {
  const known = new Map(
    caller.clinics.flatMap(({ district: d }) => (d === undefined ? [] : [[d.id, d.name] as const])),
  );
  return { Districts: [...known].map(([IdDistrict, DistrictName]) => ({ DistrictName, IdDistrict })) };
};

export const clinics: Handler<'GetLPUList'> = async (call) => {
  const { idDistrict } = call.parameters;
  const places = call.caller.clinics.filter((c) => idDistrict === undefined || c.district?.id === idDistrict);
  return { ListLPU: places.map((settings) => writeClinic(openPlace(call, settings))) };
};

export function writeClinic({ clinic, settings }: Place) {
  return {
    District: settings.district?.id,
    IdLPU: settings.idLpu,
    // One whose system takes no bookings is told of, so that nobody looks for it.
    IsActive: clinic.booking !== undefined,
    LPUFullName: clinic.name,
    LPUShortName: clinic.name,
    LPUType: settings.lpuType,
    Oid: settings.oid,
  };
}

export const clinicInfo: Handler<'GetLPUInfo'> = async (call) => {
  const { idLpu } = call.parameters;
  const places = call.caller.clinics.filter((c) => idLpu === undefined || c.idLpu === idLpu);
  if (idLpu !== undefined && places.length === 0) throw new HubError(99, 'Медицинская организация не найдена');
  return { LpuCollection: await Promise.all(places.map((settings) => infoOf(openPlace(call, settings)))) };
};

/** Branches of a clinic are few; the first that says something says it for the clinic. */
const mostBranches = 50;

async function infoOf(place: Place) {
  const { clinic, settings } = place;
  const organizations = await readSome(place, 'Organization', mostBranches);
  const branches = [...organizations, ...(await readSome(place, 'Location', mostBranches))];
  const first = <T>(of: (branch: Resource) => T | undefined) => branches.map(of).find((value) => value !== undefined);
  const telecom = (system: string) => (branch: Resource) =>
    ((branch['telecom'] ?? []) as { system?: string; value?: string }[]).find((t) => t.system === system)?.value;
  return {
    Address: first(addressOf),
    DistrictId: settings.district?.id,
    DistrictName: settings.district?.name,
    Email: first(telecom('email')),
    FullName: clinic.name,
    Id: settings.idLpu,
    Oid: settings.oid,
    Phone: first(telecom('phone')),
    ShortName: clinic.name,
  };
}

/** Nothing here says which участок a patient belongs to. */
export const patientAreas = async (_call: Call<'GetPatientsAreas'>): Promise<never> => {
  throw new HubError(41);
};
