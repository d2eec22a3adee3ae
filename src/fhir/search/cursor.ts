/**
 * Links of pages: opaque to clients, without personal data that could be read. A link holds where a page ended and not which
 * resource ended it, so that it leads on when that one has been changed or deleted.
 */
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { Fault } from '../../fault.ts';
import type { Database } from '../../postgres.ts';

export interface Cursor {
  /** What the page next to it is ordered by, as text; null where a resource has no such value. The last one is never equal. */
  readonly at: readonly (string | null)[];
  /** The page before `at` and not the one behind it. */
  readonly back?: boolean;
  /** Not the matches, but what is included with them, behind this `Type/id`. */
  readonly rest?: string;
}

export interface Cursors {
  /** @param personal its values are sealed, for addresses are logged; else they can be read */
  encode(cursor: Cursor, personal: boolean): string;
  /** @throws Fault gone for a cursor of another installation, bad-value for a text that is none */
  decode(text: string): Cursor;
}

/** The key of an installation is in its database, so that all hubs on it understand each other's links. */
export async function openCursors(pool: Database): Promise<Cursors> {
  const { rows } = await pool.query<{ secret: Buffer; cluster: string }>(
    'select secret, (select system_identifier::text from pg_control_system()) as cluster from page_key',
  );
  const { secret, cluster } = rows[0]!;
  const epoch = hash('sha256', `${secret.toString('hex')} ${cluster}`, 'hex').slice(0, 8);
  return {
    encode(cursor, personal) {
      const text = JSON.stringify(cursor);
      return personal ? `${epoch}s${seal(secret, text)}` : `${epoch}p${Buffer.from(text).toString('base64url')}`;
    },
    decode(text) {
      const [, from, form, content] = /^([0-9a-f]{8})([ps])([\w-]{2,4000})$/.exec(text) ?? [];
      if (content === undefined) throw unknown();
      if (from !== epoch)
        throw new Fault('gone', 'This page link is of another time of this server: search again from the first page.', {
          expression: 'http._cursor',
        });
      return parse(form === 's' ? open(secret, content) : Buffer.from(content, 'base64url').toString());
    },
  };
}

const algorithm = 'aes-256-gcm';
const [ivLength, tagLength] = [12, 16];

function seal(key: Buffer, text: string): string {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv(algorithm, key, iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @throws Fault for what was not sealed by us */
function open(key: Buffer, content: string): string {
  const bytes = Buffer.from(content, 'base64url');
  const body = ivLength + tagLength;
  if (bytes.length < body) throw unknown();
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
    decipher.setAuthTag(bytes.subarray(ivLength, body));
    return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]).toString();
  } catch {
    throw unknown();
  }
}

function parse(text: string): Cursor {
  try {
    const { at, back, rest } = JSON.parse(text) as Partial<Record<keyof Cursor, unknown>>;
    const isValue = (v: unknown) => v === null || (typeof v === 'string' && v.length < 1000);
    if (
      Array.isArray(at) &&
      at.every(isValue) &&
      (rest === undefined || /^[A-Za-z]+\/[0-9a-f-]{36}$/.test(String(rest)))
    )
      return { at, back: back === true, ...(rest !== undefined && { rest: String(rest) }) };
  } catch {
    // falls through to the one answer for every text that is no cursor
  }
  throw unknown();
}

const unknown = () =>
  new Fault('bad-value', 'This page link is not one of ours. Follow the links of the Bundle as they are.', {
    expression: 'http._cursor',
  });
