/** The ServiceRequest as which a registered referral is seen: `on-hold` until the queue has confirmed, then as it stands there. */
import type { FoundReferral } from '../connectors/referral-ability.ts';
import type { Queryable } from '../postgres.ts';
import { parseKept } from '../r4/json-reader.ts';
import { contentOf, draftDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { VersionRace } from './appointment-document.ts';
import type { BookingContext } from './conclusion.ts';
import type { ReferralRow } from './referral.sql.ts';

/** R4's own extension: why a request is in the status in which it is. http://hl7.org/fhir/R4/extension-request-statusreason.html */
export const statusReasonUrl = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';

export type ReferralStanding = 'on-hold' | FoundReferral | { readonly revoked: string };

/** Told apart from one that has changed, by its text. */
export const standingText = ({ status, text }: FoundReferral): string => `${status.code} ${text}`;

/** Writes the next version, inside a transaction of `retrying`. */
export async function writeReferral(
  context: BookingContext,
  db: Queryable,
  row: ReferralRow,
  standing: ReferralStanding,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'ServiceRequest', row.id);
  const before = current === undefined ? (parseKept(row.content ?? '{}') as Resource) : contentOf(current.body);
  const clinic = context.clinics.byNumber(row.clinic)!;
  const resource = standingAs({ ...before, id: row.id }, standing, clinic.referrals?.numbers);
  const draft = draftDocument(resource, { clinic: row.clinic, zone: clinic.zone }, context.parameters);
  const document = stampDocument(draft, (current?.version ?? 0) + 1, context.clock());
  if (!(await putDocument(db, document))) throw new VersionRace();
}

/** @param numbers system of the numbers of the queue */
export function standingAs(before: Resource, standing: ReferralStanding, numbers: string | undefined): Resource {
  if (standing === 'on-hold') return { ...before, status: 'on-hold' };
  if ('revoked' in standing) return { ...before, status: 'revoked', ...withReason(before, { text: standing.revoked }) };
  const { state, status, text, reference } = standing;
  const others = listOf(before, 'identifier').filter((identifier) => identifier['system'] !== numbers);
  return {
    ...before,
    status: state,
    identifier: [...others, { system: numbers, value: reference }],
    ...withReason(before, { coding: [status], text }),
  };
}

const listOf = (resource: Resource, name: string) => (resource[name] ?? []) as { readonly [name: string]: unknown }[];

const withReason = (before: Resource, valueCodeableConcept: object) => ({
  extension: [...withoutReason(before), { url: statusReasonUrl, valueCodeableConcept }],
});

const withoutReason = (resource: Resource) =>
  listOf(resource, 'extension').filter(({ url }) => url !== statusReasonUrl);

/** All that does not say how it stands. */
export function wishOfReferral({ status, extension, meta, ...rest }: Resource): object {
  return { ...rest, extension: withoutReason({ extension, ...rest } as Resource) };
}

/** What a client says of why it is revoked. */
export function reasonOf(resource: Resource): string | undefined {
  const found = listOf(resource, 'extension').find(({ url }) => url === statusReasonUrl);
  const { coding, text } = (found?.['valueCodeableConcept'] ?? {}) as { coding?: unknown; text?: string };
  // One with a coding is the queue's, sent back.
  return coding === undefined ? text?.slice(0, 200) : undefined;
}
