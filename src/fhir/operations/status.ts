/** Subscription/$status. https://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition-backport-subscription-status.html */
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import { readSubscriptionsOf } from '../../workflows/subscription.sql.ts';
import { ownerOf, type SubscriptionRow } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { askingAudience } from '../subscription/audience.ts';
import { statusParameters } from '../subscription/notification.ts';

const declaration: OperationDeclaration = {
  code: 'status',
  title: 'Status of subscriptions',
  documentation:
    'How subscriptions stand: their status, how many events they have had, and what is wrong with their delivery. Of one Subscription, ' +
    'or of all that are yours. Answers 200 with a searchset Bundle of Parameters.',
  base: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status',
  types: ['Subscription'],
  levels: ['type', 'instance'],
  affectsState: false,
  needs: [['Subscription', 'r']],
  parameters: [
    input('id', '0..*', 'id', 'Of which subscriptions; all of yours when absent.'),
    input('status', '0..*', 'code', 'Only those of this status.'),
    output('return', '1..1', 'Bundle', 'A Parameters for each Subscription.'),
  ],
  handle,
};

export default declaration;

async function handle(context: Context, asked: Asked, { id, parameters }: OperationCall): Promise<Reply> {
  const ids = id === undefined ? (parameters.all('id') as string[]) : [id];
  const statuses = id === undefined ? (parameters.all('status') as string[]) : [];
  const known = ids.filter(isId);
  const rows = await readSubscriptionsOf(context.db, ownerOf(asked.principal), ids.length === 0 ? undefined : known);
  if (id !== undefined && rows.length === 0) throw new Fault('not-found', 'There is no such Subscription.');
  const wanted = rows.filter((row) => statuses.length === 0 || statuses.includes(row.status));
  const found = await Promise.all(wanted.map((row) => statusOf(context, asked, row)));
  const entry = found
    .map((resource) => ({ resource, search: { mode: 'match' } }))
    .map((e) => ({ fullUrl: `urn:uuid:${e.resource.id}`, ...e }));
  return replyWith({
    resourceType: 'Bundle',
    type: 'searchset',
    total: entry.length,
    link: [{ relation: 'self', url: selfOf(asked, id) }],
    ...(entry.length > 0 && { entry }),
  });
}

const selfOf = ({ base }: Asked, id: string | undefined) =>
  `${base}/Subscription/${id === undefined ? '' : `${id}/`}$status`;

/** How many events there were is not for a token that may not see all of them. */
async function statusOf(context: Context, asked: Asked, row: SubscriptionRow): Promise<{ id: string }> {
  const content = row.terms.content ?? 'id-only';
  const [, narrower] = await askingAudience(context, asked, row);
  const last = narrower === undefined ? row.numbered : undefined;
  return statusParameters(row, { type: 'query-status', last, events: [], foci: new Map(), content }) as { id: string };
}
