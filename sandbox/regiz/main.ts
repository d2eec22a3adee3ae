/** Runs a pretend РЕГИЗ as a process of its own: `node sandbox/regiz/main.ts --help`. */
import { parseArgs } from 'node:util';
import type { SandboxOptions } from './options.ts';
import { startRegizSandbox } from './server.ts';
import type { Settings } from './settings.ts';

const help = `node sandbox/regiz/main.ts [options]    a pretend РЕГИЗ (HubService of a region) with faults on demand

  --port N             port on 127.0.0.1, 0 = any free one (0)
  --file PATH          SQLite file that keeps its state over restarts (:memory:)
  --base NAME          information base in the address of the service of 1С (zpv)
  --zone ZONE          IANA zone of the region (Europe/Moscow)
  --start YYYY-MM-DD   first day of the schedule (today in the zone; a new day is added daily)
  --days N             days of schedule (14)
  --doctors N          doctors of each of the three clinics (10)
  --booked SHARE       share of the slots booked already (0.2)
  --seed N             same seed, same region (1)
  --guid GUID[,GUID]   tokens of the clients
  --strict-order drop|refuse|off   what happens to an element out of order (drop)
  --booking-ids by-clinic|same|different   whether a booking has the id of its slot (by-clinic)
  --login, --password  Basic credentials before the service of 1С (hub / sandbox)
  --write-rate, --read-rate SHARE, --late-ms N   chaos from the start

Prints one line of JSON when it listens: {"url","onecUrl","origin","port","guid","zone"}.`;

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(
      [
        ...['port', 'file', 'base', 'zone', 'start', 'days', 'doctors', 'booked', 'seed', 'guid', 'login', 'password'],
        ...['strict-order', 'booking-ids', 'write-rate', 'read-rate', 'late-ms'],
      ].map((name) => [name, { type: 'string' as const }]),
    ),
    help: { type: 'boolean' },
  },
});

type Values = { readonly [name: string]: string | undefined };

/** Only the options that were given, converted. @throws RangeError for a number that is none */
function optionsFrom(given: Values): SandboxOptions {
  const number = (name: string) => {
    if (given[name] === undefined) return undefined;
    const value = Number(given[name]);
    if (!Number.isFinite(value)) throw new RangeError(`--${name} takes a number, not ${given[name]}`);
    return value;
  };
  const settings = present({
    strictOrder: given['strict-order'] as Settings['strictOrder'] | undefined,
    bookingIds: given['booking-ids'] as Settings['bookingIds'] | undefined,
  });
  const chaos = present({
    writeRate: number('write-rate'),
    readRate: number('read-rate'),
    lateMilliseconds: number('late-ms'),
  });
  return present({
    ...{ file: given['file'], base: given['base'], zone: given['zone'], start: given['start'] },
    ...{ login: given['login'], password: given['password'], guids: given['guid']?.split(',') },
    ...{ port: number('port'), days: number('days'), doctors: number('doctors'), seed: number('seed') },
    bookedShare: number('booked'),
    settings,
    chaos: Object.keys(chaos).length === 0 ? undefined : chaos,
  });
}

function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

if (values['help'] === true) {
  console.log(help);
} else {
  const sandbox = await startRegizSandbox(optionsFrom(values as Values));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
  const { url, onecUrl, origin, port, guid, zone } = sandbox;
  console.log(JSON.stringify({ url, onecUrl, origin, port, guid, zone }));
}
