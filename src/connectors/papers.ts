/** What a clinic has written of a patient, in FHIR. */
import type { Resource } from '../store/resource.ts';
import type { MisRecord, MisRecords } from './connector.ts';
import type { Mirrored } from './mirrored.ts';
import type { PaperAbility } from './paper-ability.ts';

export interface Paper {
  /** Its subject is the Patient. */
  readonly resource: Resource;
  readonly key: string;
  /** Written by the doctor of the booking on the day of the visit. */
  readonly ofVisit: boolean;
}

export interface Papers {
  /** @param patient id of the Patient of the booking @returns, and throws, as PaperAbility.read; MappingError */
  read(reference: string, patient: string, since: number, signal: AbortSignal): Promise<Paper[] | undefined>;
}

export function papersOf(
  ability: PaperAbility | undefined,
  mirror: (records: MisRecords) => Promise<Mirrored[]>,
): Papers | undefined {
  if (ability === undefined) return undefined;
  return {
    async read(reference, patient, since, signal) {
      const records = await ability.read(reference, since, signal);
      if (records === undefined) return undefined;
      const own = Object.entries(records).map(([kind, list]) => [kind, list.map((one) => ownedBy(patient, one))]);
      const mirrored = await mirror(Object.fromEntries(own));
      return mirrored.map(({ resource, key, record }) => ({
        resource: { ...resource, subject: { reference: `Patient/${patient}` } },
        key,
        ofVisit: record['visit'] === true,
      }));
    },
  };
}

/**
 * Ids are made of keys, and two Patients of ours may be one card there: each has papers of his own, else those of the one would be
 * written over with the other as their subject.
 */
function ownedBy(patient: string, record: MisRecord): MisRecord {
  const own = (key: unknown) => (key === undefined ? undefined : `${patient};${String(key)}`);
  const { document } = record;
  const indicators = record['indicators'] as readonly MisRecord[] | undefined;
  return {
    ...record,
    key: own(record['key']),
    ...(document !== undefined && { document: own(document) }),
    ...(indicators !== undefined && { indicators: indicators.map((one) => ({ ...one, key: own(one['key']) })) }),
  };
}
