/** Codes of the typed slot row; a code's number is its place in the list and is never reused. */

/** https://hl7.org/fhir/R4/valueset-slotstatus.html */
export const slotStatuses = ['free', 'busy', 'busy-unavailable', 'busy-tentative', 'entered-in-error'] as const;
export type SlotStatus = (typeof slotStatuses)[number];

/** Why a slot is not free; CodeSystem https://medmost.ru/fhir/CodeSystem/slot-reason */
export const slotReasons = [
  '',
  'booked',
  'break',
  'withdrawn',
  'booked-here',
  'being-booked-here',
  'past',
  'held',
] as const;
export type SlotReason = (typeof slotReasons)[number];
