/**
 * How likely two records are one person: Fellegi and Sunter's sum of weights, each the binary logarithm of how much more often
 * the two agree (or differ) when they are one person than when they are not. https://hl7.org/fhir/R4/patient-operation-match.html
 */
import { identifierSystems } from '../../r4/identifier.ts';
import type { Name, Person } from './person.ts';

/** [agree, nearly agree, differ]; docs/fhir-operations/match.md has this table. */
export const weights = {
  snils: [28, 0, -8],
  enp: [26, 0, -2],
  identifier: [22, 0, -1],
  birthDate: [12, 4, -5],
  family: [9, 5, -4],
  given: [6, 3, -3],
  patronymic: [6, 3, -2],
  gender: [1, 0, -4],
  phone: [14, 0, -1],
} as const;

/** One of about a million people: what the evidence must outweigh. */
export const prior = 20;

/** Least scores of what is told, and of its grades. */
export const grades = { possible: 0.2, probable: 0.9, certain: 0.99 } as const;
export type Grade = keyof typeof grades;

type Trait = keyof typeof weights;
type Finding = 'agree' | 'near' | 'differ' | 'unknown';

export interface Score {
  /** 0 to 1, three digits. */
  readonly score: number;
  /** Undefined for one that is not worth telling. */
  readonly grade: Grade | undefined;
}

export function scoreOf(asked: Person, found: Person): Score {
  const name = bestName(asked.names, found.names);
  const findings: readonly (readonly [Trait, Finding])[] = [
    ...identifierFindings(asked, found),
    ['birthDate', compareDates(asked.birthDate, found.birthDate)],
    ...name,
    ['gender', compare(asked.gender, found.gender)],
    ['phone', compareSets(asked.phones, found.phones)],
  ];
  const sum = total(findings) - prior;
  const score = Math.round(1000 / (1 + 2 ** -sum)) / 1000;
  return { score, grade: gradeOf(score, findings) };
}

const place = { agree: 0, near: 1, differ: 2 } as const;

const total = (findings: readonly (readonly [Trait, Finding])[]): number =>
  findings.reduce((sum, [trait, finding]) => sum + (finding === 'unknown' ? 0 : weights[trait][place[finding]]), 0);

function gradeOf(score: number, findings: readonly (readonly [Trait, Finding])[]): Grade | undefined {
  if (score < grades.possible) return undefined;
  if (score >= grades.certain && isCertain(findings)) return 'certain';
  return score >= grades.probable ? 'probable' : 'possible';
}

/** Nothing contradicts, and the whole name with the birth date agrees, or СНИЛС or ЕНП with one of the two. */
function isCertain(findings: readonly (readonly [Trait, Finding])[]): boolean {
  const agrees = (trait: Trait) => findings.some(([t, finding]) => t === trait && finding === 'agree');
  const doubts = findings.some(([t, f]) => (f === 'differ' || f === 'near') && t !== 'phone' && t !== 'identifier');
  if (doubts) return false;
  const born = agrees('birthDate');
  const named = agrees('family') && agrees('given');
  return (born && named && agrees('patronymic')) || ((agrees('snils') || agrees('enp')) && (born || named));
}

const traits: ReadonlyMap<string, Trait> = new Map([
  [identifierSystems.snils, 'snils'],
  [identifierSystems.enp, 'enp'],
]);

function identifierFindings(asked: Person, found: Person): [Trait, Finding][] {
  const none = new Set<string>();
  return [...asked.identifiers].map(([system, values]) => [
    traits.get(system) ?? 'identifier',
    compareSets(values, found.identifiers.get(system) ?? none),
  ]);
}

function compareSets(a: ReadonlySet<string>, b: ReadonlySet<string>): Finding {
  if (a.size === 0 || b.size === 0) return 'unknown';
  return [...a].some((value) => b.has(value)) ? 'agree' : 'differ';
}

const compare = (a: string | undefined, b: string | undefined): Finding =>
  a === undefined || b === undefined ? 'unknown' : a === b ? 'agree' : 'differ';

/** A part of a date is near, and so are day and month in the other order and one digit that differs. */
function compareDates(a: string | undefined, b: string | undefined): Finding {
  const whole = compare(a, b);
  if (whole !== 'differ') return whole === 'agree' && a!.length < 10 ? 'near' : whole;
  if (a!.startsWith(b!) || b!.startsWith(a!)) return 'near';
  const [year, month, day] = a!.split('-');
  const differing = [...a!].filter((digit, i) => digit !== b![i]).length;
  return a!.length === b!.length && (differing === 1 || b === `${year}-${day}-${month}`) ? 'near' : 'differ';
}

type NameFindings = readonly (readonly [Trait, Finding])[];

/** People have several names; the two that agree best count. */
function bestName(asked: readonly Name[], found: readonly Name[]): NameFindings {
  const pairs = asked.flatMap((a) =>
    found.map(
      (b): NameFindings => [
        ['family', compareNames(a.family, b.family)],
        ['given', compareNames(a.given, b.given)],
        ['patronymic', compareNames(a.patronymic, b.patronymic)],
      ],
    ),
  );
  return pairs.reduce<NameFindings>((best, pair) => (best.length === 0 || total(pair) > total(best) ? pair : best), []);
}

/** An initial is near, and so is a longer name in which one letter differs. */
function compareNames(a: string | undefined, b: string | undefined): Finding {
  const whole = compare(a, b);
  if (whole !== 'differ') return whole;
  if (a!.length === 1 || b!.length === 1) return a![0] === b![0] ? 'near' : 'differ';
  return Math.min(a!.length, b!.length) >= 4 && isOneEdit(a!, b!) ? 'near' : 'differ';
}

/** One letter is another, too many or missing, or two stand in the other order. */
export function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let i = 0;
  while (i < short.length && short[i] === long[i]) i++;
  if (short.length < long.length) return short.slice(i) === long.slice(i + 1);
  if (short.slice(i + 1) === long.slice(i + 1)) return true;
  return short[i] === long[i + 1] && short[i + 1] === long[i] && short.slice(i + 2) === long.slice(i + 2);
}
