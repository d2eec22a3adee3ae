/** Resources that are kept here and have no other source: how they are created, updated and deleted. */
import { randomUUID } from 'node:crypto';
import { Fault } from '../fault.ts';
import { patientOf } from '../store/compartment.ts';
import { contentOf, type Origin, prepareDocument } from '../store/document.ts';
import { deleteDocument, hasReferrers, lockDocument, putDocument, readUnder } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { type Context, transacted } from './context.ts';
import { checkVersion } from './precondition.ts';
import { notFound } from './read.ts';
import { checkReferences, referencesOf } from './references.ts';
import type { Asked, ResourceDeclaration, Written } from './resource.ts';

export interface KeptRules {
  /** What R4 does not say. @param before undefined for a new one. @throws Fault business-rule */
  readonly check?: (body: Resource, before: Resource | undefined) => void;
  /** What is the hub's own in it: put back in place of what the client says of it. */
  readonly keep?: (body: Resource, before: Resource | undefined) => Resource;
  /** What is done in the transaction that writes it. @returns what is written */
  readonly attend?: (
    inside: Context,
    clinic: number,
    content: Resource,
    before: Resource | undefined,
  ) => Promise<Resource>;
  /** Looked at before it is deleted. @throws Fault conflict */
  readonly checkRemoval?: (context: Context, id: string) => Promise<void>;
}

type Writes = Required<Pick<ResourceDeclaration, 'create' | 'update' | 'remove'>>;

export function kept(type: string, rules: KeptRules = {}): Writes {
  const { keep = (body) => body, attend } = rules;
  async function create(context: Context, asked: Asked, body: Resource): Promise<Written> {
    rules.check?.(body, undefined);
    await checkReferences(context, asked, body);
    const clinic = await clinicOfNew(context, asked, body);
    const content = contentOf(JSON.stringify({ ...keep(body, undefined), id: asked.newId ?? randomUUID() }));
    const attended = (await attend?.(context, clinic, content, undefined)) ?? content;
    return putVersion(context, await originOf(context, asked, clinic, body), attended, 1);
  }
  return {
    create: (context, asked, body) =>
      attend === undefined
        ? create(context, asked, body)
        : transacted(context, (inside) => create(inside, asked, body)),
    update: (context, asked, id, body) =>
      transacted(context, async (inside) => {
        const current = await lockDocument(inside.db, asked.viewer, type, id);
        if (current === undefined) throw notFound(type);
        checkVersion(asked.headers['if-match'], current.version);
        const before = contentOf(current.body);
        rules.check?.(body, before);
        const content = contentOf(JSON.stringify({ ...keep(body, before), id }));
        if (isSame(before, content)) return { status: 200, type, ...current };
        await checkReferences(inside, asked, body);
        const attended = (await attend?.(inside, current.clinic, content, before)) ?? content;
        return putVersion(inside, await originOf(inside, asked, current.clinic, body), attended, current.version + 1);
      }),
    remove: (context, asked, id) =>
      transacted(context, async (inside) => {
        const current = await lockDocument(inside.db, asked.viewer, type, id);
        if (current === undefined) return;
        checkVersion(asked.headers['if-match'], current.version);
        await rules.checkRemoval?.(inside, id);
        if (await hasReferrers(inside.db, type, id))
          throw new Fault('conflict', `Other resources refer to this ${type}: delete or change them first.`, {
            code: 'referred-to',
          });
        await deleteDocument(inside.db, type, id, current.version, new Date(context.clock()));
      }),
  };
}

/** The order of members does not matter, and nothing is written that changes nothing. */
export function isSame(a: Resource, b: Resource): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** That of the patient it is about, else the only one of the token. */
export async function clinicOfNew(context: Context, asked: Asked, body: Resource): Promise<number> {
  const [only, ...others] = asked.viewer.clinics;
  if (only !== undefined && others.length === 0) return only;
  const patient = patientOf(body, false);
  const found = patient && (await lockDocument(context.db, asked.viewer, 'Patient', patient, 'key share'));
  if (found) return found.clinic;
  throw new Fault('business-rule', `The token must name exactly one clinic, whose ${body.resourceType} this becomes.`, {
    code: 'clinic-ambiguous',
  });
}

/** What a person writes is his account's; what belongs to a visit that was booked under one is shown with it (FEATURES A10). */
export async function originOf(
  context: Context,
  { principal }: Asked,
  clinic: number,
  body: Resource,
): Promise<Origin> {
  const { role, account } = principal;
  const place = { clinic, zone: context.clinics.byNumber(clinic)!.zone };
  if (role === 'patient' && account !== undefined) return { ...place, account };
  const visits = [...referencesOf(body, '')]
    .map(([, { reference }]) => /^(Appointment|Encounter)\/([0-9a-f-]{36})$/.exec(String(reference)))
    .filter((found) => found !== null);
  const under = visits.length === 0 ? undefined : await readUnder(context.db, clinic, visits);
  return { ...place, ...(under !== undefined && { under }) };
}

/** Writes the next version of a resource; 1 creates it. @throws Fault version-mismatch when another writer was faster */
export async function putVersion(
  context: Context,
  origin: Origin,
  content: Resource,
  version: number,
): Promise<Written> {
  const document = prepareDocument(content, version, context.clock(), origin, context.parameters);
  if (!(await putDocument(context.db, document)))
    throw new Fault('version-mismatch', `The ${document.type} was changed by somebody else: read it again.`);
  const { type, id, updated, body } = document;
  return { status: version === 1 ? 201 : 200, type, id, version, updated: new Date(updated), body };
}
