/** Checks the chain of seals, and tells the first place where it is broken. */
import type { Queryable } from '../../postgres.ts';
import { type CheckedSeal, checkSeals, readChangedQueries, readUnsealed, type Seal } from './seal.sql.ts';

export interface Verdict {
  readonly seals: number;
  readonly events: number;
  /** Events that were deleted after their three years, with the seals that they had. */
  readonly expired: number;
  readonly unsealed: number;
  /** What is wrong at the first broken place; undefined: nothing. */
  readonly broken?: { readonly seal: string; readonly problem: string };
  readonly newest?: Seal;
}

/** Years that the database itself keeps an event (keep_audit in migrations/0010-audit.sql). */
export const auditYears = 3;
/** An event that is not sealed after so many milliseconds was put in before the newest seal, or nobody seals. */
const sealedWithin = 3_600_000;
const atOnce = 20;

/**
 * @param known a seal that was noted elsewhere: that it is still there shows that nothing up to it was cut off or written anew
 * @param now milliseconds since the epoch
 */
export async function verifyAudit(
  db: Queryable,
  now: number,
  known?: { readonly n: string; readonly hash: string },
): Promise<Verdict> {
  const sums = { seals: 0, events: 0, expired: 0 };
  let newest: Seal | undefined;
  let isKnown = known === undefined;
  for (let after = '0'; ; ) {
    const page = await checkSeals(db, after, atOnce);
    if (page.length === 0) break;
    for (const seal of page) {
      const problem =
        problemOf(seal, now) ?? (seal.n === known?.n && seal.hash !== known.hash ? other(seal) : undefined);
      if (problem !== undefined) return { ...sums, unsealed: 0, broken: { seal: seal.n, problem } };
      sums.seals++;
      sums.events += seal.found;
      sums.expired += seal.count - seal.found;
      isKnown ||= seal.n === known?.n;
      newest = seal;
    }
    after = newest!.n;
  }
  const { count: unsealed, since } = await readUnsealed(db);
  const all = { ...sums, unsealed, ...(newest !== undefined && { newest }) };
  const end = String(Number(newest?.n ?? 0) + 1);
  const broken = (problem: string, seal = end) => ({ ...all, broken: { seal, problem } });
  if (!isKnown) return broken('the chain ends before the seal that was noted: its end was cut off', known!.n);
  if (since !== null && now - since.getTime() > sealedWithin)
    return broken(`${unsealed} events wait for a seal since ${since.toISOString()}: no hub seals`);
  const changed = await readChangedQueries(db);
  if (changed > 0) return broken(`${changed} texts of requests are not those that were sent`);
  return all;
}

const other = ({ n }: CheckedSeal) => `seal ${n} is not the one that was noted: the chain was written anew`;

function problemOf(seal: CheckedSeal, now: number): string | undefined {
  const { count, found, first_at, last_at } = seal;
  const where = `events from ${first_at.toISOString()} to ${last_at.toISOString()}`;
  if (!seal.isNext) return 'a seal before it is missing';
  if (!seal.isHash) return 'the seal itself was altered, or one before it was taken out';
  if (seal.isContent) return undefined;
  const oldest = new Date(now);
  oldest.setUTCFullYear(oldest.getUTCFullYear() - auditYears);
  if (found === 0 && last_at.getTime() < oldest.getTime()) return undefined;
  if (found < count) return `${count - found} of its ${count} ${where} are missing`;
  if (found > count) return `${found - count} were put among its ${count} ${where}`;
  return `one of its ${count} ${where} was altered or moved`;
}
