/** People whom the clinics' indexes of patients know: they are told as Patients that are not kept here (FEATURES C3). */
import { staffRoles } from '../../access/principal.ts';
import type { Clinic } from '../../connectors/clinic.ts';
import { MisReadError } from '../../connectors/connector.ts';
import { withDeadline } from '../../deadline.ts';
import { normaliseIdentifier } from '../../r4/identifier.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import type { Resource } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import {
  asCard,
  type Candidate,
  identifiersOf,
  isReplaced,
  isSame,
  keptCandidate,
  type Match,
  newOnes,
} from './candidate.ts';
import { findCandidates } from './candidates.sql.ts';

export interface Indexes {
  readonly people: readonly Candidate[];
  /** Names of clinics whose index was asked and gave nothing that can be trusted. */
  readonly silent: readonly string[];
}

/** Asks the index of each clinic that the caller sees. Never fails: what an index does not tell is told as silence. */
export async function askIndexes(context: Context, asked: Asked, patient: Resource): Promise<Indexes> {
  if (!mayAskIndexes(asked)) return { people: [], silent: [] };
  const clinics = asked.viewer.clinics.flatMap((number) => context.clinics.byNumber(number) ?? []);
  const spelt = { ...patient, identifier: itemsOf(patient, 'identifier').map(normaliseIdentifier) };
  const answers = await Promise.all(clinics.map((clinic) => askIndex(context, clinic, spelt)));
  return {
    people: answers.flatMap((answer) => answer ?? []),
    silent: clinics.filter((_, i) => answers[i] === undefined).map(({ name }) => name),
  };
}

/** People at work, who may search for Patients as it is, and not only one that they were let in for. An app, a patient's above all, has no business with the whole region. */
const mayAskIndexes = ({ principal, viewer }: Asked): boolean =>
  staffRoles.some((role) => role === principal.role) && viewer.keys === null;

/** @returns undefined when the index does not answer */
async function askIndex({ log }: Context, clinic: Clinic, patient: Resource): Promise<Candidate[] | undefined> {
  const { patientIndex: index, key } = clinic;
  if (index === undefined) return [];
  try {
    const found = await withDeadline(index.patienceMilliseconds, (signal) => index.find(patient, signal));
    return found.map(({ resource }) => candidateOf(resource, key));
  } catch (error) {
    // A message of ours names no person; one of the mapping may.
    const reason = error instanceof MisReadError ? error.message : (error as Error).name;
    log.warn({ clinic: key, reason }, 'the index of patients gave no answer');
    return undefined;
  }
}

const sources = 'https://medmost.ru/fhir/patient-index/';

/** Without an id, for nothing here can be read by it. */
function candidateOf({ resourceType, id, ...content }: Resource, clinic: string): Candidate {
  const patient: Json = { resourceType, meta: { source: `${sources}${clinic}` }, ...content };
  return { url: `urn:uuid:${id}`, patient, body: JSON.stringify(patient) };
}

/**
 * Those of whom no card is told yet. Of one who has a card here all the same, under another name it may be, the card: by an
 * identifier that the index knows.
 */
export async function unknownOnes(
  { db, parameters }: Context,
  asked: Asked,
  indexed: readonly Match[],
  kept: readonly Candidate[],
): Promise<Match[]> {
  const others = newOnes(indexed, kept);
  const identifiers = others.flatMap(({ patient }) => identifiersOf(patient));
  if (identifiers.length === 0) return others;
  const clues = { phones: [], birthDate: undefined, families: [], givens: [] };
  const [systems, values] = [identifiers.map(([system]) => system), identifiers.map(([, value]) => value)];
  const found = await findCandidates(db, asked.viewer, parameters, { ...clues, systems, values });
  const cards = found
    .map(({ id, body }) => keptCandidate(asked, id, body))
    .filter(({ patient }) => !isReplaced(patient));
  const told = others.map((one) => cards.flatMap((card) => (isSame(card, one) ? asCard(one, card) : [])).at(0) ?? one);
  return newOnes(told, []);
}

/** The entry that says whose index is not in the answer. https://hl7.org/fhir/R4/search.html#outcome */
export function silenceOf(clinics: readonly string[]): object {
  const text = `The regional index of patients did not answer (${clinics.join('; ')}): only who is kept here was looked at.`;
  const issue = [{ severity: 'warning', code: 'incomplete', details: { text }, diagnostics: text }];
  return { resource: { resourceType: 'OperationOutcome', issue }, search: { mode: 'outcome' } };
}
