/** batch and transaction. https://hl7.org/fhir/R4/http.html#transaction */
import { Fault } from '../fault.ts';
import { checkClosed, type Entry, stepOf } from './bundle-entry.ts';
import { type ByteString, bytesOf } from './byte-string.ts';
import type { Context } from './context.ts';
import { checkValid } from './invalid.ts';
import { answerOf } from './outcome.ts';
import { perform } from './perform.ts';
import type { Reply } from './reply.ts';
import type { Asked } from './resource.ts';
import { transact } from './transaction.ts';

/** Of a Bundle that is performed; each entry costs as much as a request. */
const mostEntries = 500;

/** @throws Fault for what is no such Bundle, and for a transaction of which one entry fails: then nothing has been done */
export async function performBundle(context: Context, asked: Asked, body: unknown): Promise<Reply> {
  const { type, entries } = parseBundle(body);
  const replies = type === 'batch' ? await batch(context, asked, entries) : await transact(context, asked, entries);
  const entry = replies.map(entryOf).join(',');
  const head = `{"resourceType":"Bundle","type":"${type}-response"`;
  return { status: 200, headers: {}, body: entries.length === 0 ? `${head}}` : `${head},"entry":[${entry}]}` };
}

function parseBundle(body: unknown): { type: 'batch' | 'transaction'; entries: readonly Entry[] } {
  const bundle = (body ?? {}) as { resourceType?: unknown; type?: unknown; entry?: readonly Entry[] };
  if (bundle.resourceType !== 'Bundle' || (bundle.type !== 'batch' && bundle.type !== 'transaction'))
    throw new Fault('bad-structure', 'Send a Bundle whose type is "batch" or "transaction".', {
      expression: bundle.resourceType === 'Bundle' ? 'Bundle.type' : 'resourceType',
    });
  const { entry = [] } = bundle;
  if (Array.isArray(entry) && entry.length > mostEntries)
    throw new Fault('too-large', `A Bundle has ${mostEntries} entries at most: send several.`, {
      expression: 'Bundle.entry',
    });
  // The resources are checked one by one, when their turn comes: in a batch, a bad one does not keep the others from it.
  checkValid(bundle, { frameOnly: true });
  return { type: bundle.type, entries: entry };
}

async function batch(context: Context, asked: Asked, entries: readonly Entry[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  // One after another: a client that sends 500 at once shall not have 500 connections.
  for (const [i, entry] of entries.entries())
    replies.push(
      await Promise.resolve()
        .then(() => stepOf(context, asked, entry, i))
        .then((step) => {
          checkClosed(step.body, `${step.path}.resource`);
          return perform(context, step.asked, step.call, step.body);
        })
        .catch((error: unknown) => replyOfError(context, error)),
    );
  return replies;
}

function replyOfError(context: Context, error: unknown): Reply {
  const { status, headers, body, ours } = answerOf(error);
  if (ours) context.log.error({ err: error }, 'an entry of a batch failed');
  return { status, headers, body: bytesOf(body) };
}

function entryOf({ status, headers, body }: Reply): ByteString {
  const { location, etag } = headers;
  const modified = headers['last-modified'];
  const response = {
    status: String(status),
    ...((location ?? headers['content-location']) && { location: location ?? headers['content-location'] }),
    ...(etag !== undefined && { etag }),
    ...(modified !== undefined && { lastModified: new Date(modified).toISOString() }),
  };
  const text = bytesOf(JSON.stringify(response));
  if (body === undefined) return `{"response":${text}}`;
  if (status >= 400) return `{"response":${text.slice(0, -1)},"outcome":${body}}}`;
  return `{"resource":${body},"response":${text}}`;
}
