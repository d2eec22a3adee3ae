/** A clinic: its MIS's connector and its mapping, which together take and give FHIR. */
import type { ClinicConfig } from '../clinic-settings.ts';
import type { Interval } from '../instant.ts';
import type { Resource } from '../store/resource.ts';
import type { BookingAbility, MisRecord, MisRecords, Operations, PatientIndexAbility } from './connector.ts';
import { type Journal, journalOf } from './journal.ts';
import type { CodeTables, Mappings } from './mapping.ts';
import type { Mirrored } from './mirrored.ts';
import { type Papers, papersOf } from './papers.ts';
import { createSlotReader, type ReadSlot } from './read-slot.ts';
import type { IncomingAbility, ReferralAbility } from './referral-ability.ts';
import type { Regional } from './regional.ts';
import type { WaitlistAbility } from './waitlist-ability.ts';

export interface ReadSchedule {
  readonly schedules: readonly Mirrored[];
  readonly slots: readonly ReadSlot[];
}

export interface Clinic extends Regional {
  readonly key: string;
  /** Number in the table `clinic`. */
  readonly number: number;
  readonly name: string;
  readonly zone: string;
  readonly config: ClinicConfig;
  readonly operations: Operations;
  /** Name of the shipped mapping. */
  readonly mapping: string;
  /** The code tables of its mapping. */
  readonly tables: CodeTables;
  /** @throws MisReadError */
  readDirectory(signal: AbortSignal): Promise<Mirrored[]>;
  /** @throws MisReadError */
  readSchedule(window: Interval, only: readonly string[] | undefined, signal: AbortSignal): Promise<ReadSchedule>;
  /** The MIS's booking request for an Appointment. @throws MappingError when the mapping cannot be made */
  bookingRequest(input: BookingInput): Promise<MisRecord>;
  readonly booking: BookingAbility | undefined;
  /** The MIS's request of a patient who waits for a time. @throws MappingError when the mapping cannot be made */
  waitingRequest(input: WaitingInput): Promise<MisRecord>;
  readonly waitlist: WaitlistAbility | undefined;
  /** What others have put on that list, in FHIR. Absent, too, where the mapping cannot read it. */
  readonly journal: Journal | undefined;
  /** What the queue of referrals is sent of a ServiceRequest. @throws MappingError when the mapping cannot be made */
  referralRequest(input: ReferralInput): Promise<MisRecord>;
  /** Absent, too, where the mapping cannot write a ServiceRequest. */
  readonly referrals: ReferralAbility | undefined;
  /** Referrals of other clinics to this one; absent, too, where the mapping makes no ServiceRequest of them. */
  readonly incoming: IncomingAbility | undefined;
  /** The ServiceRequest as which a referral of another clinic is seen. @throws MappingError when the mapping cannot be made */
  incomingReferral(record: MisRecord): Promise<Resource | undefined>;
  /** Absent too where the clinic's mapping has no Patient to ask by. */
  readonly patientIndex: PatientIndex | undefined;
  readonly papers: Papers | undefined;
}

/** A region's index of people, in FHIR. */
export interface PatientIndex {
  /** @param patient what is known of the one looked for @throws MisReadError, MappingError */
  find(patient: Resource, signal: AbortSignal): Promise<Mirrored[]>;
  readonly patienceMilliseconds: number;
}

export interface BookingInput {
  readonly resource: Resource;
  readonly patient: Resource;
  readonly slot: { readonly key: string; readonly start: string; readonly end: string; readonly schedule: MisRecord };
  readonly booking: string;
  /** Reference of the request by which it is booked. */
  readonly waiting?: string | undefined;
}

export interface WaitingInput {
  readonly resource: Resource;
  readonly patient: Resource;
  readonly wish: {
    /** Record of the doctor in the clinic, when one is waited for. */
    readonly role?: MisRecord;
    /** Record of what is offered, when anybody who offers it will do. */
    readonly service?: MisRecord;
    /** When the patient can come; absent: at any time. */
    readonly intervals?: readonly { readonly start: string; readonly end: string }[];
  };
  readonly booking: string;
}

export interface ReferralInput {
  readonly resource: Resource;
  readonly patient: Resource;
  /** The Practitioner who refers, and his PractitionerRole, as far as the ServiceRequest names them. */
  readonly doctor?: Resource;
  readonly role?: Resource;
  readonly booking: string;
}

