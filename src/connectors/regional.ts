/** What a clinic's region is told of its consultations. Types only. */
import type { Resource } from '../store/resource.ts';
import type { CaseAbility } from './case-ability.ts';
import type { MisRecord } from './connector.ts';
import type { ConsultationAbility } from './consultation-ability.ts';

/** The abilities are absent, too, where the mapping cannot write an Encounter. */
export interface Regional {
  /** What the region is told of an Encounter. @throws MappingError when the mapping cannot be made */
  encounterRequest(input: EncounterInput): Promise<MisRecord>;
  readonly cases: CaseAbility | undefined;
  readonly consultations: ConsultationAbility | undefined;
}

export interface EncounterInput {
  readonly resource: Resource;
  readonly patient: Resource;
  /** The Practitioner who saw the patient, and his PractitionerRole, as far as the Encounter or its Appointment names them. */
  readonly doctor?: Resource;
  readonly role?: Resource;
  /** The same of the one who has asked for it. */
  readonly initiator?: Resource;
  readonly initiatorRole?: Resource;
  readonly appointment?: Resource;
  /** The ServiceRequest that it is based on. */
  readonly request?: Resource;
  /** Code of the workflow that it goes through, when what is made is for that. */
  readonly workflow?: string;
  readonly booking: string;
}
