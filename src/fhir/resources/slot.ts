/** Slot: mirrored from the MIS; read by id it is checked there. https://hl7.org/fhir/R4/slot.html */
import { type ResourceDeclaration, readOnly } from '../resource.ts';
import { slotStorage } from '../search/slot.ts';

const declaration: ResourceDeclaration = {
  type: 'Slot',
  documentation:
    'Time that can be booked. A Slot read by id is checked in the MIS first; one that is not free says why in the extension slot-reason.',
  interactions: readOnly,
  parameters: [{ code: 'end', type: 'date', expression: 'Slot.end', documentation: 'When the slot ends.' }],
  storage: slotStorage,
  refresh: (context, asked, id) => context.live.check(id, asked.viewer),
};

export default declaration;
