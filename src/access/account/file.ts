/** Keeps Person and RelatedPerson in step with the tables: called by whatever changes an account or its cards, in its transaction. */
import { isDeepStrictEqual } from 'node:util';
import { type Queryable, transaction } from '../../postgres.ts';
import { contentOf, prepareDocument } from '../../store/document.ts';
import { deleteDocument, putDocument } from '../../store/documents.sql.ts';
import type { Resource } from '../../store/resource.ts';
import { everybody } from '../../store/visibility.ts';
import { lockAccount } from './account.sql.ts';
import type { AccountContext } from './account.ts';
import {
  deleteCard,
  ensureDefault,
  type FileDocument,
  readCards,
  readEndedCards,
  readFileDocuments,
  renewVacant,
} from './card.sql.ts';
import { personOf, relatedPersonsOf } from './person.ts';

type Ground = Pick<AccountContext, 'parameters' | 'clock'>;

/**
 * Writes the versions that the tables call for, and deletes what they do not. What has not changed is not written.
 * @param db inside a transaction; the account's row is locked until it ends
 */
export async function writeFile(context: Ground, db: Queryable, account: string): Promise<void> {
  const row = await lockAccount(db, account);
  if (row === undefined || row.state === 'erased') return;
  await ensureDefault(db, account);
  const cards = await readCards(db, account, new Date(context.clock()));
  const others = cards.filter((c) => c.relation !== 'self');
  const wanted = [personOf(row, cards), ...others.flatMap((card) => relatedPersonsOf(row, card))];
  const known = await readFileDocuments(db, account);
  for (const resource of wanted) await write(context, db, account, resource, known);
  const gone = known.filter((k) => !wanted.some((w) => w.id === k.id));
  for (const { type, id, version } of gone) await deleteDocument(db, type, id, version, new Date(context.clock()));
  const vacated = others.filter((c) => gone.some((g) => g.id === c.vacant)).map((c) => c.id);
  if (vacated.length > 0) await renewVacant(db, vacated);
}

async function write(
  { parameters, clock }: Ground,
  db: Queryable,
  account: string,
  resource: Resource,
  known: readonly FileDocument[],
): Promise<void> {
  const before = known.find((k) => k.id === resource.id);
  if (before !== undefined && isDeepStrictEqual(contentOf(before.body), plain(resource))) return;
  const origin = { clinic: everybody, zone: 'Europe/Moscow', patient: account };
  const document = prepareDocument(resource, (before?.version ?? 0) + 1, clock(), origin, parameters);
  if (!(await putDocument(db, document))) throw new Error(`${resource.resourceType} was written by somebody else`);
}

const plain = (resource: Resource) => JSON.parse(JSON.stringify(resource)) as Resource;

/** Ends what has come to its end: children that are of age leave the card file. @returns how many did */
export async function endCards(context: AccountContext): Promise<number> {
  const ended = await readEndedCards(context.pool, new Date(context.clock()));
  for (const { account, card } of ended)
    await transaction(context.pool, async (db) => {
      await lockAccount(db, account);
      await deleteCard(db, account, card);
      await writeFile(context, db, account);
    });
  return ended.length;
}
