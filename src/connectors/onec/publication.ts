/** Where a base is published, and who asks. */
import type { OnecSettings } from './settings.ts';

/** @param path of a service within the publication, with or without slashes around it */
export function addressOf({ url }: Pick<OnecSettings, 'url'>, path: string): string {
  return `${url.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

/** Header Authorization; undefined without a login. Never logged. */
export function authorizationOf({ login, password }: Pick<OnecSettings, 'login' | 'password'>): string | undefined {
  return login === undefined ? undefined : `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}`;
}
