/** An account, as the parts of access that work on it share it. */
import type { Logger } from 'pino';
import type { Clock } from '../../instant.ts';
import type { Database } from '../../postgres.ts';
import type { ParameterIds } from '../../store/parameters.ts';
import type { Audit } from '../audit/audit.ts';
import type { AccessKeys } from '../keys.ts';
import { createRefusals, type Refusals } from './refusals.ts';

/** The section `accounts` of the configuration. */
export interface AccountSettings {
  /** What a person consents to; absent: nobody registers himself. */
  readonly consent?: { readonly version: string; readonly text: string } | undefined;
  /** Years: on that birthday, as it begins in Moscow, a parent's access ends. */
  readonly childUntilAge: number;
  /** Life of an access code. */
  readonly codeDays: number;
  /** A code that was used for oneself confirms the account: the registry that gave it out has seen the documents. */
  readonly codeConfirms: boolean;
}

/** What everything about accounts is given: made once in main.ts. */
export interface AccountContext {
  readonly pool: Database;
  readonly parameters: ParameterIds;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AccountSettings;
  /** By which browsers see the hub, without a slash at the end. */
  readonly url: string;
  /** Access codes are kept as digests with this key. */
  readonly codeKey: Uint8Array;
  /** Letters that wait are sealed with it. */
  readonly mailKey: Uint8Array;
  readonly refusals: Refusals;
  readonly audit: Pick<Audit, 'record' | 'owe'>;
}

export function createAccountContext(
  given: Omit<AccountContext, 'codeKey' | 'mailKey' | 'refusals'>,
  keys: AccessKeys,
): AccountContext {
  const [codeKey, mailKey] = [keys.derive('access codes')[0]!, keys.derive('mail')[0]!];
  return { ...given, codeKey, mailKey, refusals: createRefusals() };
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
