/** Access codes as a registrar would issue them. */
import { issueCode } from '../../../src/access/account/issue.ts';
import { transaction } from '../../../src/postgres.ts';
import type { AccountStage } from './stage.ts';

export const createIssuer =
  ({ hub, context }: AccountStage) =>
  async (patient: string, clinic = 'demo'): Promise<{ code: string; token: string }> => {
    const { number } = hub.clinics.byKey(clinic)!;
    const { code, link } = await transaction(hub.pool, (db) =>
      issueCode(context, db, { id: patient, clinic: number }, 'registrar'),
    );
    return { code, token: link.split('#')[1]! };
  };
