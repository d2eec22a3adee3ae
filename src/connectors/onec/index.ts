/** 1С of the БИТ.УМЦ family, and any other through its OData, by the configured profile (protocols/onec.md). */
import type { Connector } from '../connector.ts';
import { openProfile, type ProfileSettings, profileSettings, secrets } from './profiles.ts';

const connector: Connector<ProfileSettings> = {
  name: 'onec',
  title: '1С (БИТ.УМЦ, OData)',
  settings: profileSettings,
  secrets,
  connect: openProfile,
};

export default connector;
