/** People whom the pretend region's indexes of patients know: one in PixService, one in MPI. Invented. */
import type { Sandbox } from '../../sandbox/regiz/server.ts';
import { call } from '../sandbox/regiz/typed-client.ts';

/** idLPU of clinic 44 of the sandbox, for PixService. */
export const clinicOid = '1.2.643.5.1.13.13.12.2.78.9944';

export const known = {
  family: 'Региональнова',
  given: 'Аглая',
  patronymic: 'Тестовна',
  birthDate: '1990-02-03',
  snils: '00000060004',
} as const;

/** All of a person that no log may hold. */
export const words = ['Региональнов', 'Аглая', 'Тестовна', '1990-02-03', '00000060004', '000-000-600 04'];

type Person = { readonly [Name in keyof typeof known]: string };

/** @returns its IdGlobal */
export async function addToPix(sandbox: Sandbox, person: Person = known, IdPatientMIS = 'P-1'): Promise<string> {
  const ask = { guid: sandbox.guid, idLPU: clinicOid };
  const patient = {
    ...{ BirthDate: `${person.birthDate}T00:00:00`, FamilyName: person.family, GivenName: person.given },
    ...{ MiddleName: person.patronymic, IdPatientMIS, Sex: 2, IsVip: false },
    Documents: [{ DocN: person.snils, IdDocumentType: 223, ProviderName: 'ПФР' }],
  };
  await call(sandbox.origin, 'pix', 'AddPatient', { ...ask, patient });
  const { result } = await call(sandbox.origin, 'pix', 'GetPatient', {
    ...{ ...ask, patient: { IdPatientMIS }, idSource: 'Reg' },
  });
  return String((result as { IdGlobal: string }[])[0]!.IdGlobal);
}

/** @returns its id in the MPI */
export async function addToMpi(sandbox: Sandbox): Promise<string> {
  const body = {
    resourceType: 'Patient',
    identifier: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.6.223', value: known.snils }],
    name: [{ family: known.family, given: [known.given, known.patronymic] }],
    ...{ birthDate: known.birthDate, gender: 'female', managingOrganization: { display: clinicOid } },
  };
  const response = await fetch(`${sandbox.origin}/mpi/fhir/Patient`, {
    method: 'POST',
    headers: { authorization: `N3 ${sandbox.guid}` },
    body: JSON.stringify(body),
  });
  return ((await response.json()) as { id: string }).id;
}

/** `index` of the connection, for either. */
export function indexOf(kind: 'pix' | 'mpi', { origin, guid }: Sandbox, more: object = {}): Record<string, unknown> {
  if (kind === 'mpi') return { kind, url: `${origin}/mpi/fhir`, guid, ...more };
  return { kind, url: `${origin}/EMK5/PixService.svc`, guid, lpu: clinicOid, ...more };
}
