/** What can be switched in the pretend OData while it runs: what bases were seen to do. protocols/onec.md §3.2, §3.3. */
import type { Language } from './refusal.ts';

export interface Traps {
  /** Most bases seen know no `$skip`. `ignored` is meaner: always the first page. */
  skip: '501' | 'served' | 'ignored';
  filter: 'used' | 'ignored';
  /** Sets of which the filter is ignored. */
  deaf: readonly string[];
  /** `odata.count` when it was asked for. */
  count: 'given' | 'absent';
  language: Language;
  /** IBSession: kept open, or not heeded at all. */
  sessions: 'kept' | 'ignored';
  /** What the cookie of a lost session is answered with. */
  lostStatus: 400 | 404 | 500;
  /** Sessions that may be open at once; every exchange outside of one needs one more while it lasts. */
  licences: number;
  /** Whether a handler of the base refuses a second visit at one time; nothing else in 1С does. */
  uniqueness: 'handler' | 'none';
  /** Fields that a write leaves as they are, without a word. */
  drops: readonly string[];
  /** Sets left out of what is published. */
  unpublished: readonly string[];
  /** How late the first answer after a start, or after `sleep()`, comes. */
  firstMilliseconds: number;
}

export const usualTraps: Traps = {
  skip: '501',
  filter: 'used',
  deaf: [],
  count: 'given',
  language: 'ru',
  sessions: 'kept',
  lostStatus: 404,
  licences: 5,
  uniqueness: 'handler',
  drops: [],
  unpublished: [],
  firstMilliseconds: 0,
};
