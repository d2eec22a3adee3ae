/**
 * 1С with nothing but its standard OData interface (protocols/onec.md §3): a directory. Nothing public tells how such a
 * configuration keeps its schedule and its bookings, so these abilities are absent.
 */
import { type ConnectionContext, MisReadError, type Operations } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { readPage } from './answer.ts';
import { faultsOf } from './check.ts';
import { type Marks, readDirectory } from './directory.ts';
import { type OdataLine, openOdataLine } from './line.ts';
import { readMetadata } from './metadata.ts';
import { marksIn, pingQuery } from './rows.ts';
import type { OdataSettings } from './settings.ts';

export function openOdata(settings: OdataSettings, context: ConnectionContext): Operations {
  const line = openOdataLine(settings, context);
  const { entities, paging } = settings;
  let known: Marks | undefined;
  const marks = async (signal: AbortSignal): Promise<Marks> => {
    known ??= await readChecked(line, settings, signal);
    return known;
  };
  const read = <T>(reading: () => Promise<T>) =>
    misRead(reading, (status) => {
      // What was there is gone: the next reading tells what.
      if (status === 400 || status === 404) known = undefined;
    });
  return {
    directory: (signal) => read(async () => readDirectory({ line, paging, signal }, entities, await marks(signal))),
    ping: (signal) =>
      read(async () => {
        await marks(signal);
        await line.read({ ...pingQuery(entities.branches), size: 'answer', understand: readPage, signal });
      }),
    health: () => line.health(),
    close: () => line.close(),
  };
}

/** @throws ExchangeError, MisReadError with all that the configuration has wrong; it is read again then, the base may be mended */
async function readChecked(line: OdataLine, { entities }: OdataSettings, signal: AbortSignal): Promise<Marks> {
  const ask = { operation: 'GET $metadata', query: '$metadata', size: 'metadata', signal } as const;
  const metadata = await line.read({ ...ask, understand: readMetadata });
  const faults = faultsOf(entities, metadata);
  if (faults.length > 0) throw new MisReadError(`1С does not publish what is configured: ${faults.join('; ')}`, false);
  // Not the names of a thousand other sets, which hold on to the whole text that they were cut from.
  const wanted = Object.values(entities).filter((entity) => entity !== undefined);
  return new Map(wanted.map(({ set }) => [set, marksIn(metadata.get(set)!)]));
}

async function misRead<T>(reading: () => Promise<T>, onFailure: (status?: number) => void): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    onFailure(error.answer.status);
    throw new MisReadError(`1С: ${error.message}`, error.retryable, error);
  }
}
