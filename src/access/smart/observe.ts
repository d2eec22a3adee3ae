/** What the library tells of refusals: to the log and to the audit. To clients all failures to prove who they are look alike. */
import type { EventEmitter } from 'node:events';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { digestOf } from './adapter.sql.ts';
import { readEndedGrant } from './grants.sql.ts';
import { keepRevoked } from './revoking.ts';
import type { Smart } from './smart.ts';
import { noteTrouble } from './trail.ts';
import { whenceOf } from './whence.ts';

const refusals = ['grant.error', 'authorization.error', 'introspection.error', 'revocation.error', 'end_session.error'];

export function observe(provider: Provider, smart: Smart): void {
  const { log } = smart;
  /** The refusal that follows an alert says nothing more. */
  const alerted = new WeakSet<object>();
  const told = (ctx: KoaContextWithOIDC, error: Error) => {
    const { error: code, error_detail: detail } = error as { error?: string; error_detail?: string };
    const client = ctx.oidc?.client?.clientId;
    log.info({ client, code, detail }, 'the authorization server refused a request');
    if (alerted.has(ctx)) return;
    const common = { client, ...whenceOf(ctx.req) };
    // One that is not known has no name that could be written down.
    if (code === 'invalid_client') {
      const reason = client === undefined ? 'client-unknown' : 'client-not-proven';
      void noteTrouble(smart, 'sign-in', { ...common, interaction: 'sign-in client', reason });
    } else if (ctx.oidc?.route === 'token' && client !== undefined)
      void noteTrouble(smart, 'sign-in', { ...common, interaction: 'token', reason: code ?? 'refused' });
  };
  for (const event of refusals) provider.on(event as 'grant.error', told);
  const usedAgain = async (ctx: KoaContextWithOIDC, grantId: string) => {
    const { account } = (await readEndedGrant(smart.pool, digestOf(grantId)).catch(() => undefined)) ?? {};
    const { clientId: client } = ctx.oidc.client ?? {};
    const sign = { interaction: 'token-reuse', client, account, reason: 'used-before', ...whenceOf(ctx.req) };
    await noteTrouble(smart, 'alert', sign);
  };
  provider.on('grant.revoked', (ctx, grantId) => {
    if (ctx.oidc.route === 'revocation') keepRevoked(ctx, grantId);
    if (ctx.oidc.route !== 'token') return;
    alerted.add(ctx);
    void usedAgain(ctx, grantId);
  });
  const failed = (err: Error) => log.error({ err }, 'the authorization server failed');
  provider.on('server_error', (_ctx, err) => failed(err));
  // Of what lies around the library. Without a listener koa would write it to the console.
  (provider as EventEmitter).on('error', failed);
}
