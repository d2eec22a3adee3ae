/** Person/$attach: by the code of a registry, one's own Patient or another person's joins the card file (FEATURES A5, A6). */
import { attach } from '../../access/account/attach.ts';
import { Fault } from '../../fault.ts';
import type { Context } from '../context.ts';
import { checkMayForAccount } from '../entitlement.ts';
import { type Arguments, input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';

const operation: OperationDeclaration = {
  code: 'attach',
  title: 'Attach a patient of a clinic',
  documentation:
    'Joins a Patient to the card file of whoever has signed in, by an access code: typed together with the СНИЛС, or scanned. For another person ' +
    'his full name is needed, too. One answer, 422 `attach-failed`, for every code that does not serve, whatever is the matter with it. ' +
    '429 `too-many-attempts` after some failures.',
  types: ['Person'],
  levels: ['type'],
  affectsState: true,
  needs: [['Person', 'u']],
  parameters: [
    input('code', '1..1', 'string', 'Sixteen digits as printed, or what is behind the # of the scanned link'),
    input('snils', '0..1', 'string', 'Of the patient; needed with a code that was typed'),
    input('name', '0..1', 'HumanName', 'Of another person than oneself: family name, given name, patronymic'),
    output('patient', '1..1', 'Reference', 'The Patient of the clinic'),
    output('person', '1..1', 'Reference', 'The Person whose card file it is in'),
  ],
  handle,
};

export default operation;

async function handle(context: Context, { principal, address = '' }: Asked, call: OperationCall): Promise<Reply> {
  const { account, role } = principal;
  if (account === undefined || role !== 'patient')
    throw new Fault('forbidden', 'Only a person who has signed in as a patient has a card file.');
  // Whom else the account acts for is not decided by an app that was let in for one of them.
  checkMayForAccount(principal, 'Person', 'u');
  const { parameters } = call;
  const code = parameters.text('code')!.trim();
  const { patient } = await attach(context.accounts, {
    ...{ account, code, ip: address, snils: parameters.text('snils') },
    other: nameOf(parameters),
  });
  return replyWith({
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', valueReference: { reference: `Patient/${patient}` } },
      { name: 'person', valueReference: { reference: `Person/${account}` } },
    ],
  });
}

function nameOf(parameters: Arguments) {
  const name = parameters.one('name') as { family?: string; given?: string[] } | undefined;
  if (name === undefined) return undefined;
  const { family, given: [given, ...more] = [] } = name;
  if (family === undefined || given === undefined)
    throw new Fault('missing-element', 'A full name has family and given.', {
      expression: 'Parameters.parameter.name',
    });
  return { family, given, patronymic: more.join(' ') || undefined };
}
