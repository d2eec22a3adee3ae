/** What the codes of our errors mean, for people: the CodeSystem behind `OperationOutcome.issue.details`. */
import type { FaultKind } from '../../fault.ts';

export const faultSystem = 'https://medmost.ru/fhir/CodeSystem/fault';

/** A kind that is not told here is told by its status alone. */
export const kindMeanings: Partial<Record<FaultKind, string>> = {
  'bad-request': 'The request cannot be read, or asks for too much at once.',
  'bad-structure': 'The body is not JSON or XML, or not a valid R4 resource.',
  'bad-value': 'A header, id, parameter or page link cannot be read.',
  'missing-element': 'Something that is needed was not sent.',
  'not-supported': 'What is asked for is not served here.',
  unauthenticated: 'There is no access token, or it is not valid.',
  forbidden: 'The token does not allow this.',
  'not-found': 'There is no such thing, or it is not for this token to see.',
  'method-not-allowed': 'The resource has no such interaction.',
  'not-acceptable': 'No format that the client takes can be answered.',
  'slot-taken': 'The slot is not free any more.',
  'already-booked': 'The patient has this slot already, or is just getting it.',
  conflict: 'The request contradicts the state of the resource.',
  'in-progress': 'The resource is being changed: ask again.',
  gone: 'The resource was deleted, or the page has expired.',
  'version-mismatch': 'The resource was changed by somebody else.',
  'multiple-matches': 'A condition that must find one resource finds several.',
  'too-large': 'The body or the answer would be too large.',
  'unsupported-media-type': 'The body is in a format that is not read here.',
  'key-reused': 'The Idempotency-Key was used with another request.',
  'invalid-content': 'The content is well-formed and cannot be right.',
  'business-rule': 'A rule of the hub or of the clinic forbids it.',
  'too-costly': 'The expansion would be too large.',
  throttled: 'Too many requests.',
  'outcome-unknown': 'Whether the clinic got the request is not known: repeat it with the same Idempotency-Key.',
  internal: 'The failure is ours.',
  transient: 'It certainly was not done: repeat it later.',
  frozen: 'Writes to the clinic are stopped.',
};

/** Closer reasons within a kind. */
export const reasonMeanings: Readonly<Record<string, string>> = {
  'not-mappable': "The clinic's system needs something that the request does not hold.",
  'clinic-ambiguous': 'The token must name exactly one clinic.',
  'nothing-to-change': 'The update changes nothing that can be changed.',
  'slot-unknown': 'The Slot is not known here.',
  'patient-unknown': 'The Patient is not known here.',
  'patient-of-other-clinic': 'The Patient is of another clinic than the Slot.',
  'slot-in-the-past': 'The Slot has begun.',
  'no-booking': 'The clinic takes no bookings through the hub.',
  'not-ours': 'The Appointment was not made through the hub.',
  'refused-by-clinic': "The clinic's system refuses it.",
  'patient-inactive': 'The Patient is not active any more.',
  'patient-of-other-appointment': 'The Appointment to be given up is of another Patient.',
  'too-many-holds': 'As many Slots are held as may be.',
  'referred-to': 'Other resources refer to it.',
  'reference-unknown': 'A reference leads to nothing that is known here.',
  'nested-bundle': 'A Bundle cannot stand in a Bundle that is performed.',
  'not-in-transaction': 'This cannot be undone, so it cannot stand in a transaction.',
  'no-match': 'A conditional reference matches no resource.',
  'patch-test-failed': 'The resource is not as a test of the patch says.',
  'demographics-missing': 'The patient to be matched has too little to be recognised by.',
};
