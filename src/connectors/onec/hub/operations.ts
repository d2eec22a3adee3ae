/** 1С that publishes the regional contract is asked as a concentrator is; where it is published and how it is addressed differs. */
import type { ConnectionContext, Operations } from '../../connector.ts';
import regiz from '../../regiz/index.ts';
import { addressOf } from '../publication.ts';
import type { HubSettings } from './settings.ts';

/** Folder of `mappings/` that knows its records. */
export const hubMapping = regiz.name;

export function openHub(settings: HubSettings, context: ConnectionContext): Operations {
  const { profile: _, path, journal, ...region } = settings;
  const { waitlist, ...operations } = regiz.connect({ ...region, url: addressOf(settings, path) }, context);
  return { ...operations, ...(journal && waitlist !== undefined && { waitlist }) };
}
