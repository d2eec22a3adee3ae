/** Runs a pretend 1С as a process of its own: `node sandbox/onec/main.ts --help`. */
import { parseArgs } from 'node:util';
import type { SandboxOptions } from './options.ts';
import { startOnecSandbox } from './server.ts';
import type { Settings } from './settings.ts';

const help = `node sandbox/onec/main.ts [options]    a pretend 1С (БИТ.УМЦ): SOAP, its HTTP twin, faults on demand

  --port N             port on 127.0.0.1, 0 = any free one (0)
  --file PATH          SQLite file that keeps its state over restarts (:memory:)
  --base NAME          information base in the address (umc)
  --zone ZONE          IANA zone of the clinic (Europe/Moscow)
  --start YYYY-MM-DD   first day of the schedule (today in the zone; a new day is added daily)
  --days N             days of schedule (14)
  --doctors N          doctors (32); 360 doctors over 21 days make about 100,000 slots
  --booked SHARE       share of the time booked already (0.2)
  --seed N             same seed, same polyclinic (1)
  --uniqueness on|off  refuse overlapping bookings (on)
  --reserve-minutes N  how long a reservation holds (15); --reserve-seconds N for tests
  --book-answer ok|xml what BookAnAppointment answers (ok)
  --login, --password  Basic credentials (site / sandbox)
  --write-rate, --read-rate SHARE, --late-ms N   chaos from the start

Prints one line of JSON when it listens: {"url","origin","port","login","zone"}.`;

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(
      [
        ...[
          'port',
          'file',
          'base',
          'zone',
          'start',
          'days',
          'doctors',
          'booked',
          'seed',
          'uniqueness',
          'login',
          'password',
        ],
        ...['reserve-minutes', 'reserve-seconds', 'book-answer', 'write-rate', 'read-rate', 'late-ms'],
      ].map((name) => [name, { type: 'string' as const }]),
    ),
    help: { type: 'boolean' },
  },
});

type Values = { readonly [name: string]: string | undefined };

/** Only the options that were given, converted. @throws RangeError for a number that is none */
function optionsFrom(given: Values): SandboxOptions {
  const number = (name: string, factor = 1) => {
    if (given[name] === undefined) return undefined;
    const value = Number(given[name]);
    if (!Number.isFinite(value)) throw new RangeError(`--${name} takes a number, not ${given[name]}`);
    return value * factor;
  };
  const settings = present({
    uniqueness: given['uniqueness'] === undefined ? undefined : given['uniqueness'] !== 'off',
    reserveSeconds: number('reserve-seconds') ?? number('reserve-minutes', 60),
    bookAnswer: given['book-answer'] as Settings['bookAnswer'] | undefined,
  });
  const chaos = present({
    writeRate: number('write-rate'),
    readRate: number('read-rate'),
    lateMilliseconds: number('late-ms'),
  });
  return present({
    ...{ file: given['file'], base: given['base'], zone: given['zone'], start: given['start'] },
    ...{ login: given['login'], password: given['password'], bookedShare: number('booked') },
    ...{ port: number('port'), days: number('days'), doctors: number('doctors'), seed: number('seed') },
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
  const sandbox = await startOnecSandbox(optionsFrom(values as Values));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
  const { url, origin, port, login, zone } = sandbox;
  console.log(JSON.stringify({ url, origin, port, login, zone }));
}
