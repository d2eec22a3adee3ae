/** MedFlex's webhooks of a claim that it was given: cancelling it, and how it stands. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../instant.ts';
import { localTime } from './cells.ts';
import type { Desk } from './desk.ts';
import { HubRefusal, textOf } from './hub.ts';
import { bad, noClaim, notNow, type Verdict } from './verdict.ts';
import type { Withdrawals } from './withdrawals.ts';

export interface ClaimsContext {
  readonly desk: Desk;
  readonly withdrawals: Withdrawals;
  readonly zone: string;
  readonly answerSeconds: number;
  readonly clock: Clock;
}

/** Both throw HubRefusal, and Error when the hub could not be asked. */
export interface Claims {
  /** 204 when it is cancelled in the clinic, now or before. */
  cancel(claim: string): Promise<Verdict>;
  status(claim: string): Promise<Verdict>;
}

/** Milliseconds between two looks at what is not settled. */
const between = 300;
const cancelled: Verdict = { status_code: 204 };

export function createClaims({ desk, withdrawals, zone, answerSeconds, clock }: ClaimsContext): Claims {
  /** MedFlex was given no other claims: what it was not told of, it has no say in. */
  const read = async (claim: string) => {
    const found = withdrawals.has(claim) ? undefined : await desk.readAppointment(claim);
    return found?.status === 'pending' ? undefined : found;
  };
  return {
    async cancel(claim) {
      const until = clock() + answerSeconds * 1000;
      let found = await read(claim);
      if (found === undefined) return noClaim;
      if (found.status === 'cancelled') return cancelled;
      const answer = await desk.cancel(found, 'Отменено пациентом на ПроДокторов');
      // A rule of the clinic: the booking stands.
      if (answer.status === 422) return bad(textOf(answer.body));
      if (answer.status >= 300) throw new HubRefusal(answer);
      // 202: under way in the clinic's system.
      while (clock() < until) {
        found = await desk.readAppointment(claim).catch(() => undefined);
        if (found?.status === 'cancelled') return cancelled;
        await pause(between);
      }
      return notNow;
    },
    async status(claim) {
      const found = await read(claim);
      if (found === undefined) return noClaim;
      return {
        status_code: 204,
        claim_id: claim,
        claim_status: found.status === 'cancelled' ? 'cancelled' : 'successfully',
        ...(found.start !== undefined && { dt_start: localTime(found.start, zone) }),
        ...(found.end !== undefined && { dt_end: localTime(found.end, zone) }),
      };
    },
  };
}
