/** The person of a gateway's answer, by the names that the settings give. */
import { z } from 'zod';
import type { Identity } from '../../identity.ts';
import { failure } from './failure.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { birthDate, name, oid, snils, text } from './person-answer.ts';

const person = z.object({
  subject: oid,
  family: name,
  given: name,
  patronymic: name.optional(),
  birthDate: birthDate.optional(),
  gender: z
    .enum(['M', 'F', 'male', 'female'])
    .transform((code) => (code.toLowerCase().startsWith('m') ? ('male' as const) : ('female' as const)))
    .optional(),
  snils: snils.optional(),
  confirmed: z.boolean().default(false),
  email: text.optional(),
  phone: z
    .string()
    .transform((written) => `+${written.replaceAll(/\D/g, '')}`)
    .refine((number) => /^\+\d{10,15}$/.test(number))
    .optional(),
});

type Member = keyof GatewaySettings['members'];

/** Absent, null and empty are one and the same. Gateways tell of no children. @throws IdentityError `esia-person` */
export function gatewayIdentity(answer: Readonly<Record<string, unknown>>, settings: GatewaySettings): Identity {
  const place = settings.person === '' ? answer : answer[settings.person];
  const source = place !== null && typeof place === 'object' ? (place as Record<string, unknown>) : {};
  const members = Object.entries(settings.members) as [Member, string][];
  const told = members
    .map(([member, key]) => [member, Object.hasOwn(source, key) ? source[key] : undefined] as const)
    .filter(([member, value]) => value !== undefined && value !== null && value !== '' && isPassedOn(member, settings));
  const result = person.safeParse(Object.fromEntries(told));
  if (!result.success) {
    const places = result.error.issues.map((issue) => issue.path.join('.'));
    throw failure('esia-person', new Error(`the person cannot be read at ${places.join(', ')}`));
  }
  return { ...(withoutUndefined(result.data) as Omit<Identity, 'children'>), children: [] };
}

const isPassedOn = (member: Member, { contactsVerified }: GatewaySettings) =>
  contactsVerified || (member !== 'email' && member !== 'phone');

const withoutUndefined = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
