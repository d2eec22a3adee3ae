/**
 * Bookings that MedFlex was told no of though they may come to stand: they are taken back, so that no is what happened. The hub carries
 * out what it has once accepted; what it could not be told yet is told it with every round.
 */
import type { Logger } from 'pino';
import { type Clock, fhirInstant } from '../../instant.ts';
import { claimSystem, type Desk } from './desk.ts';
import type { Appointment } from './resources.ts';

export interface Withdrawals {
  /** Never throws: what the hub does not accept now, it is told later. */
  withdraw(appointment: Appointment): Promise<void>;
  /** A booking was sent and never answered: if it turns up, it is taken back. @param claim value of its identifier */
  watch(claim: string): void;
  /** MedFlex is told that it stands, at the same moment: it is not taken back. */
  spare(appointment: Appointment): void;
  /** It is being taken back, or was: whatever its status was when it was read, nobody is to be told that it stands. */
  has(id: string): boolean;
  /** What is still owed to the hub. @throws HubRefusal, Error */
  repay(): Promise<void>;
}

const reason = 'ПроДокторов не дождался подтверждения';

/** The hub settles what it has taken within the grace of the MIS and then some (docs/booking.md#pending). */
const watchMilliseconds = 3_600_000;

export function createWithdrawals(desk: Desk, clock: Clock, log: Logger): Withdrawals {
  const owed = new Set<string>();
  const watched = new Map<string, number>();
  const spared = new Set<string>();
  /** Until when: an answer of the hub that was on its way meanwhile still says that it stands. */
  const withdrawn = new Map<string, number>();
  const since = clock();
  let knowsEarlier = false;

  async function withdraw(appointment: Appointment): Promise<void> {
    owed.add(appointment.id);
    withdrawn.set(appointment.id, clock() + watchMilliseconds);
    try {
      const { status } = await desk.cancel(appointment, reason);
      log.warn({ appointment: appointment.id, status }, 'a booking whose outcome came too late is taken back');
    } catch (err) {
      log.warn({ err, appointment: appointment.id }, 'a booking could not be taken back yet');
    }
  }

  /** What was found while somebody was told that it stands is spared. */
  async function undo(found: readonly Appointment[]): Promise<void> {
    for (const one of found) if (one.status !== 'cancelled' && !spared.has(one.id)) await withdraw(one);
  }

  /** Pending since before the start: the door has died over them, and MedFlex was not told 204. */
  async function meetEarlier(): Promise<void> {
    await undo(await desk.findAppointments({ status: 'pending', _lastUpdated: `lt${fhirInstant(since)}` }));
    knowsEarlier = true;
  }

  async function look(claim: string, until: number): Promise<void> {
    const found = await desk.findAppointments({ identifier: `${claimSystem}|${claim}` });
    await undo(found);
    if (found.length > 0 || until < clock()) watched.delete(claim);
  }

  async function repay(): Promise<void> {
    if (!knowsEarlier) await meetEarlier();
    for (const [claim, until] of watched) await look(claim, until);
    for (const id of owed) {
      const now = await desk.readAppointment(id);
      if (now === undefined || now.status === 'cancelled') owed.delete(id);
      else await withdraw(now);
    }
    for (const [id, until] of withdrawn) if (until < clock() && !owed.has(id)) withdrawn.delete(id);
  }

  return {
    withdraw,
    has: (id) => withdrawn.has(id),
    watch: (claim) => void watched.set(claim, clock() + watchMilliseconds),
    spare({ id, identifier = [] }) {
      spared.add(id);
      for (const { value = '' } of identifier) watched.delete(value);
    },
    async repay() {
      // Only what is found from now on can be out of date.
      spared.clear();
      await repay();
    },
  };
}
