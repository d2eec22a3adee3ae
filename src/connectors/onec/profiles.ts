/** The profiles of 1С: adding one is adding a folder and its lines here. */
import { z } from 'zod';
import type { ConnectionContext, Operations } from '../connector.ts';
import { hubMapping, openHub } from './hub/operations.ts';
import { hubSettings } from './hub/settings.ts';
import { openOdata } from './odata/operations.ts';
import { odataSettings } from './odata/settings.ts';
import { umcOperations } from './umc.ts';
import { umcHttpSettings } from './umc-http/settings.ts';
import { openUmcHttp } from './umc-http/wire.ts';
import { umcSoapSettings } from './umc-soap/settings.ts';
import { openUmcSoap } from './umc-soap/wire.ts';

export const profileSettings = z.discriminatedUnion('profile', [
  umcSoapSettings,
  umcHttpSettings,
  odataSettings,
  hubSettings,
]);

export type ProfileSettings = z.infer<typeof profileSettings>;

/** Paths of settings that no log may show, of all profiles. */
export const secrets = ['password', 'key', 'header.key', 'guid', 'headerToken'];

/** Folder of `mappings/` that knows the records of a profile; undefined: that of 1С. */
export const mappingOf = ({ profile }: ProfileSettings) => (profile === 'hub' ? hubMapping : undefined);

/** A profile of the УМЦ family is a wire; another has the abilities that it has. */
export function openProfile(settings: ProfileSettings, context: ConnectionContext): Operations {
  switch (settings.profile) {
    case 'umc-soap':
      return umcOperations(settings, context, openUmcSoap(settings, context));
    case 'umc-http':
      return umcOperations(settings, context, openUmcHttp(settings, context));
    case 'odata':
      return openOdata(settings, context);
    case 'hub':
      return openHub(settings, context);
  }
}
