/** Who attaches himself to a patient, and who tried, is written down; nobody is attached unwritten. */
import { afterAll, expect, test } from 'vitest';
import { attach } from '../../../src/access/account/attach.ts';
import { createIssuer } from '../account/issuer.ts';
import { createStage, snils } from '../account/stage.ts';

const stage = await createStage({ keys: ['demo'] });
const { hub, context } = stage;
afterAll(() => hub.close());
const account = await stage.account('maria@example.test', '');
const issue = createIssuer(stage);
const request = (code: string) => ({ account, code, snils: snils.maria, other: undefined, ip: '192.0.2.1' });

test('an attachment, and a code that is not the right one', async () => {
  const patient = await stage.patient();
  const { code } = await issue(patient);
  await attach(context, request(code));
  await expect(attach(context, request(code))).rejects.toMatchObject({ details: { code: 'attach-failed' } });
  const { rows } = await hub.pool.query(
    `select kind, outcome, patient, subject, address, reason from audit_event where interaction = 'attach' order by seq`,
  );
  const one = { kind: 'code', subject: account, address: '192.0.2.1' };
  expect(rows).toEqual([
    { ...one, outcome: 0, patient, reason: null },
    { ...one, outcome: 4, patient: null, reason: 'attach-failed' },
  ]);
});

test('nothing is attached when it cannot be written', async () => {
  const patient = await stage.patient();
  const { code } = await issue(patient);
  await hub.pool.query('revoke insert on audit_event from medmost_audit');
  await expect(attach(context, request(code))).rejects.toMatchObject({ code: '42501' });
  const { rowCount } = await hub.pool.query('select from card_patient where patient = $1', [patient]);
  expect(rowCount).toBe(0);
});
