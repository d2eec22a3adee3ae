/** Person: an account and its card file, seen by its owner and by moderators. https://hl7.org/fhir/R4/person.html */
import { lockAccount } from '../../access/account/account.sql.ts';
import { foldLogin } from '../../access/account/account.ts';
import { type CardRow, readCards, unlinkPatient } from '../../access/account/card.sql.ts';
import { changeName, chooseDefault, removeRelated, requestEmail } from '../../access/account/change.ts';
import { writeFile } from '../../access/account/file.ts';
import { type Queryable, transaction } from '../../postgres.ts';
import { contentOf } from '../../store/document.ts';
import { readDocument } from '../../store/documents.sql.ts';
import type { Resource } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import { type PersonChange, personChange } from '../person-change.ts';
import { checkVersion } from '../precondition.ts';
import { notFound } from '../read.ts';
import { type Asked, type ResourceDeclaration, readOnly, type Written } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Person',
  documentation:
    'An account: its owner, whom it acts for (links to Patients and RelatedPersons), how it stands (a tag). The owner changes name, e-mail and default person.',
  interactions: [...readOnly, 'update', 'patch'],
  notServed: { clinic: 'an account belongs to no clinic' },
  writesThrough: true,
  update,
};

export default declaration;

/** Accounts are of no clinic: behind the wall of a clinic their tables are not there. */
async function update(context: Context, asked: Asked, id: string, body: Resource): Promise<Written> {
  if (asked.principal.account !== id) throw notFound('Person');
  const { accounts } = context;
  return transaction(accounts.pool, async (db) => {
    const account = await lockAccount(db, id);
    const current = await readDocument(db, asked.viewer, 'Person', id);
    if (account === undefined || current === undefined) throw notFound('Person');
    checkVersion(asked.headers['if-match'], current.version);
    const change = personChange(contentOf(current.body), body);
    const cards = await readCards(db, id, new Date(context.clock()));
    if (change.name !== undefined) await changeName(accounts, db, account, change.name);
    await unlink(db, id, cards, change);
    if (change.chosen !== undefined) await chooseDefault(db, id, cards, change.chosen);
    const { email } = change;
    const isNew = email !== undefined && foldLogin(email) !== foldLogin(account.email ?? '');
    if (isNew) await requestEmail(accounts, db, account, email);
    await writeFile(accounts, db, id);
    const written = (await readDocument(db, asked.viewer, 'Person', id))!;
    // The new address stands in it when the letter's link has been opened.
    return { status: isNew ? 202 : 200, type: 'Person', ...written };
  });
}

async function unlink(db: Queryable, id: string, cards: readonly CardRow[], { unlinked }: PersonChange): Promise<void> {
  const self = cards.find((c) => c.relation === 'self');
  for (const reference of unlinked) {
    const [type, target = ''] = reference.split('/');
    if (type === 'RelatedPerson') await removeRelated(db, id, cards, target);
    else if (self !== undefined) await unlinkPatient(db, self.id, target);
  }
}
