/** A MIS's waiting list as others have filled it, in FHIR. */
import type { Resource } from '../store/resource.ts';
import type { MisRecord, MisRecords } from './connector.ts';
import type { Mirrored } from './mirrored.ts';
import { type ReadSlot, readSlot } from './read-slot.ts';
import type { JournalAbility } from './waitlist-ability.ts';

/** A request that waits. */
export interface ListedRequest {
  /** Its number in the MIS. */
  readonly reference: string;
  /** With status `waitlist`; its Patient is `patient`, all that it names has the ids of a mirror. */
  readonly appointment: Resource;
  readonly patient: Mirrored;
  /** Our id, of one that was registered through the hub. */
  readonly own: string | undefined;
}

export interface Journal {
  /** @param only see JournalAbility.read @throws MisReadError */
  read(only: string | undefined, signal: AbortSignal): Promise<ListedRequest[]>;
  /** Whether the MIS takes this Patient of ours for the one of a request. @throws MisReadError, MappingError */
  isSame(patient: Resource, listed: Mirrored, signal: AbortSignal): Promise<boolean>;
  /** Slots that are offered for a request, as a mirror has them; undefined when it does not wait. @throws MisReadError */
  findTimes(reference: string, signal: AbortSignal): Promise<ReadSlot[] | undefined>;
}

interface Tools {
  mirror(records: MisRecords): Promise<Mirrored[]>;
  /** What the mapping makes of a Patient. @throws MappingError */
  requestFor(patient: Resource): Promise<MisRecord>;
}

export function journalOf(ability: JournalAbility | undefined, { mirror, requestFor }: Tools): Journal | undefined {
  if (ability === undefined) return undefined;
  return {
    async read(only, signal) {
      const mirrored = await mirror(await ability.read(only, signal));
      const ofType = (type: string) => mirrored.filter(({ resource }) => resource.resourceType === type);
      const patients = new Map(ofType('Patient').map((patient) => [patient.key, patient]));
      return ofType('Appointment').flatMap(({ key, resource, record }) => {
        const patient = patients.get(String(record['patient']));
        const own = record['booking'] === undefined ? undefined : String(record['booking']);
        return patient === undefined ? [] : [{ reference: key, appointment: resource, patient, own }];
      });
    },
    isSame: async (patient, listed, signal) =>
      (await ability.findPatient(await requestFor(patient), signal)) === listed.key,
    async findTimes(reference, signal) {
      const slot = await ability.findTimes(reference, signal);
      return slot && (await mirror({ slot })).map(readSlot);
    },
  };
}