export interface Clinics {
  readonly all: readonly Clinic[];
  byKey(key: string): Clinic | undefined;
  byNumber(number: number): Clinic | undefined;
  /** The zone that these clinics share; null when they have several. */
  zoneOf(numbers: readonly number[]): string | null;
}

export function indexClinics(all: readonly Clinic[]): Clinics {
  const keys = new Map(all.map((c) => [c.key, c]));
  const numbers = new Map(all.map((c) => [c.number, c]));
  return {
    all,
    byKey: (key) => keys.get(key),
    byNumber: (number) => numbers.get(number),
    zoneOf(wanted) {
      const [zone, ...others] = new Set(wanted.map((n) => numbers.get(n)?.zone).filter((z) => z !== undefined));
      return others.length === 0 ? (zone ?? 'UTC') : null;
    },
  };
}

export interface ClinicParts {
  readonly key: string;
  readonly number: number;
  readonly config: ClinicConfig;
  readonly operations: Operations;
  readonly mappings: Mappings;
  /** Name of the shipped mapping, when it is not that of the MIS. */
  readonly mapping?: string;
}

export function openClinic(parts: ClinicParts): Clinic {
  const { key, number, config, operations, mappings, mapping = config.mis } = parts;
  const mirror = (records: MisRecords) => mirrorAll(mappings, records);
  return {
    key,
    number,
    name: config.name,
    zone: config.zone,
    config,
    operations,
    mapping,
    tables: mappings.tables,
    booking: operations.booking,
    async readDirectory(signal) {
      return operations.directory === undefined ? [] : mirror(await operations.directory(signal));
    },
    async readSchedule(window, only, signal) {
      if (operations.schedule === undefined) return { schedules: [], slots: [] };
      const { slot = [], ...others } = await operations.schedule.read(window, only, signal);
      const read = createSlotReader();
      const slots = mappings.slow.has('slot')
        ? (await mirror({ slot })).map(read)
        : slot.flatMap((record) => mappings.mirror('slot', record).map(read));
      return { schedules: await mirror(others), slots };
    },
    bookingRequest: async (input) => requestOf(mappings, 'Appointment', input),
    waitlist: operations.waitlist,
    waitingRequest: async (input) => requestOf(mappings, 'Appointment', input),
    journal: journalIn(mappings, operations),
    patientIndex: indexOf(mappings, operations.patientIndex),
    papers: papersOf(operations.papers, mirror),
    referrals: mappings.writable.has('ServiceRequest') ? operations.referrals : undefined,
    incoming: mappings.kinds.has('referral') ? operations.referrals?.incoming : undefined,
    async incomingReferral(record) {
      const [made] = await mirror({ referral: [record] });
      return made?.resource;
    },
    referralRequest: async (input) => requestOf(mappings, 'ServiceRequest', input),
    cases: mappings.writable.has('Encounter') ? operations.cases : undefined,
    consultations: mappings.writable.has('Encounter') ? operations.consultations : undefined,
    encounterRequest: async (input) => requestOf(mappings, 'Encounter', input),
  };
}

const requestOf = (mappings: Mappings, type: string, input: object): MisRecord | Promise<MisRecord> =>
  mappings.slow.has(type) ? mappings.toMisSlowly(type, input) : mappings.toMis(type, input);

function journalIn(mappings: Mappings, { waitlist }: Operations): Journal | undefined {
  if (!mappings.kinds.has('waiting')) return undefined;
  const mirror = (records: MisRecords) => mirrorAll(mappings, records);
  const requestFor = async (patient: Resource) => requestOf(mappings, 'Appointment', { patient });
  return journalOf(waitlist?.journal, { mirror, requestFor });
}

function indexOf(mappings: Mappings, ability: PatientIndexAbility | undefined): PatientIndex | undefined {
  if (ability === undefined || !mappings.writable.has('Patient')) return undefined;
  return {
    patienceMilliseconds: ability.patienceMilliseconds,
    find: async (patient, signal) =>
      mirrorAll(mappings, await ability.find(await requestOf(mappings, 'Patient', { resource: patient }), signal)),
  };
}

/** Documents marked `slow: true` are evaluated by JSONata itself, one record after the other. */
async function mirrorAll(mappings: Mappings, records: MisRecords): Promise<Mirrored[]> {
  const mirrored: Mirrored[] = [];
  for (const [kind, list] of Object.entries(records))
    for (const record of list) {
      const made = mappings.slow.has(kind) ? await mappings.mirrorSlowly(kind, record) : mappings.mirror(kind, record);
      for (const each of made) mirrored.push({ ...each, record });
    }
  return mirrored;
}
