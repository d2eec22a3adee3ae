/** What is known of the sets that are configured, after `$metadata` was found to hold all of it. */
import { MisReadError } from '../../connector.ts';
import { faultsOf } from './check.ts';
import type { OdataLine } from './line.ts';
import { type Fields, readMetadata } from './metadata.ts';
import type { OdataSettings } from './settings.ts';

/** Name of a set → what the hub goes by. */
export type Known = ReadonlyMap<string, KnownSet>;

export interface KnownSet {
  /** By which 1С marks what is no longer there, and what is only a folder: those that the set has. */
  readonly marks: readonly string[];
  /** Field → characters it holds, where that is told. */
  readonly lengths: ReadonlyMap<string, number>;
}

const marks = ['DeletionMark', 'IsFolder'];

export interface Knowledge {
  /** @throws ExchangeError, MisReadError with all that the configuration has wrong; it is read again then, the base may be mended */
  get(signal: AbortSignal): Promise<Known>;
  /** What was there is gone: the next reading tells what. */
  forget(): void;
}

export function openKnowledge(line: OdataLine, settings: OdataSettings): Knowledge {
  let known: Known | undefined;
  return {
    async get(signal) {
      known ??= await readChecked(line, settings, signal);
      return known;
    },
    forget() {
      known = undefined;
    },
  };
}

async function readChecked(line: OdataLine, settings: OdataSettings, signal: AbortSignal): Promise<Known> {
  const ask = { operation: 'GET $metadata', query: '$metadata', size: 'metadata', signal } as const;
  const metadata = await line.read({ ...ask, understand: readMetadata });
  const faults = faultsOf(settings, metadata);
  if (faults.length > 0) throw new MisReadError(`1С does not publish what is configured: ${faults.join('; ')}`, false);
  const entities = Object.values(settings.entities).filter((entity) => entity !== undefined);
  const fields = entities.flatMap((entity) => Object.values(entity.fields));
  return new Map(entities.map(({ set }) => [set, knownSet(metadata.get(set)!, fields)]));
}

/** Names are those of the configuration: those of the answer hold on to its whole text, of 17 MB and a thousand other sets. */
function knownSet(published: Fields, fields: readonly (string | undefined)[]): KnownSet {
  const lengths = fields.flatMap((field) => {
    const length = field === undefined ? undefined : published.get(field)?.maxLength;
    return length === undefined ? [] : [[field!, length] as const];
  });
  return { marks: marks.filter((mark) => published.has(mark)), lengths: new Map(lengths) };
}
