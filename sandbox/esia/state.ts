/** What the sandbox remembers, in memory: who is signing in, which codes and tokens are out. */
import { randomUUID } from 'node:crypto';
import type { Authority } from './authority.ts';
import type { Mischief } from './misbehaviour.ts';
import type { Person } from './people.ts';
import type { Client } from './registry.ts';
import type { Checked, CheckGround } from './request-check.ts';

/** A person before the login page. */
export interface Login extends Checked {
  readonly confirmedOnly: boolean;
  readonly offline: boolean;
}

export interface Grant extends Login {
  readonly person: Person;
  readonly issuedAt: number;
  spent: boolean;
}

export interface Access {
  readonly person: Person;
  readonly scopes: readonly string[];
  readonly until: number;
}

export interface State extends CheckGround {
  readonly origin: string;
  readonly issuer: string;
  readonly authority: Authority;
  readonly mischief: Mischief;
  readonly people: readonly Person[];
  readonly clients: Map<string, Client>;
  readonly logins: Map<string, Login>;
  readonly grants: Map<string, Grant>;
  readonly accesses: Map<string, Access>;
}

export function openLogin(state: State, login: Login): string {
  const id = randomUUID();
  state.logins.set(id, login);
  return id;
}
