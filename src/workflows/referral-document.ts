/** The ServiceRequest as which a referral of a queue is seen: `on-hold` until the queue has confirmed, then as it stands there. */
import { hash } from 'node:crypto';
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
import { withResult } from './referral-result.ts';

/** R4's own extension: why a request is in the status in which it is. http://hl7.org/fhir/R4/extension-request-statusreason.html */
export const statusReasonUrl = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
/** What became of the last step that was asked for, as long as the queue does not show it: a text, Russian. */
export const stepUrl = 'https://medmost.ru/fhir/StructureDefinition/referral-step';

export type ReferralStanding = 'on-hold' | FoundReferral | { readonly revoked: string };

/** What is told of a referral by its next version; all that is not said stays as it was. */
export interface Telling {
  readonly standing?: ReferralStanding | undefined;
  /** What it says beside how it stands, where another clinic says that. */
  readonly content?: Resource | undefined;
  /** Of a step that is not known to be done. */
  readonly note?: string | undefined;
}

/** Told apart from one that has changed, by its text and by what others say of it. */
export function standingText({ status, text, record, place }: FoundReferral): string {
  const digest = record === undefined ? '' : ` ${hash('sha1', JSON.stringify(record)).slice(0, 16)}`;
  return `${status.code} ${text}${place === undefined ? '' : ` → ${place}`}${digest}`;
}

/** Writes the next version, inside a transaction of `retrying`. */
export async function writeReferral(
  context: BookingContext,
  db: Queryable,
  row: ReferralRow,
  { standing, content, note }: Telling,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'ServiceRequest', row.id);
  const kept = () => (current === undefined ? (parseKept(row.content ?? '{}') as Resource) : contentOf(current.body));
  const before: Resource = { ...(content ?? kept()), id: row.id };
  const clinic = context.clinics.byNumber(row.clinic)!;
  const told =
    standing === undefined
      ? before
      : placedAs(standingAs(before, standing, clinic.referrals?.numbers), standing, clinic.referrals?.places);
  const resource = withNote(told, note);
  const origin = { clinic: row.clinic, zone: clinic.zone, ...(row.incoming && { patient: row.patient }) };
  const document = stampDocument(
    draftDocument(withResult(resource, standing, clinic.referrals?.places), origin, context.parameters),
    (current?.version ?? 0) + 1,
    context.clock(),
  );
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

/** Whom the queue has it for, where it tells: that may have been changed there. @param places system of the codes of clinics */
function placedAs(before: Resource, standing: ReferralStanding, places: string | undefined): Resource {
  const place = typeof standing === 'object' && 'place' in standing ? standing.place : undefined;
  if (place === undefined) return before;
  const performers = (before['performer'] ?? []) as { identifier?: { system?: string; value?: string } }[];
  if (performers.some(({ identifier }) => identifier?.system === places && identifier?.value === place)) return before;
  const others = performers.filter(({ identifier }) => identifier?.system !== places);
  return { ...before, performer: [...others, { identifier: { system: places, value: place } }] };
}

const listOf = (resource: Resource, name: string) => (resource[name] ?? []) as { readonly [name: string]: unknown }[];

const withReason = (before: Resource, valueCodeableConcept: object) => ({
  extension: [...without(before, [statusReasonUrl]), { url: statusReasonUrl, valueCodeableConcept }],
});

function withNote(resource: Resource, note: string | undefined): Resource {
  const others = without(resource, [stepUrl]);
  const extension = note === undefined ? others : [...others, { url: stepUrl, valueString: note }];
  const { extension: _, ...rest } = resource;
  return (extension.length === 0 ? rest : { ...rest, extension }) as Resource;
}

const without = (resource: Resource, urls: readonly string[]) =>
  listOf(resource, 'extension').filter(({ url }) => !urls.includes(String(url)));

/** All that does not say how it stands. */
export function wishOfReferral({ status, extension, meta, ...rest }: Resource): object {
  return { ...rest, extension: without({ extension, ...rest } as Resource, [statusReasonUrl, stepUrl]) };
}

/** What a client says of why it is revoked. */
export function reasonOf(resource: Resource): string | undefined {
  const found = listOf(resource, 'extension').find(({ url }) => url === statusReasonUrl);
  const { coding, text } = (found?.['valueCodeableConcept'] ?? {}) as { coding?: unknown; text?: string };
  // One with a coding is the queue's, sent back.
  return coding === undefined ? text?.slice(0, 200) : undefined;
}
