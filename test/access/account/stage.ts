/** Accounts over a hub with a clock that the test sets. */

import type { AccountContext } from '../../../src/access/account/account.ts';
import { hashPassword } from '../../../src/access/account/password.ts';
import { type Accounts, createAccounts } from '../../../src/access/account/sign-in.ts';
import { createMemoryHub, type MemoryHub, type MemoryHubPlan } from '../../support/memory-hub.ts';

export interface AccountStage {
  readonly hub: MemoryHub;
  readonly context: AccountContext;
  readonly accounts: Accounts;
  /** Milliseconds since the epoch. */
  now: number;
  /** An account with a password, as after registration. @returns its id */
  account(login: string, password: string, more?: Record<string, unknown>): Promise<string>;
  rows<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
}

export const snils = { maria: '00000060004', child: '00000060105', other: '00000060206' } as const;

export async function createStage(plan: MemoryHubPlan = {}): Promise<AccountStage> {
  const hub = await createMemoryHub({ ...plan, clock: () => stage.now });
  const { pool, parameters, log } = hub.context;
  const settings = { childUntilAge: 18 };
  const context: AccountContext = { pool, parameters, log, settings, clock: () => stage.now };
  return Object.assign(stage, {
    hub,
    context,
    accounts: createAccounts(context),
    async account(login: string, password: string, more: Record<string, unknown> = {}) {
      const id = crypto.randomUUID();
      const row = { id, login, password: await hashPassword(password), family: 'Тестова', given: 'Мария', ...more };
      const names = Object.keys(row);
      await pool.query(
        `insert into account (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
        Object.values(row),
      );
      return id;
    },
    rows: async <T extends object>(sql: string, values: unknown[] = []) => (await pool.query<T>(sql, values)).rows,
  });
}

const stage = { now: Date.parse('2026-12-01T09:00:00Z') } as AccountStage;
