/** What every operation is given: the hub, the caller, and the clinic that it asks for. */
import type { Logger } from 'pino';
import type { Audit } from '../../access/audit/audit.ts';
import type { Clinic, Clinics } from '../../connectors/clinic.ts';
import type { HubData, HubOperation, HubParameters, HubResult } from '../../connectors/regiz/contract/hub.ts';
import { type Clock, instantOf, localOf } from '../../instant.ts';
import type { Database } from '../../postgres.ts';
import { readClosed } from '../../store/availability.sql.ts';
import { readDocument } from '../../store/documents.sql.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import { isId, type Resource } from '../../store/resource.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { Wall } from '../../wall.ts';
import type { Booking } from '../../workflows/booking.ts';
import type { Waitlist } from '../../workflows/waitlist.ts';
import type { Caller, CallersClinic } from './caller.ts';
import { HubError, incomplete } from './error.ts';

export interface Ground {
  readonly pool: Database;
  /** The pool in which requests see their clinics alone. */
  readonly wall?: Wall;
  readonly parameters: ParameterIds;
  readonly clinics: Clinics;
  readonly booking: Booking;
  readonly waitlist: Pick<Waitlist, 'hasten'>;
  readonly audit: Audit;
  readonly program: { readonly version: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Call<O extends HubOperation> {
  readonly ground: Ground;
  readonly caller: Caller;
  readonly parameters: HubParameters<O>;
  /** Of `performance.now()`: until then a clinic is waited for. */
  readonly deadline: number;
  readonly onePerDoctor: boolean;
  /** Ids of the Patients whose data the answer holds, or that are changed: for the audit. */
  readonly touched: Set<string>;
  /** `Type/id` of what is changed, when there is one: for the audit. */
  note(resource: string): void;
}

/** What is not known is undefined, and written as nil. */
type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: Loose<T[K]> | undefined }
    : T;

/** A type of the contract as it is made here. */
export type Made<
  T extends 'Appointment' | 'Doctor' | 'Doctor3' | 'Doctor4' | 'Patient' | 'Speciality3' | 'Spesiality',
> = Loose<HubData<T>>;

/** Members of a result that are its own, beside those of MethodResult. */
export type Own<O extends HubOperation> = Loose<Omit<HubResult<O>, 'ErrorList' | 'IdHistory' | 'Success'>>;

/** @throws HubError, Fault */
export type Handler<O extends HubOperation> = (call: Call<O>) => Promise<Own<O>>;

/** The clinic that is asked for, as the caller sees it. */
export interface Place {
  readonly clinic: Clinic;
  readonly settings: CallersClinic;
  readonly viewer: Viewer;
  /** Its statements see this clinic alone, whatever they say. */
  readonly db: Database;
}

type Asking = Pick<Call<HubOperation>, 'ground' | 'caller'>;

export function openPlace({ ground, caller }: Asking, settings: CallersClinic): Place {
  const { clinic } = settings;
  const viewer: Viewer = { clinics: [clinic.number], keys: null, types: caller.types, closed: [] };
  return { clinic, settings, viewer, db: ground.wall?.(viewer.clinics) ?? ground.pool };
}

/** What is not the caller's looks as if it were not there. @throws HubError 4, 99 */
export function placeOf(call: Asking, idLpu: number | undefined): Place {
  if (idLpu === undefined) throw incomplete('idLpu');
  const settings = call.caller.clinics.find((c) => c.idLpu === idLpu);
  if (settings === undefined) throw new HubError(99, 'Медицинская организация не найдена');
  return openPlace(call, settings);
}

/** @throws HubError 4, 20 */
export async function patientOf({ db, viewer }: Place, idPat: string | undefined): Promise<Resource> {
  if (idPat === undefined) throw incomplete('idPat');
  const found = isId(idPat.trim()) ? await readDocument(db, viewer, 'Patient', idPat.trim()) : undefined;
  const patient = found && (JSON.parse(found.body) as Resource);
  if (patient === undefined || patient['active'] === false) throw new HubError(20);
  return patient;
}

/** The place as it is for a patient: without the doctors whose time is not for him. @throws HubError 20 */
export async function placeFor(call: Asking, idLpu: number | undefined, idPat: string | undefined): Promise<Place> {
  const place = placeOf(call, idLpu);
  if (idPat === undefined) return place;
  const { id } = await patientOf(place, idPat);
  const { pool, parameters } = call.ground;
  const closed = await readClosed(pool, parameters, place.viewer.clinics, [id!]);
  return { ...place, viewer: { ...place.viewer, closed: closed.map((c) => c.id) } };
}

/** A time of the contract, local to the clinic unless it says otherwise. @throws HubError 4 */
export function timeOf(text: string, { clinic }: Place, name: string): number {
  const bare = text.replace(/\.\d+/, '');
  try {
    const time = /(Z|[+-]\d{2}:\d{2})$/.test(bare) ? Date.parse(bare) : instantOf(bare, clinic.zone);
    if (Number.isFinite(time)) return time;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw incomplete(name);
}

export const localTime = (time: Date, { clinic }: Place): string => localOf(time.getTime(), clinic.zone);
