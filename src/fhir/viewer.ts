/** A principal → what its SQL reads are filtered by. */
import type { Clinics } from '../connectors/clinic.ts';
import { nobody, type Viewer } from '../store/visibility.ts';
import type { Subscriber } from '../workflows/subscription.ts';

/** Deny by default: a clinic that is not configured is not seen, a registry sees no patient. */
export function viewerOf(principal: Subscriber, clinics: Clinics): Viewer {
  const numbers = principal.clinics.map((key) => clinics.byKey(key)?.number).filter((n) => n !== undefined);
  const patient = principal.role === 'registry' ? nobody : (principal.patient ?? null);
  return { clinics: numbers, patient };
}
