/** What the mapping `Encounter` → MIS sees. Types only. */
import type { Resource } from '../store/resource.ts';

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
