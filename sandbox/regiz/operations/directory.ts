/** Districts, clinics and what the hub tells of itself. */
import { type Data, type DataObject, numberOf } from '../data.ts';
import type { ClinicRow } from '../row.ts';
import type { State } from '../state.ts';
import { clinicData } from '../view.ts';
import type { Handlers } from './handler.ts';

interface DistrictRow {
  id: number;
  name: string;
  okato: number;
}

function clinicsIn(state: State, ask: DataObject): (ClinicRow & { district_name: string; okato: number })[] {
  const sql = `SELECT clinic.*, district.name AS district_name, okato FROM clinic JOIN district ON district.id = district ORDER BY id`;
  const asked = numberOf(ask, 'idDistrict');
  return state
    .all<ClinicRow & { district_name: string; okato: number }>(sql)
    .filter((clinic) => asked === undefined || clinic.district === asked);
}

const workTime = 'пн–пт 8:00–20:00, сб 9:00–15:00';

export const directoryHandlers: Handlers = {
  GetDistrictList: ({ state }) => ({
    Districts: state
      .all<DistrictRow>('SELECT * FROM district ORDER BY id')
      .map(({ id, name, okato }) => ({ DistrictName: name, IdDistrict: id, Okato: okato })),
  }),
  GetLPUList: ({ state }, ask) => ({ ListLPU: clinicsIn(state, ask).map(clinicData) }),
  GetLPUInfo({ state }, ask) {
    const asked = numberOf(ask, 'idLpu');
    const clinics = clinicsIn(state, {}).filter((clinic) => asked === undefined || clinic.id === asked);
    return {
      LpuCollection: clinics.map((clinic) => ({
        Address: clinic.address,
        DistrictId: clinic.district,
        DistrictName: clinic.district_name,
        DistrictOkato: clinic.okato,
        Email: `lpu${clinic.id}@example.org`,
        FullName: clinic.full,
        Id: clinic.id,
        Oid: clinic.oid,
        Phone: clinic.phone,
        PublicGuid: clinic.guid,
        ShortName: clinic.short,
        Type: 'Поликлиника',
        WorkTime: workTime,
      })),
    };
  },
  GetOrgList: ({ state }, ask) => ({
    OrgList: clinicsIn(state, ask).map((clinic) => ({
      District: clinic.district,
      Hub_ID: clinic.id,
      ID: clinic.id,
      Org_Address: clinic.address,
      Org_Name: clinic.full,
      Org_Type: 'Поликлиника',
      WorkTime: workTime,
    })),
  }),
  GetLpuToRFSZIList: ({ state }) => ({
    LpuListToRfiszs: clinicsIn(state, {}).map((clinic) => ({
      Address: clinic.address,
      Id: clinic.id,
      IdDistrict: clinic.district,
      InfoStand: false,
      IsEnableAppointment: true,
      IsEnableInternet: true,
      LpuName: clinic.full,
      LpuType: 'Поликлиника',
      PhoneCallCentre: clinic.phone,
      WorkTime: workTime,
    })),
  }),
  GetVersion: (): DataObject => ({ DatabaseVersion: '78.1', ServiceVersion: '2.5.0' }),
  GetHubUserByGuid: (_ground, ask) => ({
    HubUserList: [{ UserName: 'Пробный клиент', UserPosition: 'Портал', PublicGuid: ask['usersGuid'] as Data }].filter(
      ({ PublicGuid }) => typeof PublicGuid === 'string' && /^[0-9a-f-]{36}$/i.test(PublicGuid),
    ),
  }),
  GetStatusAnalysis: (_ground, ask) => ({
    Status: { key: numberOf(ask, 'idAnalysis') ?? 0, value: 'Выполнен' },
  }),
};
