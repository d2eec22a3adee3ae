/** How a pretend РЕГИЗ is started: scale, place, access and first settings. */
import { type Clock, dayOf, wallClockOf } from '../common/local-time.ts';
import type { Chaos } from '../common/switchboard.ts';
import type { Scale } from './generate.ts';
import type { Settings } from './settings.ts';

export interface SandboxOptions extends Partial<Scale> {
  /** 0 = any free one. */
  port?: number;
  /** SQLite file, `:memory:` by default. */
  file?: string;
  /** Name of the information base in the address of the service of 1С. */
  base?: string;
  /** IANA zone of the region. */
  zone?: string;
  clock?: Clock;
  /** Tokens of the clients, good for nothing else. */
  guids?: readonly string[];
  /** Credentials before the service of 1С, when the setting `basicAuthorization` is on. */
  login?: string;
  password?: string;
  /** Changes to the settings kept in the file. */
  settings?: Partial<Settings>;
  chaos?: Partial<Chaos>;
}

export type FullOptions = Required<Omit<SandboxOptions, 'chaos'>> & { chaos: Partial<Chaos> | undefined };

export const defaultGuid = '5a4d0b0c-0000-4000-8000-000000000001';

export function withDefaults(options: SandboxOptions): FullOptions {
  const zone = options.zone ?? 'Europe/Moscow';
  const clock = options.clock ?? Date.now;
  return {
    port: options.port ?? 0,
    file: options.file ?? ':memory:',
    base: options.base ?? 'zpv',
    zone,
    clock,
    guids: options.guids ?? [defaultGuid],
    login: options.login ?? 'hub',
    password: options.password ?? 'sandbox',
    settings: options.settings ?? {},
    chaos: options.chaos,
    seed: options.seed ?? 1,
    start: options.start ?? dayOf(wallClockOf(zone)(clock())),
    days: options.days ?? 14,
    doctors: options.doctors ?? 10,
    bookedShare: options.bookedShare ?? 0.2,
  };
}
