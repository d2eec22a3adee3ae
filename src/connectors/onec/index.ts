/** 1С of the БИТ.УМЦ family, any other through its OData, and one that publishes the regional contract, by the configured profile (protocols/onec.md). */
import type { Connector } from '../connector.ts';
import { mappingOf, openProfile, type ProfileSettings, profileSettings, secrets } from './profiles.ts';

const connector: Connector<ProfileSettings> = {
  name: 'onec',
  title: '1С (БИТ.УМЦ, OData, HubService)',
  settings: profileSettings,
  secrets,
  mapping: mappingOf,
  connect: openProfile,
};

export default connector;
