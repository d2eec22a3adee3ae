/** A ServiceRequest that belongs into the queue of referrals of a region (УО): known, read, and written through to it. */
import { randomUUID } from 'node:crypto';
import type { Clinic, ReferralInput } from '../connectors/clinic.ts';
import { MappingError } from '../connectors/mapping.ts';
import { Fault } from '../fault.ts';
import { contentOf } from '../store/document.ts';
import { readDocument } from '../store/documents.sql.ts';
import { type Reference, type Resource, referencedId } from '../store/resource.ts';
import type { Referral } from '../workflows/referral.ts';
import type { ReferralAnswer } from '../workflows/referral-answer.ts';
import { reasonOf, wishOfReferral } from '../workflows/referral-document.ts';
import { readSeen } from '../workflows/waiting.sql.ts';
import type { Context } from './context.ts';
import { isSame, originOf, putVersion } from './kept.ts';
import { checkVersion } from './precondition.ts';
import { notFound } from './read.ts';
import { checkReferences } from './references.ts';
import type { Asked, Written } from './resource.ts';

const type = 'ServiceRequest';
const pendingRetrySeconds = 2;

interface Destined {
  readonly clinic: Clinic;
  readonly patient: Resource;
}

/** Where it is to be registered; undefined: nowhere, it is kept here alone. */
export async function destinationOf(context: Context, asked: Asked, body: Resource): Promise<Destined | undefined> {
  const systems = systemsOf(body);
  if (body['status'] !== 'active' || body['intent'] !== 'order') return undefined;
  if (!context.clinics.all.some(({ referrals }) => referrals !== undefined && systems.has(referrals.category)))
    return undefined;
  const id = referencedId(body['subject'] as Reference | undefined, 'Patient');
  const person = id && (await readSeen(context.db, asked.viewer, 'Patient', id));
  const clinic = person ? context.clinics.byNumber(person.clinic) : undefined;
  if (!person || clinic?.referrals === undefined || !systems.has(clinic.referrals.category)) return undefined;
  return { clinic, patient: JSON.parse(person.body) as Resource };
}

function systemsOf(body: Resource): ReadonlySet<string> {
  const categories = (body['category'] ?? []) as { coding?: { system?: string }[] }[];
  return new Set(categories.flatMap(({ coding = [] }) => coding.flatMap(({ system }) => system ?? [])));
}

/** @throws Fault business-rule, transient, frozen */
export async function createReferral(
  context: Context,
  asked: Asked,
  body: Resource,
  { clinic, patient }: Destined,
): Promise<Written> {
  await checkReferences(context, asked, body);
  const id = asked.newId ?? randomUUID();
  const content = contentOf(JSON.stringify({ ...body, id }));
  const input = { resource: content, patient, ...(await doctorOf(context, asked, body)), booking: id };
  const request = await requestOf(clinic, input);
  const referral: Referral = { id, clinic, patient: patient.id!, content, request };
  if (context.db === context.pool) return written(await context.referring.refer(asked.viewer, referral), 201);
  // Nothing is sent out of a transaction, which could be taken back: what is asked for is written with it.
  await context.referring.enqueue(context.db, referral);
  const origin = await originOf(context, asked, clinic.number, body);
  return putVersion(context, origin, { ...content, status: 'on-hold' }, 1);
}

/** @throws Fault business-rule when the queue would refuse it for certain */
async function requestOf(clinic: Clinic, input: ReferralInput): Promise<object> {
  const request = await clinic.referralRequest(input).catch((error: unknown) => {
    throw error instanceof MappingError ? unfit('Направление неверно заполнено.', error) : error;
  });
  const text = clinic.referrals!.unfit(request);
  if (text !== undefined) throw unfit(text);
  return request;
}

const unfit = (text: string, cause?: unknown): Fault =>
  new Fault('business-rule', text, { code: 'referral-unfit', ...(cause !== undefined && { cause }) });

async function doctorOf(
  context: Context,
  asked: Asked,
  body: Resource,
): Promise<Pick<ReferralInput, 'doctor' | 'role'>> {
  const read = async (kind: string, reference: unknown): Promise<Resource | undefined> => {
    const id = referencedId(reference as Reference | undefined, kind);
    const found = id && (await readDocument(context.db, asked.viewer, kind, id));
    return found ? (JSON.parse(found.body) as Resource) : undefined;
  };
  const role = await read('PractitionerRole', body['requester']);
  const doctor = await read('Practitioner', role === undefined ? body['requester'] : role['practitioner']);
  return { ...(doctor !== undefined && { doctor }), ...(role !== undefined && { role }) };
}

/** Of one that is registered only the status changes, to `revoked`: the queue has the rest. @throws Fault business-rule */
export async function changeReferral(context: Context, asked: Asked, id: string, body: Resource): Promise<Written> {
  const current = await readDocument(context.db, asked.viewer, type, id);
  if (current === undefined) throw notFound(type);
  checkVersion(asked.headers['if-match'], current.version);
  const before = contentOf(current.body);
  if (isSame(before, contentOf(JSON.stringify({ ...body, id })))) return { status: 200, type, ...current };
  const isWish = isSame(wishOfReferral(before) as Resource, wishOfReferral({ ...body, id }) as Resource);
  if (!isWish || body['status'] !== 'revoked')
    throw new Fault(
      'business-rule',
      'This referral is registered in the queue of referrals: only its status can be changed, to "revoked".',
      { code: 'referral-registered', expression: `${type}.status` },
    );
  if (context.db !== context.pool)
    throw new Fault('business-rule', 'Its withdrawal from the queue of referrals cannot be undone: send it alone.', {
      code: 'not-in-transaction',
    });
  return written(await context.referring.revoke(asked.viewer, id, reasonOf(body)), 200);
}

/** @param whole status when the queue has said what becomes of it */
export function written({ outcome, document }: ReferralAnswer, whole: 200 | 201): Written {
  if (outcome === 'done') return { ...document, type, status: whole };
  return { ...document, type, status: 202, retryAfter: pendingRetrySeconds };
}

/** @throws Fault conflict */
export async function checkNotRegistered(context: Context, id: string): Promise<void> {
  if (await context.referring.knows(context.db, id))
    throw new Fault('conflict', 'This referral is registered in the queue of referrals: revoke it first.', {
      code: 'referral-registered',
    });
}
