/** The line that every profile speaks over: how large and how late an answer may be, and what a refusal of 1С is. */
import type { ConnectionContext } from '../connector.ts';
import { type Line, openLine } from '../line.ts';
import { RefusedByOnec } from './answer.ts';
import type { OnecSettings } from './settings.ts';

/** What answer is expected: about one booking, a list, a schedule. */
export type Size = 'short' | 'list' | 'schedule';

export function openOnecLine({ guard, timeouts, limits }: OnecSettings, context: ConnectionContext): Line {
  const isRefusal = (error: unknown) => error instanceof RefusedByOnec;
  return openLine({ guard, total: timeouts.total, logCharacters: limits.logCharacters, isRefusal }, context);
}

const bytes = { short: 'answerBytes', list: 'listBytes', schedule: 'scheduleBytes' } as const;

/** Milliseconds and bytes of one exchange. */
export function boundsOf(size: Size, { timeouts, limits }: OnecSettings): { timeout: number; maxBytes: number } {
  return { timeout: timeouts[size === 'short' ? 'request' : 'schedule'], maxBytes: limits[bytes[size]] };
}
