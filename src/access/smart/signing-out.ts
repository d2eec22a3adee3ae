/** Signing out of a browser ends all that was given in it, and not only what the library knows of: the last grant of each app. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Database } from '../../postgres.ts';
import { digestOf } from './adapter.sql.ts';
import { endGrants, forgetSession } from './grants.sql.ts';
import type { Smart } from './smart.ts';

export function onSigningOut({ pool }: Pick<Smart, 'pool'>) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { route, session } = ctx.oidc ?? {};
    if (route === 'end_session_confirm' && (session as { destroyed?: boolean } | undefined)?.destroyed)
      await endSession(pool, session!.uid);
  };
}

/** @param uid of the session, which it keeps while its id changes */
export async function endSession(pool: Database, uid: string): Promise<void> {
  const id = digestOf(uid);
  await forgetSession(pool, id);
  await endGrants(pool, { session: id });
}
