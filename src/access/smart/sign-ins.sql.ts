/** Statements on `smart_sign_in`. */
import type { Queryable } from '../../postgres.ts';

export interface SignIn {
  /** UUID. */
  readonly state: string;
  readonly interaction: string;
  /** Digest of the browser's cookie. */
  readonly browser: string;
  readonly provider: string;
}

export async function insertSignIn(db: Queryable, s: SignIn, seconds: number): Promise<void> {
  await db.query(
    `insert into smart_sign_in (state, interaction, browser, provider, expires)
     values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))`,
    [s.state, s.interaction, s.browser, s.provider, seconds],
  );
}

/** A state is taken once, and from the browser that it was given. @returns the interaction */
export async function claimSignIn(db: Queryable, s: Omit<SignIn, 'interaction'>): Promise<string | undefined> {
  const { rows } = await db.query<{ interaction: string }>(
    `update smart_sign_in set claimed = clock_timestamp()
     where state = $1 and provider = $2 and browser = $3 and claimed is null and expires > clock_timestamp()
     returning interaction`,
    [s.state, s.provider, s.browser],
  );
  return rows[0]?.interaction;
}

/** A sentence in each language. */
export interface Problem {
  readonly ru: string;
  readonly en: string;
}

export async function settleSignIn(db: Queryable, state: string, end: { account: string } | Problem): Promise<void> {
  const values = 'account' in end ? [state, end.account, null] : [state, null, JSON.stringify(end)];
  await db.query('update smart_sign_in set account = $2, problem = $3 where state = $1', values);
}

/** Takes what has become of it. @returns undefined when there is none that has ended, or it belongs elsewhere */
export async function takeSignIn(
  db: Queryable,
  s: SignIn,
): Promise<{ account: string } | { problem: Problem } | undefined> {
  const { rows } = await db.query<{ account: string | null; problem: string | null }>(
    `delete from smart_sign_in where state = $1 and interaction = $2 and browser = $3 and provider = $4
       and (account is not null or problem is not null) returning account, problem`,
    [s.state, s.interaction, s.browser, s.provider],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return row.account !== null ? { account: row.account } : { problem: JSON.parse(row.problem!) as Problem };
}
