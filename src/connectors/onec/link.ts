/** A connection to one 1С: its wire and what it is asked with. */
import type { ConnectionContext } from '../connector.ts';
import type { OnecSettings } from './settings.ts';
import type { Wire } from './wire.ts';

export interface Link {
  readonly settings: OnecSettings;
  readonly context: ConnectionContext;
  readonly wire: Wire;
  /** How many days of everybody's schedule fit into one answer, as far as is known; shrinks when an answer is too long. */
  readonly portion: { days: number };
}
