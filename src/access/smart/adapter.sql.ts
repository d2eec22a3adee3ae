/**
 * What oidc-provider keeps, in Postgres. Its models look, check and then consume; two requests at once would both pass, so that
 * consuming and remembering an assertion are decided here, each by one statement (protocols/smart.md §5).
 */
import { hash } from 'node:crypto';
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Queryable } from '../../postgres.ts';
import { clientId, metadataOf } from './client.ts';
import { findClient } from './clients.sql.ts';
import { arrivalOf } from './whence.ts';

/** Under which ids of tokens, grants, sessions are kept. */
export const digestOf = (id: string): string => hash('sha256', id, 'base64url');

/**
 * Seconds for which the loser of a race for a refresh token (two tabs, an answer that was lost) is refused and no more; after
 * that a used token means that it was stolen, and all that was granted with it ends.
 */
const grace = 5;

/**
 * Seconds that an answer to a code may take. Until it is given, `consumed` lies ahead, and whoever comes with the code is refused and no
 * more: to end the grant then would leave the token of the first one with nobody. After that the code was used before (RFC 6749, 4.1.2).
 */
const answering = 30;

interface Row {
  readonly payload: string;
  readonly consumed: number | null;
}

export function createAdapter(db: Queryable, model: string): Adapter {
  return model === 'Client' ? clients(db) : records(db, model);
}

function clients(db: Queryable): Adapter {
  const never = async () => {
    throw new Error('Clients are not written by the authorization server.');
  };
  return {
    async find(id) {
      const client = clientId.safeParse(id).success ? await findClient(db, id) : undefined;
      return client === undefined ? undefined : (metadataOf(client) as AdapterPayload);
    },
    upsert: never,
    findByUserCode: never,
    findByUid: never,
    consume: never,
    destroy: never,
    revokeByGrantId: never,
  };
}

function records(db: Queryable, model: string): Adapter {
  return {
    upsert: (id, payload, expiresIn) => write(db, model, id, payload, expiresIn!),
    async find(id) {
      const { rows } = await db.query<Row>({
        name: 'find_smart_record',
        text: `select payload, extract(epoch from consumed)::float8 as consumed from smart_record
               where model = $1 and id = $2 and ($1 <> 'Session' or expires > clock_timestamp())`,
        values: [model, digestOf(id)],
      });
      return rows[0] && { ...payloadOf(model, rows[0]), jti: id };
    },
    async findByUid(uid) {
      const { rows } = await db.query<Row>({
        name: 'find_smart_record_by_uid',
        text: `select payload, null as consumed from smart_record where model = $1 and uid = $2
               order by expires desc limit 1`,
        values: [model, digestOf(uid)],
      });
      return rows[0] && payloadOf(model, rows[0]);
    },
    // There is no device flow.
    findByUserCode: async () => undefined,
    consume: (id) => consume(db, model, id),
    destroy: (id) => destroy(db, model, id),
    async revokeByGrantId(id) {
      await db.query('delete from smart_record where model = $1 and grant_id = $2', [model, digestOf(id)]);
    },
  };
}

function payloadOf(model: string, { payload, consumed }: Row): AdapterPayload {
  const kept = JSON.parse(payload) as AdapterPayload;
  if (consumed === null) return kept;
  if (model === 'RefreshToken' && Date.now() / 1000 - consumed < grace) return kept;
  if (model === 'AuthorizationCode' && consumed > arrival()) return kept;
  return { ...kept, consumed: Math.floor(consumed) };
}

/** @throws InvalidClientAuth for an assertion that was used before */
async function write(db: Queryable, model: string, id: string, payload: AdapterPayload, seconds: number) {
  const { jti: _secret, ...kept } = payload;
  const { grantId, uid } = payload;
  const values = [
    model,
    digestOf(id),
    JSON.stringify(kept),
    grantId === undefined ? null : digestOf(grantId),
    uid === undefined ? null : digestOf(uid),
    seconds,
  ];
  const once = model === 'ReplayDetection';
  const { rowCount } = await db.query({
    name: once ? 'write_smart_record_once' : 'write_smart_record',
    text: `insert into smart_record (model, id, payload, grant_id, uid, expires)
           values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))
           on conflict (model, id) do ${
             once
               ? 'nothing'
               : `update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
                  expires = excluded.expires`
           }`,
    values,
  });
  if (rowCount === 0) throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
}

/** @throws InvalidGrant when another request was quicker */
async function consume(db: Queryable, model: string, id: string): Promise<void> {
  const { rowCount } = await db.query({
    name: 'consume_smart_record',
    text: `update smart_record set consumed = clock_timestamp() + make_interval(secs => $3)
           where model = $1 and id = $2 and consumed is null`,
    values: [model, digestOf(id), model === 'AuthorizationCode' ? answering : 0],
  });
  if (rowCount === 0) throw new errors.InvalidGrant('used by another request at the same time');
}

/** The first one with a code has its answer: from now on it was used before. */
export async function markAnswered(db: Queryable, code: string): Promise<void> {
  await db.query({
    name: 'mark_code_answered',
    text: `update smart_record set consumed = clock_timestamp() where model = 'AuthorizationCode' and id = $1`,
    values: [digestOf(code)],
  });
}

/**
 * Seconds since the epoch at which the request came that is being answered: the one before it may have its answer since then only. It is
 * held against the clock of Postgres; where that is apart by some milliseconds, a code that comes again within these is refused and no more.
 */
function arrival(): number {
  const { ctx } = Provider;
  return (ctx === undefined ? Date.now() : arrivalOf(ctx.req)) / 1000;
}

/** Seconds for which a session is found under the id that it had before: by tabs that go on at the same moment. */
const tabs = 10;

/** With a grant ends the access by tokens that are signed and kept nowhere: whoever checks them looks at `smart_grant`. */
async function destroy(db: Queryable, model: string, id: string): Promise<void> {
  const which = [model, digestOf(id)];
  // Whoever signs out has all of them deleted (`forgetSession`).
  if (model === 'Session')
    await db.query(
      `update smart_record set expires = least(expires, clock_timestamp() + make_interval(secs => ${tabs}))
       where model = $1 and id = $2`,
      which,
    );
  else await db.query('delete from smart_record where model = $1 and id = $2', which);
  if (model === 'Grant')
    await db.query('update smart_grant set ended = clock_timestamp() where id = $1 and ended is null', [digestOf(id)]);
}
