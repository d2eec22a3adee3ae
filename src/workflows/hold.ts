/**
 * Holds: a client keeps a slot for a few minutes while its user types (IHE ITI-116, Austria's Slot/$hold). They live in this hub and not
 * in the MIS, which may sell the time meanwhile; then the hold ends, and the booking is refused as taken.
 */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { transaction } from '../postgres.ts';
import type { Viewer } from '../store/visibility.ts';
import { findFacts, openForWrites } from './admission.ts';
import type { SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';
import { countHolds, giveUpHold, type Hold, lockHolder, readOwnHold, takeHold } from './hold.sql.ts';
import { slotTaken } from './refusal.ts';

export interface HoldOrder {
  readonly viewer: Viewer;
  /** Subject of the token: who may book what is held, and give it back. */
  readonly client: string;
  readonly slot: string;
  readonly patient: string | undefined;
}

export interface HeldSlot extends Hold {
  readonly facts: SlotFacts;
}

export interface Holding {
  /** Holds a slot; one that the client holds already stays held for as long as it was. @throws Fault slot-taken, business-rule */
  hold(order: HoldOrder): Promise<HeldSlot>;
  /** Gives a hold back; a slot that is free is left alone. @throws Fault slot-taken when another has it */
  release(order: HoldOrder): Promise<SlotFacts>;
}

export function createHolding(context: BookingContext): Holding {
  const { pool } = context;

  async function admit({ viewer, slot, patient }: HoldOrder): Promise<{ clinic: Clinic; facts: SlotFacts }> {
    const facts = await findFacts(context, viewer, slot, patient ?? null);
    return { facts, clinic: openForWrites(context, facts.clinic, facts.frozen) };
  }

  return {
    async hold(order) {
      const { facts, clinic } = await admit(order);
      if (facts.status !== 0 && !facts.held) throw slotTaken(order.slot);
      const hold = await transaction(pool, async (db): Promise<Hold> => {
        const holder = { client: order.client, patient: order.patient ?? null };
        await lockHolder(db, holder);
        const own = await readOwnHold(db, order.slot, order.client);
        if (own !== undefined && [null, order.patient ?? own.patient].includes(own.patient)) return own;
        const { holdsPerPatient, holdsPerClient, holdSeconds } = clinic.config.booking;
        const most = order.patient === undefined ? holdsPerClient : holdsPerPatient;
        if ((await countHolds(db, holder)) >= most) throw tooMany(most);
        const until = await takeHold(db, order.slot, holder, holdSeconds);
        if (until === undefined) throw slotTaken(order.slot);
        return { until, patient: holder.patient };
      });
      return { ...hold, facts };
    },
    async release(order) {
      const facts = await findFacts(context, order.viewer, order.slot, null);
      const given = await giveUpHold(pool, order.slot, { client: order.client, patient: order.patient ?? null });
      if (!given && facts.status !== 0) throw slotTaken(order.slot);
      return facts;
    },
  };
}

function tooMany(most: number): Fault {
  return new Fault('business-rule', `No more than ${most} Slots are held at a time: book one, or give one back.`, {
    expression: 'Appointment.slot',
    code: 'too-many-holds',
  });
}
