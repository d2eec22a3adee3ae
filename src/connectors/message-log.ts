/** Keeps every exchange with a MIS in Postgres, in batches, without making a request wait or fail. */
import type { Logger } from 'pino';
import type { Database } from '../postgres.ts';
import { insertMessages, type Message } from '../store/messages.sql.ts';
import type { Exchange } from './connector.ts';

export interface MessageLog {
  record(clinic: number, exchange: Exchange): void;
  /** Writes what is still held. */
  close(): Promise<void>;
}

/** Above this many unwritten exchanges the oldest are dropped, and the drop is logged: memory goes before the log. */
const heldAtMost = 10_000;
const flushMilliseconds = 200;
/** What went wrong, and every write, is kept long; of a good reading (a schedule has megabytes) the head tells enough. */
const longestText = 20_000;
const longestGoodReading = 2_000;

export function openMessageLog(pool: Database, log: Logger): MessageLog {
  let held: Message[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const batch = held;
    held = [];
    if (batch.length === 0) return;
    try {
      await insertMessages(pool, batch);
    } catch (error) {
      log.warn({ err: error, messages: batch.length }, 'exchanges with a MIS could not be written yet');
      held = [...batch, ...held];
    }
  }

  function flush(): Promise<void> {
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  return {
    record(clinic, exchange) {
      const { request, response, access, outcome } = exchange;
      const longest = access === 'read' && outcome === 'ok' ? longestGoodReading : longestText;
      held.push({ ...exchange, clinic, request: shorten(request, longest), response: shorten(response, longest) });
      if (held.length > heldAtMost) {
        held = held.slice(-heldAtMost / 2);
        log.error('exchanges with a MIS were dropped: Postgres has been away too long');
      }
      timer ??= setTimeout(flush, flushMilliseconds);
    },
    async close() {
      clearTimeout(timer);
      await flush();
    },
  };
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}
