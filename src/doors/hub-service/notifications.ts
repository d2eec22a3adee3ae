/**
 * MIS → concentrator: the feed of changes is looked through each second; for each booking that a concentrator sees a job is sent in
 * the same transaction, and repeated by pg-boss until it is accepted.
 */
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { openHttp } from '../../connectors/http.ts';
import type { HubServiceSettings } from '../../hub-service-settings.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import type { Change } from '../../workflows/subscription.ts';
import { readChanges } from '../../workflows/subscription-feed.sql.ts';
import { type Announcer, announce, type NotificationJob } from './announcing.ts';
import type { Caller } from './caller.ts';
import type { Ground } from './desk.ts';
import * as sql from './notification.sql.ts';

export interface Notifications {
  /** Stops looking and waits for what is under way; jobs are the queue's to stop. */
  stop(): Promise<void>;
}

const queue = 'hub-notification';
const pauseMilliseconds = 1000;
/** Changes looked through in one transaction. */
const atOnce = 200;
/** Looks between two prunings, days that is kept what was told, rows that one statement deletes. */
const [pruneEvery, kept, pruned] = [3600, 400, 10_000];
/** Seconds. A concentrator that was away for a day hears within a quarter of an hour; after a month it is not told any more. */
const slowest = 900;
const month = 30 * 86_400;

/** @param retrySeconds until the first repetition */
export async function startNotifications(
  ground: Ground,
  settings: HubServiceSettings,
  all: readonly Caller[],
  boss: PgBoss,
  retrySeconds = 5,
): Promise<Notifications> {
  const callers = all.filter((c) => settings.callers[c.name]!.notify !== undefined);
  if (callers.length === 0) return { stop: async () => {} };
  const { pool, log } = ground;
  const http = openHttp({ connectTimeout: 5000, keepAlive: false });
  const announcer: Announcer = { ground, settings, callers, http };
  for (const { name } of callers) await sql.beginPosition(pool, name);
  await createQueue(boss, retrySeconds);
  await boss.work<NotificationJob>(queue, { localConcurrency: 4, pollingIntervalSeconds: 1 }, ([job]) =>
    work(announcer, job!.data),
  );
  let looks = 0;
  return startLooking(log, async (isStopped) => {
    for (const caller of callers) while (!isStopped() && (await match(ground, caller, boss)));
    if (++looks % pruneEvery === 0) while ((await sql.pruneNotifications(pool, kept, pruned)) === pruned);
  });
}

function startLooking(log: Logger, look: (isStopped: () => boolean) => Promise<void>): Notifications {
  let [stopped, readable] = [false, true];
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();

  async function lookOnce(): Promise<void> {
    try {
      await look(() => stopped);
      if (!readable) log.info('changes can be read for notifications again');
      readable = true;
    } catch (err) {
      if (readable) log.warn({ err }, 'changes cannot be read for notifications; trying on');
      readable = false;
    }
    if (!stopped) timer = setTimeout(begin, pauseMilliseconds);
  }

  function begin(): void {
    round = lookOnce();
  }

  begin();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

async function createQueue(boss: PgBoss, retryDelay: number): Promise<void> {
  const repeated = { retryLimit: month / slowest, retryDelay, retryBackoff: true, retryDelayMax: slowest };
  const lives = { expireInSeconds: 300, heartbeatSeconds: 15, retentionSeconds: month, deleteAfterSeconds: 86_400 };
  await boss.createQueue(queue, { policy: 'standard', ...repeated, ...lives });
}

async function work(announcer: Announcer, job: NotificationJob): Promise<void> {
  try {
    await announce(announcer, job);
  } catch (err) {
    announcer.ground.log.warn({ err, ...job }, 'a concentrator was not told of a booking; it will be told again');
    throw err;
  }
}

const standing = new Set(['booked', 'arrived', 'checked-in', 'fulfilled', 'noshow']);
const over = new Set(['cancelled', 'entered-in-error']);

/** Looks through the next changes, and sends jobs for them. @returns whether there may be more */
function match({ pool }: Ground, { name, clinics }: Caller, boss: PgBoss): Promise<boolean> {
  const numbers = new Set(clinics.map((c) => c.clinic.number));
  return transaction(pool, async (db) => {
    if (!(await sql.takeTurn(db))) return false;
    const { from, horizon } = await sql.readPosition(db, name);
    const changes = await readChanges(db, from, horizon, ['Appointment'], atOnce);
    const last = changes.at(-1);
    if (last === undefined) return false;
    for (const change of changes) if (numbers.has(change.clinic)) await note(db, name, change, boss);
    await sql.movePosition(db, name, last);
    return changes.length === atOnce;
  });
}

async function note(db: Queryable, caller: string, change: Change, boss: PgBoss): Promise<void> {
  const status = statusOf(change);
  if (!standing.has(status) && !over.has(status)) return;
  if (!(await sql.noteChange(db, caller, change, standing.has(status)))) return;
  const inside = { executeSql: (text: string, values?: unknown[]) => db.query(text, values) };
  await boss.send(queue, { caller, appointment: change.id } satisfies NotificationJob, { db: inside });
}

const statusOf = ({ kind, body }: Change): string =>
  kind === 'delete' || body === null ? 'entered-in-error' : String((JSON.parse(body) as { status?: string }).status);
