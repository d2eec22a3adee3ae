/** What the library tells of refusals: to the log and to the audit. To clients all failures to prove who they are look alike. */
import type { EventEmitter } from 'node:events';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Smart } from './smart.ts';
import { noteTrouble } from './trail.ts';

const refusals = ['grant.error', 'authorization.error', 'introspection.error', 'revocation.error', 'end_session.error'];

export function observe(provider: Provider, smart: Smart): void {
  const { log } = smart;
  const told = (ctx: KoaContextWithOIDC, error: Error) => {
    const { error: code, error_detail: detail } = error as { error?: string; error_detail?: string };
    const client = ctx.oidc?.client?.clientId;
    log.info({ client, code, detail }, 'the authorization server refused a request');
    // One that is not known has no name that could be written down.
    if (code === 'invalid_client' && client !== undefined)
      void noteTrouble(smart, 'sign-in', { interaction: 'sign-in client', client, reason: 'client-not-proven' });
  };
  for (const event of refusals) provider.on(event as 'grant.error', told);
  provider.on('grant.revoked', (ctx) => {
    const { route, client, account } = ctx.oidc;
    if (route === 'token')
      void noteTrouble(smart, 'alert', {
        interaction: 'token-reuse',
        client: client?.clientId,
        account: account?.accountId,
        reason: 'used-before',
      });
  });
  const failed = (err: Error) => log.error({ err }, 'the authorization server failed');
  provider.on('server_error', (_ctx, err) => failed(err));
  // Of what lies around the library. Without a listener koa would write it to the console.
  (provider as EventEmitter).on('error', failed);
}
