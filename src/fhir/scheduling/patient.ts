/** The Patient of `$book` who comes along as a resource: found again by an identifier, else created. */
import type { Resource } from '../../store/resource.ts';
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import type { Asked, ResourceDeclaration } from '../resource.ts';
import { create } from '../write.ts';

interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

/**
 * As POST Patient with `If-None-Exist: identifier=…` would, in the clinic of the Slot; so a repeated request makes no second Patient.
 * @throws Fault forbidden, multiple-matches and whatever is wrong with the resource
 */
export async function patientOfResource(
  context: Context,
  asked: Asked,
  clinic: number,
  resource: Resource,
): Promise<string> {
  const { id, ...content } = resource;
  const identifiers = (content['identifier'] ?? []) as Identifier[];
  const known = identifiers.find((i) => i.system !== undefined && i.value !== undefined);
  const { 'if-none-exist': _, ...headers } = asked.headers;
  const condition = known && `identifier=${encodeURIComponent(`${escaped(known.system!)}|${escaped(known.value!)}`)}`;
  const inside: Asked = {
    ...asked,
    viewer: { ...asked.viewer, clinics: [clinic] },
    headers: { ...headers, prefer: undefined, ...(condition !== undefined && { 'if-none-exist': condition }) },
  };
  const reply = await create(context, inside, onlyWithRight(context.declarations.get('Patient')!), content);
  return (JSON.parse(textOf(reply.body!)) as Resource).id!;
}

const escaped = (text: string) => text.replace(/[\\,|$]/g, (x) => `\\${x}`);

/** To find a Patient by his identifier is part of booking; to make one is not. */
const onlyWithRight = (declaration: ResourceDeclaration): ResourceDeclaration => ({
  ...declaration,
  async create(context, asked, body) {
    checkMay(asked.principal, 'Patient', 'c');
    return declaration.create!(context, asked, body);
  },
});
