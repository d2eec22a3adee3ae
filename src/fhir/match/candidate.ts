/** Somebody who may be the one looked for: a card that is kept here, or a person of an index. */
import type { Json } from '../../r4/json.ts';
import type { Asked } from '../resource.ts';
import { personOf } from './person.ts';
import { type Grade, grades, type Score, scoreOf } from './score.ts';

export interface Candidate {
  /** Address of a Patient that is kept; `urn:uuid:` of one that is not. */
  readonly url: string;
  readonly patient: Json;
  /** The same as text. */
  readonly body: string;
}

export interface Match extends Candidate, Score {
  readonly grade: Grade;
}

export const keptCandidate = ({ base }: Asked, id: string, body: string): Candidate => ({
  url: `${base}/Patient/${id}`,
  patient: JSON.parse(body) as Json,
  body,
});

/** A card that was merged into another one, which is found itself. */
export const isReplaced = ({ link }: Json): boolean =>
  Array.isArray(link) && link.some((one: { type?: unknown }) => one.type === 'replaced-by');

export const identifiersOf = (patient: Json): (readonly [system: string, value: string])[] =>
  [...personOf(patient).identifiers].flatMap(([system, values]) =>
    [...values].map((value) => [system, value] as const),
  );

const namesOf = ({ patient }: Candidate): string[] => identifiersOf(patient).map((pair) => pair.join('|'));

/** Whether they share an identifier. */
export function isSame(one: Candidate, other: Candidate): boolean {
  const names = new Set(namesOf(one));
  return namesOf(other).some((name) => names.has(name));
}

/** Who shares an identifier with one that is known, or with one before, is the same person. */
export function newOnes<T extends Candidate>(some: readonly T[], known: readonly Candidate[]): T[] {
  const names = new Set(known.flatMap(namesOf));
  return some.filter((one) => {
    const own = namesOf(one);
    const isKnown = own.some((name) => names.has(name));
    for (const name of own) names.add(name);
    return !isKnown;
  });
}

/**
 * The card of somebody whom an index tells, if it is his: a mistyped СНИЛС makes nobody another. It is as likely
 * as the weaker of the two links, that of the card to the index and that of the index to whom is looked for.
 */
export function asCard(one: Match, card: Candidate): Match[] {
  const { score, grade } = scoreOf(personOf(one.patient), personOf(card.patient));
  if (grade === undefined || grade === 'possible') return [];
  const weaker = grades[grade] < grades[one.grade] ? grade : one.grade;
  return [{ ...card, score: Math.min(score, one.score), grade: weaker }];
}
