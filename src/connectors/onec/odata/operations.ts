/**
 * 1С with nothing but its standard OData interface (protocols/onec.md §3): a directory. Nothing public tells how such a
 * configuration keeps its schedule and its bookings, so these abilities are absent.
 */
import { type ConnectionContext, MisReadError, type Operations } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { readPage } from './answer.ts';
import { faultsOf } from './check.ts';
import { readDirectory } from './directory.ts';
import { type OdataLine, openOdataLine } from './line.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { pingQuery } from './rows.ts';
import type { OdataSettings } from './settings.ts';

export function openOdata(settings: OdataSettings, context: ConnectionContext): Operations {
  const line = openOdataLine(settings, context);
  const { entities, paging } = settings;
  let known: Metadata | undefined;
  const metadata = async (signal: AbortSignal): Promise<Metadata> => {
    known ??= await readChecked(line, settings, signal);
    return known;
  };
  const read = <T>(reading: () => Promise<T>) =>
    misRead(reading, (status) => {
      // What was there is gone: the next reading tells what.
      if (status === 400 || status === 404) known = undefined;
    });
  return {
    directory: (signal) => read(async () => readDirectory({ line, paging, signal }, entities, await metadata(signal))),
    ping: (signal) =>
      read(async () => {
        await metadata(signal);
        await line.read({ ...pingQuery(entities.branches), size: 'answer', understand: readPage, signal });
      }),
    health: () => line.health(),
    close: () => line.close(),
  };
}

/** @throws ExchangeError, MisReadError with all that the configuration has wrong; it is read again then, the base may be mended */
async function readChecked(line: OdataLine, { entities }: OdataSettings, signal: AbortSignal): Promise<Metadata> {
  const ask = { operation: 'GET $metadata', query: '$metadata', size: 'metadata', signal } as const;
  const metadata = await line.read({ ...ask, understand: readMetadata });
  const faults = faultsOf(entities, metadata);
  if (faults.length > 0) throw new MisReadError(`1С does not publish what is configured: ${faults.join('; ')}`, false);
  return metadata;
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
