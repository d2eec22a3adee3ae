/** The profiles of 1С: adding one is adding a folder and its lines here. */
import { z } from 'zod';
import type { ConnectionContext } from '../connector.ts';
import { umcHttpSettings } from './umc-http/settings.ts';
import { openUmcHttp } from './umc-http/wire.ts';
import { umcSoapSettings } from './umc-soap/settings.ts';
import { openUmcSoap } from './umc-soap/wire.ts';
import type { Wire } from './wire.ts';

export const profileSettings = z.discriminatedUnion('profile', [umcSoapSettings, umcHttpSettings]);

export type ProfileSettings = z.infer<typeof profileSettings>;

/** Paths of settings that no log may show, of all profiles. */
export const secrets = ['password', 'key', 'header.key'];

export function openWire(settings: ProfileSettings, context: ConnectionContext): Wire {
  switch (settings.profile) {
    case 'umc-soap':
      return openUmcSoap(settings, context);
    case 'umc-http':
      return openUmcHttp(settings, context);
  }
}
