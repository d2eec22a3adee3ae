/** An account, as the parts of access that work on it share it. */
import type { Logger } from 'pino';
import type { Clock } from '../../instant.ts';
import type { Database } from '../../postgres.ts';
import type { ParameterIds } from '../../store/parameters.ts';

/** What everything about accounts is given: made once in main.ts. */
export interface AccountContext {
  readonly pool: Database;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AccountSettings;
}

export interface AccountSettings {
  /** Years: on that birthday, as it begins in Moscow, a parent's access ends. */
  readonly childUntilAge: number;
}

export type AccountState = 'limited' | 'confirmed' | 'blocked' | 'erased';

/** A person as accounts and the card file know it. */
export interface PersonData {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string | null;
  /** YYYY-MM-DD. */
  readonly birthDate: string | null;
  readonly gender: 'male' | 'female' | null;
  /** Eleven digits. */
  readonly snils: string | null;
}

/** As logins are compared and kept: e-mail addresses differ by case nowhere. */
export const foldLogin = (login: string): string => login.trim().normalize('NFC').toLowerCase();

/** Names are the same however they are cased, spaced and whether ё is written. */
export const foldName = (name: string): string =>
  name.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase().replaceAll('ё', 'е');
