/** RelatedPerson: the owner of an account, to another person of his card file. https://hl7.org/fhir/R4/relatedperson.html */
import { lockAccount } from '../../access/account/account.sql.ts';
import { readCards } from '../../access/account/card.sql.ts';
import { removeRelated } from '../../access/account/change.ts';
import { writeFile } from '../../access/account/file.ts';
import { transaction } from '../../postgres.ts';
import { readDocument } from '../../store/documents.sql.ts';
import type { Context } from '../context.ts';
import { checkVersion } from '../precondition.ts';
import { type Asked, type ResourceDeclaration, readOnly } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'RelatedPerson',
  documentation:
    "A person of an account's card file other than its owner, at one clinic: what the owner is to that Patient. Deleting it takes the person out of the file.",
  interactions: [...readOnly, 'delete'],
  notServed: { clinic: 'an account belongs to no clinic' },
  writesThrough: true,
  remove,
};

export default declaration;

async function remove(context: Context, asked: Asked, id: string): Promise<void> {
  const { account } = asked.principal;
  if (account === undefined) return;
  const { accounts } = context;
  await transaction(accounts.pool, async (db) => {
    await lockAccount(db, account);
    const current = await readDocument(db, asked.viewer, 'RelatedPerson', id);
    if (current === undefined) return;
    checkVersion(asked.headers['if-match'], current.version);
    const cards = await readCards(db, account, new Date(context.clock()));
    if (await removeRelated(db, account, cards, id)) await writeFile(accounts, db, account);
  });
}
