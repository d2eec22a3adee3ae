/** All that is looked at when it is due: bookings, those who wait, referrals, consultations on their way to the region, papers. */
import type { Logger } from 'pino';
import type { Clinics } from '../connectors/clinic.ts';
import type { Clock } from '../instant.ts';
import type { Database } from '../postgres.ts';
import { type CaseDelivery, startCaseSweeper } from './case-delivery.ts';
import { type Consulting, startConsultationSweeper } from './consultation.ts';
import { type PaperRound, startPaperSweeper } from './papers.ts';
import { type Referring, startReferralSweeper } from './referral.ts';
import { startReceiving } from './referral-incoming.ts';
import type { Settler } from './settlement.ts';
import { type Sweeper, startSweeper } from './sweeper.ts';
import { startWaitingSweeper, type Waitlist } from './waitlist.ts';

export interface Settlers {
  readonly settler: Settler;
  readonly waitlist: Waitlist;
  readonly referring: Referring;
  readonly cases: CaseDelivery;
  readonly consulting: Consulting;
  readonly papers: PaperRound;
  readonly clock: Clock;
}

export function startSweepers(pool: Database, clinics: Clinics, settlers: Settlers, log: Logger): Sweeper {
  const sweepers = [
    startSweeper(pool, clinics, settlers.settler, log),
    startWaitingSweeper(pool, clinics, settlers.waitlist, log),
    startReferralSweeper(pool, clinics, settlers.referring, log),
    startReceiving(pool, clinics, settlers.referring, log),
    startCaseSweeper(pool, clinics, settlers.cases, log),
    startConsultationSweeper(pool, clinics, settlers.consulting, log),
    startPaperSweeper(pool, clinics, settlers, log),
  ];
  return { stop: async () => void (await Promise.all(sweepers.map((sweeper) => sweeper.stop()))) };
}
