/** How a pretend 1С is started: scale, place, access and first settings. */

import { type Clock, dayOf, wallClockOf } from '../common/local-time.ts';
import type { Chaos } from '../common/switchboard.ts';
import type { Scale } from './generate.ts';
import type { Settings } from './settings.ts';

export interface SandboxOptions extends Partial<Scale> {
  /** 0 = any free one. */
  port?: number;
  /** SQLite file, `:memory:` by default. */
  file?: string;
  /** Name of the information base in the address. */
  base?: string;
  /** IANA zone of the clinic. */
  zone?: string;
  clock?: Clock;
  /** Credentials of this pretend system, good for nothing else. */
  login?: string;
  password?: string;
  /** «Ключ API» of the HTTP twin, likewise good for nothing else. */
  apiKey?: string;
  /** Changes to the settings kept in the file. */
  settings?: Partial<Settings>;
  chaos?: Partial<Chaos>;
}

export type FullOptions = Required<Omit<SandboxOptions, 'chaos'>> & { chaos: Partial<Chaos> | undefined };

export function withDefaults(options: SandboxOptions): FullOptions {
  const zone = options.zone ?? 'Europe/Moscow';
  const clock = options.clock ?? Date.now;
  return {
    port: options.port ?? 0,
    file: options.file ?? ':memory:',
    base: options.base ?? 'umc',
    zone,
    clock,
    login: options.login ?? 'site',
    password: options.password ?? 'sandbox',
    apiKey: options.apiKey ?? '5a11db0c0ffee5a11db0c0ffee5a11db',
    settings: options.settings ?? {},
    chaos: options.chaos,
    seed: options.seed ?? 1,
    start: options.start ?? dayOf(wallClockOf(zone)(clock())),
    days: options.days ?? 14,
    doctors: options.doctors ?? 32,
    bookedShare: options.bookedShare ?? 0.2,
  };
}
