/** Failures of attaching, counted by the hour over everybody: somebody who guesses is seen by their number alone. */
import type { Queryable } from '../../postgres.ts';
import type { AccountContext } from './account.ts';
import { keyOf, takeAttempts, takeValues } from './attempt.sql.ts';

const hour = 3600;
const limit = { key: 'attach failures', most: 0, seconds: hour };
/** Failures in an hour at which an operator is told. */
export const alarmAt = 50;

/** Counts one, and says once an hour that they are too many. */
export async function countFailure({ pool, clock, log }: AccountContext): Promise<void> {
  const { rows } = await pool.query<{ count: number }>({
    name: 'count_attach_failure',
    text: `with ${takeAttempts(1)} select count from taken`,
    values: takeValues([limit], clock()),
  });
  const failures = rows[0]!.count;
  if (failures === alarmAt) log.warn({ alarm: 'attach-failures', failures }, 'access codes are being guessed');
}

/** Of the hour that runs. Above `alarmAt` it is an alarm. */
export async function readFailures(db: Queryable, now: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count from attempt where key = $1 and ends > $2', [
    keyOf(limit.key),
    now,
  ]);
  return rows[0]?.count ?? 0;
}
