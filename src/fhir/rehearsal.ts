/** Whether a write would succeed: it is done and taken back. Nobody else ever sees it. */
import { Fault } from '../fault.ts';
import { parseResource } from './body.ts';
import { type Context, transacted } from './context.ts';
import { checkEntitled } from './entitlement.ts';
import type { Asked, ResourceDeclaration } from './resource.ts';

export type Write =
  | { readonly interaction: 'create' | 'update'; readonly resource: object; readonly id: string | undefined }
  | { readonly interaction: 'delete'; readonly id: string };

/**
 * @returns why it would be refused, or undefined. Of what writes through to a MIS only that is looked at which needs nothing but
 * the resource: the MIS is not asked.
 */
export async function rehearse(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  write: Write,
): Promise<Fault | undefined> {
  const { type, interactions } = declaration;
  if (!interactions.includes(write.interaction))
    return new Fault(
      'not-supported',
      `There is no ${write.interaction} of ${type} here, only: ${interactions.join(', ')}.`,
    );
  try {
    checkEntitled(asked, { interaction: write.interaction, type });
    if (await writesThrough(context, declaration, write)) checkAlone(asked, declaration, write);
    else await takenBack(context, (inside) => perform(inside, asked, declaration, write));
    return undefined;
  } catch (error) {
    if (error instanceof Fault && error.status < 500) return error;
    throw error;
  }
}

async function writesThrough(context: Context, declaration: ResourceDeclaration, write: Write): Promise<boolean> {
  if (declaration.writesThrough) return true;
  if (write.interaction !== 'update' || write.id === undefined) return false;
  return (await declaration.through?.(context, write.id)) === true;
}

function checkAlone(asked: Asked, { type, check }: ResourceDeclaration, write: Write): void {
  if (write.interaction === 'create') check?.(asked, parseResource(type, write.resource));
}

async function perform(context: Context, asked: Asked, declaration: ResourceDeclaration, write: Write): Promise<void> {
  const { type, create, update, remove } = declaration;
  if (write.interaction === 'delete') return remove!(context, asked, write.id);
  const body = parseResource(type, write.resource);
  if (write.interaction === 'create') await create!(context, asked, body);
  else if (write.id !== undefined) await update!(context, asked, write.id, body);
}

/** In a transaction that is open already, all that it did before is left as it is. */
async function takenBack(context: Context, work: (inside: Context) => Promise<void>): Promise<void> {
  await transacted(context, async (inside) => {
    await inside.db.query('savepoint rehearsal');
    try {
      await work(inside);
    } finally {
      await inside.db.query('rollback to savepoint rehearsal');
    }
  });
}
