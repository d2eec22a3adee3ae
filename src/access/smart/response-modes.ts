/**
 * How a browser brings the answer back to an app: in the address. With `form_post` the library would write a page of its own with a form
 * and a script in it, which what every page of ours says of itself (Content-Security-Policy) forbids: the person would be left before an
 * empty page. So the library does not learn of it, and tells the app: `unsupported_response_mode`.
 */
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';

export const responseModes: readonly string[] = ['query', 'fragment'];

export class AddressProvider extends Provider {
  /** Called while the library makes itself. */
  override registerResponseMode(...mode: Parameters<Provider['registerResponseMode']>): void {
    if (responseModes.includes(mode[0])) super.registerResponseMode(...mode);
  }
}

/** Discovery names three modes, whatever is registered. */
export async function tellResponseModes(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (ctx.oidc?.route === 'discovery' && ctx.status === 200)
    ctx.body = { ...(ctx.body as object), response_modes_supported: responseModes };
}
