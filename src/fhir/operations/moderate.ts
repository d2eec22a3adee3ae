/** Person/$moderate: a moderator confirms, refuses or blocks an account (FEATURES D1). */
import { type Decision, decisions, moderate } from '../../access/account/moderation.ts';
import { Fault } from '../../fault.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { isId } from '../../store/resource.ts';
import { bytesOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { checkMayForAccount } from '../entitlement.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { notFound } from '../read.ts';
import type { Reply } from '../reply.ts';
import type { Asked } from '../resource.ts';

const operation: OperationDeclaration = {
  code: 'moderate',
  title: 'Moderate an account',
  documentation:
    'What a moderator decides of an account: `confirm` opens it, `refuse` keeps it limited and tells the person why, `block` ends whatever is signed in to it. ' +
    'The person is told by a letter. Answers the Person as it is then.',
  types: ['Person'],
  levels: ['instance'],
  affectsState: true,
  needs: [
    ['Person', 'r'],
    ['Person', 'u'],
  ],
  parameters: [
    input('decision', '1..1', 'code', 'confirm, refuse or block'),
    input('reason', '0..1', 'string', 'Needed with refuse: the person reads it, in a letter, too; no health data'),
    input(
      'attach',
      '0..1',
      'boolean',
      'With confirm: gives the owner the Patients of all clinics with his СНИЛС, birth date and family name; default false',
    ),
    output('return', '1..1', 'Person', 'The account'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, asked: Asked, { id = '', parameters }: OperationCall): Promise<Reply> {
  if (asked.principal.role !== 'moderator') throw new Fault('forbidden', 'Accounts are decided on by moderators.');
  checkMayForAccount(asked.principal, 'Person', 'u');
  const decision = parameters.text('decision') as Decision;
  if (!decisions.includes(decision))
    throw new Fault('bad-value', `A decision is one of: ${decisions.join(', ')}.`, { expression: 'http.decision' });
  const reason = reasonOf(parameters.text('reason'), decision);
  const attach = parameters.one('attach') === true;
  if (attach && decision !== 'confirm')
    throw new Fault('bad-value', 'Only who is confirmed is given Patients.', { expression: 'http.attach' });
  // In a launch for a patient no account is seen, whatever else the token may.
  const isSeen = isId(id) && asked.viewer.keys === null;
  if (!isSeen || !(await moderate(context.accounts, { account: id, decision, reason, attach })))
    throw notFound('Person');
  const { body } = (await readDocument(context.db, asked.viewer, 'Person', id)) ?? {};
  if (body === undefined) throw notFound('Person');
  return { status: 200, headers: {}, body: bytesOf(body) };
}

const longest = 500;

function reasonOf(reason: string | undefined, decision: Decision): string | undefined {
  const expression = 'http.reason';
  if (decision !== 'refuse') {
    if (reason !== undefined) throw new Fault('bad-value', 'A reason is given with refuse.', { expression });
    return undefined;
  }
  if (!reason?.trim()) throw new Fault('missing-element', 'Say why: the person reads it.', { expression });
  if (reason.length > longest)
    throw new Fault('bad-value', `A reason has ${longest} characters at most.`, { expression });
  return reason.trim();
}
