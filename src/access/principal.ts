/** Who asks. Everything that is read or written is filtered by it. */

export const roles = ['patient', 'doctor', 'registrar', 'moderator', 'app', 'registry', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Roles of people who work at a clinic; they are given to accounts (table `staff`). */
export const staffRoles = ['doctor', 'registrar', 'moderator', 'operator'] as const satisfies readonly Role[];
export type StaffRole = (typeof staffRoles)[number];

/** How a person has signed in: who is shown all of his visits must have been seen by Госуслуги (FEATURES D10). */
export type LoginMethod = 'password' | 'esia';

/** A Patient of a clinic that an account has in its card file. */
export interface Card {
  readonly patient: string;
  /** All that is of the Patient is shown; else only what was made under this account. */
  readonly whole: boolean;
  /** The account is the person himself, or his parent: it decides on his consents. */
  readonly speaks?: boolean;
}

export interface Principal {
  /** Id of the account, or name of the client program: keys of idempotency and holds belong to it. */
  readonly subject: string;
  readonly role: Role;
  /** Keys of the clinics it may see. */
  readonly clinics: readonly string[];
  /** The Patient that the token is for: the only one seen through scopes that begin with `patient/`. */
  readonly patient?: string;
  /** SMART scopes; absent where a token has all that its role may (those of the command line). */
  readonly scope?: string;
  /** Name of the OAuth client. */
  readonly client?: string;
  /** Of the table `smart_grant`: what the person let the client do. */
  readonly grant?: string;
  /** Account of the person who has signed in. */
  readonly account?: string;
  /** The card file, of the role `patient`. Absent: the token is for `patient` alone, and shows all of it. */
  readonly cards?: readonly Card[];
  /** The account is on check: no moderator has confirmed it yet. */
  readonly limited?: true;
}
