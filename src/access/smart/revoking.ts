/** An app gives back what it was given (RFC 7009): written down before it is told that this was done. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { deedOf, revocationsOf } from '../consent/revocation.ts';
import { digestOf } from './adapter.sql.ts';
import { readEndedGrant } from './grants.sql.ts';
import type { Smart } from './smart.ts';
import { whenceOf } from './whence.ts';

const revoked = new WeakMap<object, string>();

/** @param ctx of the request by which it ended */
export function keepRevoked(ctx: object, grantId: string): void {
  revoked.set(ctx, grantId);
}

/** It has ended by then, so that the event is owed where it cannot be written at once. */
export function onRevocation({ pool, audit, clock, log }: Pick<Smart, 'pool' | 'audit' | 'clock' | 'log'>) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const grantId = revoked.get(ctx);
    if (grantId === undefined) return;
    const ending = { at: clock(), ...whenceOf(ctx.req) };
    const grant = await readEndedGrant(pool, digestOf(grantId)).catch((err: unknown) => {
      log.error({ err }, 'a grant that was given back could not be read for the audit');
      return undefined;
    });
    const client = ctx.oidc.client!.clientId;
    // Who it was is not known then; that it was done must be.
    const entries =
      grant === undefined
        ? [deedOf('revoke-app', '', { ...ending, agent: { subject: client, role: '' } }, { client })]
        : revocationsOf([grant], ending);
    await audit.owe(entries);
  };
}
