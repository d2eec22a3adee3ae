/** Accounts over a hub with a clock that the test sets. */

import { readAccount } from '../../../src/access/account/account.sql.ts';
import type { AccountContext } from '../../../src/access/account/account.ts';
import { putSelfCard } from '../../../src/access/account/card.sql.ts';
import { writeFile } from '../../../src/access/account/file.ts';
import { hashPassword } from '../../../src/access/account/password.ts';
import { type Accounts, createAccounts } from '../../../src/access/account/sign-in.ts';
import type { Card, Principal } from '../../../src/access/principal.ts';
import { textOf } from '../../../src/fhir/byte-string.ts';
import { callOf, type Method } from '../../../src/fhir/call.ts';
import { answerOf } from '../../../src/fhir/outcome.ts';
import { perform } from '../../../src/fhir/perform.ts';
import { viewerOf } from '../../../src/fhir/viewer.ts';
import { transaction } from '../../../src/postgres.ts';
import { identifierSystems } from '../../../src/r4/identifier.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createMemoryHub, type MemoryHub, type MemoryHubPlan } from '../../support/memory-hub.ts';

export interface AccountStage {
  readonly hub: MemoryHub;
  readonly context: AccountContext;
  readonly accounts: Accounts;
  /** Milliseconds since the epoch. */
  now: number;
  /** An account with a password and its own card. @returns its id */
  account(login: string, password: string, more?: Record<string, unknown>): Promise<string>;
  /** A Patient: Мария Ивановна Тестова, born 1985-03-14, unless said otherwise. @returns its id */
  patient(more?: object, clinic?: string): Promise<string>;
  /** Asks as a person who has signed in to this account. */
  askAs(who: Partial<Principal> & { account: string }, method: Method, path: string, body?: object): Promise<Answer>;
  rows<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
}

export const snils = { maria: '00000060004', child: '00000060105', other: '00000060206' } as const;
export const snilsOf = (value: string) => ({ identifier: [{ system: identifierSystems.snils, value }] });

export async function createStage(plan: MemoryHubPlan = {}): Promise<AccountStage> {
  const stage = { now: Date.parse('2026-12-01T09:00:00Z') } as AccountStage;
  const hub = await createMemoryHub({ ...plan, clock: () => stage.now });
  const { pool, accounts: context } = hub.context;
  const common = await hashPassword('никакой пароль');
  return Object.assign(stage, {
    hub,
    context,
    accounts: createAccounts(context),
    async account(login: string, password: string, more: Record<string, unknown> = {}) {
      const id = crypto.randomUUID();
      // Most tests sign nobody in: their accounts share one password.
      const secret = password === '' ? common : await hashPassword(password);
      const row = { id, login, password: secret, family: 'Тестова', given: 'Мария', state: 'confirmed', ...more };
      const names = Object.keys(row);
      await pool.query(
        `insert into account (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
        Object.values(row),
      );
      await transaction(pool, async (db) => {
        await putSelfCard(db, id, (await readAccount(db, id))!);
        await writeFile(context, db, id);
      });
      return id;
    },
    async patient(more: object = {}, clinic = 'demo') {
      const token = await hub.token({ clinics: [clinic] });
      const name = [{ family: 'Тестова', given: ['Мария', 'Ивановна'] }];
      const body = { resourceType: 'Patient', name, birthDate: '1985-03-14', ...snilsOf(snils.maria), ...more };
      const answer = await ask(hub, 'POST', 'Patient', { token, body });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body.id!;
    },
    async askAs(who: Partial<Principal> & { account: string }, method: Method, path: string, body?: object) {
      const cards = await pool.query<Card>(
        `select p.patient, true as whole from card c join card_patient p on p.card = c.id
         where c.account = $1 and (c.ends is null or c.ends > $2)`,
        [who.account, new Date(stage.now)],
      );
      const principal: Principal = {
        ...{ subject: who.account, role: 'patient', clinics: hub.clinics.all.map((c) => c.key), cards: cards.rows },
        ...who,
      };
      const [plain = '', query = ''] = path.split(/\?(.*)/s);
      const asked = { principal, viewer: viewerOf(principal, hub.clinics), base: 'http://hub.test/fhir', headers: {} };
      try {
        const call = callOf(method, plain, new URLSearchParams(query), hub.context);
        const reply = await perform(hub.context, { ...asked, address: '192.0.2.1' }, call, body);
        const text = reply.body === undefined ? '{}' : textOf(reply.body);
        return { status: reply.status, headers: reply.headers, body: JSON.parse(text) as Answer['body'] };
      } catch (error) {
        const { status, headers, body: outcome } = answerOf(error);
        if (status >= 500) throw error;
        return { status, headers, body: JSON.parse(outcome) as Answer['body'] };
      }
    },
    rows: async <T extends object>(sql: string, values: unknown[] = []) => (await pool.query<T>(sql, values)).rows,
  });
}
