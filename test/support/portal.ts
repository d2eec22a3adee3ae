/** A portal beside the hub, or the registrar's desk: registers in the журнал отложенной записи of the pretend РЕГИЗ what the hub knows nothing of. */
import type { Sandbox } from '../../sandbox/regiz/server.ts';
import { get } from '../sandbox/regiz/client.ts';

export interface PortalPerson {
  readonly Surname: string;
  readonly Name: string;
  readonly SecondName: string;
  /** yyyy-mm-dd */
  readonly Birthday: string;
  readonly Snils?: string;
}

export interface Portal {
  /** Of the card at the clinic, which is made when there is none. @returns IdPat */
  cardOf(person: PortalPerson): Promise<string>;
  /** @returns IdPar */
  register(person: PortalPerson, wish?: PortalWish): Promise<string>;
  /** How a request stands in the journal. */
  statusOf(idPar: string): number | undefined;
}

export interface PortalWish {
  /** Members of PARequest beside IdLpu. */
  readonly place?: object;
  readonly info?: string;
  /** Local. */
  readonly intervals?: readonly { readonly StartDate: string; readonly EndDate: string }[];
}

export function openPortal(sandbox: Sandbox, idLpu = 44): Portal {
  async function cardOf({ Birthday, ...names }: PortalPerson): Promise<string> {
    const patient = { ...names, Birthday: `${Birthday}T00:00:00` };
    return String((await get(sandbox, 'AddNewPatient', { patient, idLpu }))['IdPat']);
  }

  return {
    cardOf,
    async register(person, { place = { FerIdSpeciality: '22' }, info = 'после 17:00', intervals = [] } = {}) {
      const request = {
        PARequest: { IdLpu: String(idLpu), ...place },
        PARequestInfo: { Claim: '1', Info: info },
        PARequestPatient: {
          ...{ BirthDate: `${person.Birthday}T00:00:00`, FirstName: person.Name, IdPatient: await cardOf(person) },
          ...{ LastName: person.Surname, MiddleName: person.SecondName },
          PARequestPatientContacts: { Phone: '+79000000002', Email: 'aglaya@example.org' },
        },
        PASource: 3,
        PreferredIntervals: intervals.map((interval) => ({ ...interval })),
      };
      return String((await get(sandbox, 'RegisterPARequest', { request }))['IdPar']);
    },
    statusOf: (idPar) => sandbox.deferred().find((one) => one['IdPar'] === idPar)?.['PARequestStatus'] as number,
  };
}
