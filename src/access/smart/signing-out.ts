/** Signing out of a browser ends all that was given in it, and not only what the library knows of: the last grant of each app. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { digestOf } from './adapter.sql.ts';
import { endGrants, forgetSession } from './grants.sql.ts';
import type { Smart } from './smart.ts';
import { noteSignIn } from './trail.ts';

type Ground = Pick<Smart, 'pool' | 'audit' | 'clock'>;

export function onSigningOut(smart: Ground) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { route, session, client } = ctx.oidc ?? {};
    if (route === 'end_session_confirm' && (session as { destroyed?: boolean } | undefined)?.destroyed)
      await endSession(smart, session!.uid, session!.accountId, client?.clientId);
  };
}

/** @param uid of the session, which it keeps while its id changes */
export async function endSession(smart: Ground, uid: string, account?: string, client?: string): Promise<void> {
  const id = digestOf(uid);
  await forgetSession(smart.pool, id);
  await endGrants(smart.pool, { session: id });
  if (account !== undefined) await noteSignIn(smart, { interaction: 'sign-out', account, client });
}
