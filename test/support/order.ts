/** What an app sends to book: ids of a Slot and of a Patient. */
export const orderOf = (slot: string, patient: string) => ({
  resourceType: 'Appointment',
  status: 'proposed',
  slot: [{ reference: `Slot/${slot}` }],
  participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
});
