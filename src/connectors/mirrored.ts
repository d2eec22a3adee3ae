import type { Resource } from '../store/resource.ts';
import type { MisRecord } from './connector.ts';

/** A mirrored resource and what it was made from. */
export interface Mirrored {
  readonly resource: Resource;
  /** The MIS's id. */
  readonly key: string;
  readonly record: MisRecord;
}
