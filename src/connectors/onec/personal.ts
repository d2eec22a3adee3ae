/** What of a request is about a patient, so that the message log may not keep it. */

/** Parameters of the booking operations that tell about a patient (protocols/onec.md §1.2). */
export const personal = [
  'PatientSurname',
  'PatientName',
  'PatientFatherName',
  'Phone',
  'Email',
  'Address',
  'Comment',
  'Birthday',
  'AdditionalInformation',
  'Reason',
] as const;
