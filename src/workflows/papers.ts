/**
 * What a clinic has written of its patients (FEATURES A10): for some weeks after each visit that was booked here its conclusions and
 * results are read and mirrored. Whose they are is known by the booking alone.
 */
import type { Logger } from 'pino';
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import type { Paper } from '../connectors/papers.ts';
import { withDeadline } from '../deadline.ts';
import { type Clock, localOf, startOfDay } from '../instant.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { mayProcess } from '../store/consent.sql.ts';
import { contentHash, contentOf, type DocumentWrite, prepareDocument } from '../store/document.ts';
import { isVersionRace, lockDocument, readDocument } from '../store/documents.sql.ts';
import { putDocuments } from '../store/mirrored.sql.ts';
import type { Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import type { BookingContext } from './conclusion.ts';
import { isWithdrawn, withdrawn } from './paper-withdrawal.ts';
import {
  endReading,
  enrolReadings,
  noteSeen,
  type PaperReading,
  postponeReading,
  readKept,
  takeDueReadings,
} from './papers.sql.ts';
import { type Sweeper, sweepDue } from './sweeper.ts';

export interface PaperRound {
  /** Reads the papers of one booking. */
  read(row: PaperReading): Promise<void>;
}

/** Seconds that a reading may take, and for which no other process begins it. */
const [longest, lease] = [240, 300];
const day = 86_400_000;

export function createPaperRound(context: BookingContext): PaperRound {
  const { pool, clinics, clock, log } = context;

  /** @returns whether it could be read */
  async function readFor(clinic: Clinic, row: PaperReading, start: Date): Promise<boolean> {
    const since = startOfDay(localOf(start.getTime(), clinic.zone).slice(0, 10), clinic.zone);
    try {
      const papers = await withDeadline(longest * 1000, (signal) =>
        clinic.papers!.read(row.reference!, row.patient, since, signal),
      );
      if (papers !== undefined) await keepPapers(context, clinic, row, papers);
      return true;
    } catch (err) {
      log.warn({ err, clinic: clinic.key, booking: row.id }, 'papers cannot be read now; those that are known stay');
      return false;
    }
  }

  return {
    async read(row) {
      const clinic = clinics.byNumber(row.clinic);
      if (clinic?.papers === undefined) return;
      const { days, minutes } = clinic.config.papers;
      const age = row.start === null ? Number.POSITIVE_INFINITY : clock() - row.start.getTime();
      if (age >= days * day || !row.isConfirmed || row.reference === null) return endReading(pool, row.id);
      // What a frozen MIS says is not believed: it may show what it had before.
      const isFrozen = (await readFreeze(pool, row.clinic)) !== undefined;
      // They are fetched for the patient's apps, which stands on his consent alone; the clinic keeps its record without us.
      const isWanted = await mayProcess(pool, row.patient, 'access');
      const isRead = isWanted && !isFrozen && (await readFor(clinic, row, row.start!));
      // Most is written on the day of the visit: from then on it is asked for ever less often.
      await postponeReading(pool, row.id, minutes * 60 * (isRead ? Math.max(1, Math.floor(age / day)) : 1));
    },
  };
}

const nameOf = ({ type, id }: { readonly type: string; readonly id: string }): string => `${type}/${id}`;

/** One that another process has written meanwhile is compared again. */
async function keepPapers(
  context: BookingContext,
  clinic: Clinic,
  row: PaperReading,
  papers: readonly Paper[],
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await transaction(context.pool, (db) => writePapers(context, db, clinic, row, papers));
    } catch (error) {
      if (!isVersionRace(error) || tries === 5) throw error;
    }
  }
}

async function writePapers(
  context: BookingContext,
  db: Queryable,
  clinic: Clinic,
  row: PaperReading,
  papers: readonly Paper[],
): Promise<void> {
  // The readings of a patient's other bookings wait; one who has been deleted gets nothing any more.
  if ((await lockDocument(db, hubIn(clinic.number), 'Patient', row.patient)) === undefined)
    return endReading(db, row.id);
  const wanted = papers.map(({ resource }) => ({ type: resource.resourceType, id: resource.id! }));
  const kept = new Map((await readKept(db, clinic.number, wanted)).map((one) => [nameOf(one), one]));
  const changed = papers.flatMap((paper): DocumentWrite[] => {
    const { resource, key, ofVisit } = paper;
    const before = kept.get(`${resource.resourceType}/${resource.id}`);
    // What was taken back before anybody has seen it needs no explanation.
    if (before === undefined && isWithdrawn(resource)) return [];
    const account = ofVisit ? row.account : null;
    const isShown = account === null || before?.under !== null;
    if (before?.hash?.equals(contentHash(resource)) && isShown) return [];
    const origin = { ...originOf(clinic), misKey: key, ...(account !== null && { account }) };
    return [prepareDocument(resource, (before?.version ?? 0) + 1, context.clock(), origin, context.parameters)];
  });
  const isKept = new Set([...kept.keys(), ...changed.map(nameOf)]);
  const gone = await noteSeen(
    db,
    row.id,
    wanted.filter((one) => isKept.has(nameOf(one))),
  );
  await putDocuments(db, [...changed, ...(await withdrawAll(context, db, clinic, gone))]);
}

const originOf = ({ number, zone }: Clinic) => ({ clinic: number, zone });

/** The next versions of those that are not withdrawn yet. */
async function withdrawAll(
  context: BookingContext,
  db: Queryable,
  clinic: Clinic,
  gone: readonly { readonly type: string; readonly id: string }[],
): Promise<DocumentWrite[]> {
  const versions: DocumentWrite[] = [];
  for (const { type, id } of gone) {
    const found = await readDocument(db, hubIn(clinic.number), type, id);
    const before: Resource | undefined = found && contentOf(found.body);
    if (before === undefined || isWithdrawn(before)) continue;
    const resource = withdrawn(before);
    const origin = { ...originOf(clinic), misKey: '' };
    versions.push(prepareDocument(resource, found!.version + 1, context.clock(), origin, context.parameters));
  }
  return versions;
}

/** How often it is looked for visits that have begun. */
const enrolMilliseconds = 60_000;

/** Reads what is due, of each clinic one at a time: a MIS that hangs keeps no other from being read. */
export function startPaperSweeper(
  pool: Database,
  clinics: Clinics,
  { papers, clock }: { readonly papers: PaperRound; readonly clock: Clock },
  log: Logger,
): Sweeper {
  const able = clinics.all.filter((clinic) => clinic.papers !== undefined);
  const busy = new Set<number>();
  let enrolled = Number.NEGATIVE_INFINITY;
  const take = async (limit: number) => {
    if (able.length === 0 || limit <= 0) return [];
    if (performance.now() - enrolled >= enrolMilliseconds) {
      await enrolVisits(pool, able, clock());
      enrolled = performance.now();
    }
    const free = able.map(({ number }) => number).filter((number) => !busy.has(number));
    const taken = free.length === 0 ? [] : await takeDueReadings(pool, free, limit, lease);
    for (const { clinic } of taken) busy.add(clinic);
    return taken;
  };
  const settle = (row: PaperReading) => papers.read(row).finally(() => busy.delete(row.clinic));
  return sweepDue({ name: 'paper', take, settle }, log);
}

/** Takes up the visits that have begun. @param now instant */
export function enrolVisits(pool: Database, clinics: readonly Clinic[], now: number): Promise<void> {
  const followed = clinics.map(({ number, config }) => ({
    clinic: number,
    since: new Date(now - config.papers.days * day),
  }));
  return enrolReadings(pool, followed, new Date(now));
}
