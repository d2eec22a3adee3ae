/** A hub in this process over the pretend РЕГИЗ: one clinic of the region, read. */
import { join } from 'node:path';
import { type Sandbox, startRegizSandbox } from '../../sandbox/regiz/server.ts';
import { roles, stages, transitions, workflowId } from '../../sandbox/regiz/workflow.ts';
import { clinicSettings } from '../../src/clinic-settings.ts';
import { openClinic } from '../../src/connectors/clinic.ts';
import type { Exchange } from '../../src/connectors/connector.ts';
import { loadMappings } from '../../src/connectors/mapping.ts';
import connector from '../../src/connectors/regiz/index.ts';
import type { RunResult } from '../../src/store/clinics.sql.ts';
import { createCaseDelivery, startCaseSweeper } from '../../src/workflows/case-delivery.ts';
import { createConsulting, startConsultationSweeper } from '../../src/workflows/consultation.ts';
import { syncJournal } from '../../src/workflows/journal.ts';
import { startReferralSweeper } from '../../src/workflows/referral.ts';
import { startReceiving } from '../../src/workflows/referral-incoming.ts';
import { syncDirectory, syncSchedule } from '../../src/workflows/sync.ts';
import { startWaitingSweeper } from '../../src/workflows/waitlist.ts';
import { contextOf } from './connection.ts';
import { createDatabase } from './database.ts';
import { createTestHub, silent, type TestHub } from './hub.ts';

export interface RegizHub extends TestHub {
  /** Connection string of its database. */
  readonly url: string;
  readonly sandbox: Sandbox;
  /** What the connector has told the message log. */
  readonly exchanges: readonly Exchange[];
  /** Reads the free times again. */
  read(): Promise<void>;
  /** Reads who waits. */
  readJournal(): Promise<RunResult>;
}

const zone = 'Europe/Moscow';
const key = 'p44';

/** @param settings of the connection, over what tests need: no repeats, short pauses */
export async function createRegizHub(
  settings: Record<string, unknown> | ((sandbox: Sandbox) => Record<string, unknown>) = {},
): Promise<RegizHub> {
  const database = await createDatabase();
  const sandbox = await startRegizSandbox({ doctors: 8 });
  const exchanges: Exchange[] = [];
  const record = (exchange: Exchange) => void exchanges.push(exchange);
  const { operations } = openConnection(sandbox, typeof settings === 'function' ? settings(sandbox) : settings, record);
  const config = clinicSettings.parse({ name: 'Поликлиника № 44', zone, mis: 'regiz', booking: { answerSeconds: 5 } });
  const mappings = loadMappings([join(import.meta.dirname, '..', '..', 'mappings', 'regiz')], { clinic: key, zone });
  const open = (numbers: Map<string, number>) => [
    openClinic({ key, number: numbers.get(key)!, config, operations, mappings }),
  ];
  const hub = await createTestHub(database.url, open, [key]);
  const clinic = hub.clinics.byKey(key)!;
  const read = async () => void (await syncSchedule(hub.sync, clinic, AbortSignal.timeout(30_000)));
  const readJournal = () => syncJournal(hub.sync, clinic, AbortSignal.timeout(30_000));
  await syncDirectory(hub.sync, clinic, AbortSignal.timeout(30_000));
  await read();
  const sweepers = [
    startWaitingSweeper(hub.pool, hub.clinics, hub.context.waitlist, silent),
    startReferralSweeper(hub.pool, hub.clinics, hub.context.referring, silent),
    startReceiving(hub.pool, hub.clinics, hub.context.referring, silent),
    startCaseSweeper(hub.pool, hub.clinics, createCaseDelivery(hub.bookingContext), silent),
    startConsultationSweeper(hub.pool, hub.clinics, createConsulting(hub.bookingContext), silent),
  ];
  return {
    ...hub,
    url: database.url,
    sandbox,
    exchanges,
    read,
    readJournal,
    async close() {
      await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
      await hub.close();
      await Promise.all([operations.close(), sandbox.close(), database.drop()]);
    },
  };
}

/** Of УО, before the same sandbox. */
export const referralSettingsOf = (sandbox: Sandbox) => ({
  url: new URL('/queues/MqService.svc', sandbox.url).href,
  organization: '1.2.643.2.69.1.2.0',
  token: sandbox.guid,
  lpu: '44',
  ...{ speciality: '27', position: '73', graceMilliseconds: 3000, followMilliseconds: 300 },
});

/** Of the ИЭМК, before the same sandbox: clinic 44 by its OID. */
export const caseSettingsOf = (sandbox: Sandbox) => ({
  url: new URL('/EMK5/EMKService.svc', sandbox.url).href,
  patients: new URL('/EMK5/PixService.svc', sandbox.url).href,
  guid: sandbox.guid,
  lpu: '1.2.643.5.1.13.13.12.2.78.9944',
  ...{ form: 1, goal: 2, initiator: 1, speciality: 27, position: 73, graceMilliseconds: 3000 },
});

/** Of tm-core, before the same sandbox; one stage of its workflow is not told. */
export const consultationSettingsOf = (sandbox: Sandbox) => ({
  url: new URL('/tm-core/api', sandbox.url).href,
  guid: sandbox.guid,
  organization: '1.2.643.5.1.13.13.12.2.78.9944',
  workflows: {
    consultation: {
      ...{ id: workflowId, name: 'Телемедицинская консультация', role: roles.requester, start: transitions[0]!.id },
      stages: {
        [stages.requested]: 'planned',
        [stages.accepted]: 'planned',
        [stages.done]: 'finished',
        [stages.rejected]: 'cancelled',
        [stages.cancelled]: 'cancelled',
      },
      moves: { cancelled: transitions.find(({ name }) => name === 'Отозвать')!.id },
    },
  },
  ...{ graceMilliseconds: 3000, followMilliseconds: 300 },
});

function openConnection(sandbox: Sandbox, settings: Record<string, unknown>, record: (exchange: Exchange) => void) {
  const guard = { readRepeats: 0, breakAfter: 1000 };
  const quick = {
    timeouts: { write: 2000 },
    booking: { historyPause: 10, graceMilliseconds: 3000 },
    waitlist: { followMilliseconds: 300 },
    referrals: referralSettingsOf(sandbox),
  };
  const given = { url: sandbox.url, lpu: 44, guid: sandbox.guid, guard, ...quick, ...settings };
  const context = contextOf(Date.now, record);
  return { operations: connector.connect(connector.settings.parse(given), context) };
}
