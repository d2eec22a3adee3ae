/**
 * Subscription/$get-ws-binding-token.
 * https://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition-backport-subscription-get-ws-binding-token.html
 */
import { hash, randomBytes } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { fhirInstant } from '../../instant.ts';
import { isId } from '../../store/resource.ts';
import { readSubscriptionsOf } from '../../workflows/subscription.sql.ts';
import { ownerOf, type Subscriber } from '../../workflows/subscription.ts';
import { insertToken } from '../../workflows/subscription-token.sql.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { websocketUrl } from '../subscription/websocket.ts';

/** After it the websocket is told nothing more, unless it was bound anew. */
const seconds = 3600;

const declaration: OperationDeclaration = {
  code: 'get-ws-binding-token',
  title: 'Token for a websocket',
  documentation:
    `A token with which a websocket is bound to subscriptions of yours: send "bind-with-token <token>" at websocket-url. It is valid for ${seconds / 60} minutes, ` +
    'and so is what was bound with it. Answers 200; 422 when none of the subscriptions has the channel websocket.',
  base: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token',
  types: ['Subscription'],
  levels: ['type', 'instance'],
  affectsState: true,
  needs: [['Subscription', 'r']],
  parameters: [
    input('id', '0..*', 'id', 'For which subscriptions; for all of yours with the channel websocket when absent.'),
    output('token', '1..1', 'string', 'To be sent by the websocket.'),
    output('expiration', '1..1', 'dateTime', 'Until when it is valid.'),
    output('subscription', '0..*', 'string', 'For which subscriptions.'),
    output('websocket-url', '1..1', 'url', 'Where to connect.'),
  ],
  handle,
};

export default declaration;

async function handle(context: Context, asked: Asked, { id, parameters }: OperationCall): Promise<Reply> {
  const ids = id === undefined ? (parameters.all('id') as string[]) : [id];
  const owner = ownerOf(asked.principal);
  const mine = await readSubscriptionsOf(context.db, owner, ids.length === 0 ? undefined : ids.filter(isId));
  if (mine.length < ids.length) throw new Fault('not-found', 'There is no such Subscription.');
  const sockets = mine.filter((row) => row.terms.channel === 'websocket');
  if (sockets.length === 0 || (ids.length > 0 && sockets.length < ids.length))
    throw new Fault('business-rule', 'Only a Subscription with the channel websocket is bound by a token.');
  const token = randomBytes(32).toString('base64url');
  const now = context.clock();
  const expires = new Date(now + seconds * 1000);
  const subscriptions = sockets.map((row) => row.id);
  await insertToken(
    context.db,
    hash('sha256', token, 'buffer'),
    { subscriptions, bearer: bearerOf(asked), expires },
    new Date(now),
  );
  return replyWith({
    resourceType: 'Parameters',
    parameter: [
      { name: 'token', valueString: token },
      { name: 'expiration', valueDateTime: fhirInstant(expires.getTime()) },
      ...subscriptions.map((s) => ({ name: 'subscription', valueString: s })),
      { name: 'websocket-url', valueUrl: websocketUrl(asked.base) },
    ],
  });
}

/** Without the card file, which is looked up anew. */
const bearerOf = ({ principal }: Asked): Subscriber => {
  const { cards: _cards, limited: _limited, account: _account, ...bearer } = principal;
  return bearer;
};
