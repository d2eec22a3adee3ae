/** What GUIDs of a base's lists are called: they change rarely and the papers of patients refer to them all the time. */
import { createRecent } from '../../../recent.ts';
import { readByGuid } from './by-guid.ts';
import type { Named } from './paper-entities.ts';
import type { Reading } from './rows.ts';
import { clean, textIn } from './value.ts';

export interface Names {
  /** A GUID that leads nowhere, as 1С keeps them, has no name. @throws ExchangeError */
  read(reading: Reading, entity: Named | undefined, guids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

interface Known {
  readonly name: string | undefined;
  readonly at: number;
}

/** Of all lists together. */
const most = 10_000;

/** @param lasts milliseconds */
export function openNames(lasts: number): Names {
  const known = createRecent<string, Known>(most);
  return {
    async read(reading, entity, guids) {
      if (entity === undefined) return new Map();
      const { set, fields } = entity;
      // A monotonic clock: the age of a name has nothing to do with the time of day.
      const at = performance.now();
      const names = new Map<string, string | undefined>();
      const unknown: string[] = [];
      for (const guid of new Set(guids)) {
        const one = known.get(`${set} ${guid}`);
        if (one === undefined || at - one.at >= lasts) unknown.push(guid);
        else names.set(guid, one.name);
      }
      // Asked for right after a patient's papers: it is a part of them.
      const discretion = { keep: new Set<string>(), values: unknown };
      const rows = await readByGuid(reading, entity, { field: fields.key, guids: unknown, discretion });
      for (const guid of unknown) {
        const [row] = rows.get(guid) ?? [];
        const name = row && clean(textIn(row, fields.name));
        known.set(`${set} ${guid}`, { name, at });
        names.set(guid, name);
      }
      return new Map([...names].filter((entry): entry is [string, string] => entry[1] !== undefined));
    },
  };
}
