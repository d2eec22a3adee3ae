/** Patient/$match. https://hl7.org/fhir/R4/patient-operation-match.html */
import { Fault } from '../../fault.ts';
import { checkIdentifiers } from '../../r4/identifier.ts';
import type { Json } from '../../r4/json.ts';
import { bytesOf } from '../byte-string.ts';
import { type Candidate, isReplaced, keptCandidate, type Match } from '../match/candidate.ts';
import { findCandidates } from '../match/candidates.sql.ts';
import { askIndexes, silenceOf, unknownOnes } from '../match/indexes.ts';
import { type Person, personOf, phonesOf } from '../match/person.ts';
import { scoreOf } from '../match/score.ts';
import { input, type OperationDeclaration, output } from '../operation.ts';
import type { Asked } from '../resource.ts';

const usual = 10;
const largest = 100;

const declaration: OperationDeclaration = {
  code: 'match',
  title: 'Who is this?',
  documentation:
    'Finds patients by identifiers, name, birth date, gender and phone, with a score and a grade; only those that the token ' +
    'may see, and for staff those whom the region’s index of patients tells, who are not kept here (`meta.source`). 422 when too little is given to recognise anybody by.',
  base: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
  types: ['Patient'],
  levels: ['type'],
  affectsState: false,
  needs: [['Patient', 's']],
  parameters: [
    input('resource', '1..1', 'Patient', 'What is known of the patient'),
    input('onlyCertainMatches', '0..1', 'boolean', 'Answer with the one patient that it certainly is, or nobody'),
    input('count', '0..1', 'integer', `How many at most; ${usual}`),
    output('return', '1..1', 'Bundle', 'A searchset, best first'),
  ],
  async handle(context, asked, { parameters: given }) {
    const resource = given.resource('resource')!;
    const person = recognisable(resource);
    const [found, indexes] = await Promise.all([
      findCandidates(context.db, asked.viewer, context.parameters, cluesOf(person, resource)),
      askIndexes(context, asked, resource),
    ]);
    const kept = found.flatMap(({ id, body }) => judge(person, keptCandidate(asked, id, body)));
    const indexed = indexes.people.flatMap((candidate) => judge(person, candidate)).toSorted(byScore);
    const matches = [...kept, ...(await unknownOnes(context, asked, indexed, kept))].toSorted(byScore);
    const only = given.one('onlyCertainMatches') === true;
    const certain = matches.filter(({ grade }) => grade === 'certain');
    const told = only ? (certain.length === 1 ? certain : []) : matches;
    const body = bundleOf(asked, told, countOf(given.one('count')), indexes.silent);
    return { status: 200, headers: {}, body: bytesOf(body) };
  },
};

export default declaration;

function countOf(given: unknown): number {
  if (given === undefined) return usual;
  if (typeof given === 'number' && given >= 1) return Math.min(given, largest);
  throw new Fault('bad-value', 'count is 1 or more.', { expression: 'http.count' });
}

/** @throws Fault 422 for identifiers that cannot be right, and for too little: two of name, birth date and phone, or an identifier */
function recognisable(resource: Json): Person {
  const [wrong, ...others] = checkIdentifiers(resource);
  if (wrong !== undefined)
    throw new Fault('invalid-content', wrong.text, { expression: wrong.expression, issues: others.slice(0, 50) });
  const person = personOf(resource);
  const missing = [
    ...(person.names.length === 0 ? ['Patient.name'] : []),
    ...(person.birthDate === undefined ? ['Patient.birthDate'] : []),
    ...(person.phones.size === 0 ? ['Patient.telecom'] : []),
  ];
  if (person.identifiers.size > 0 || missing.length < 2) return person;
  throw new Fault(
    'business-rule',
    'Too little to recognise a patient by: send an identifier with its system, or two of name, birth date and phone.',
    { code: 'demographics-missing', expression: ['Patient.identifier', ...missing] },
  );
}

function cluesOf({ names, birthDate, identifiers, phones }: Person, resource: Json) {
  const pairs = [...identifiers].flatMap(([system, values]) => [...values].map((value) => [system, value] as const));
  const given = names.flatMap((name) => (name.given === undefined ? [] : [name.given, wholeGiven(name)]));
  const russian = [...phones].filter((digits) => digits.length === 10);
  return {
    systems: pairs.map(([system]) => system),
    values: pairs.map(([, value]) => value),
    phones: [...phonesOf(resource), ...phones, ...russian.flatMap((d) => [`+7${d}`, `8${d}`, `7${d}`])],
    birthDate: birthDate !== undefined && birthDate.length === 10 ? birthDate : undefined,
    families: names.flatMap(({ family }) => (family === undefined ? [] : [family])),
    givens: given,
  };
}

/** Some systems keep имя and отчество in one text. */
const wholeGiven = ({ given, patronymic }: Person['names'][number]): string =>
  [given, patronymic].filter((part) => part !== undefined).join(' ');

function judge(person: Person, candidate: Candidate): Match[] {
  if (isReplaced(candidate.patient)) return [];
  const { score, grade } = scoreOf(person, personOf(candidate.patient));
  return grade === undefined ? [] : [{ ...candidate, score, grade }];
}

const byScore = (a: Match, b: Match): number => b.score - a.score || (a.url < b.url ? -1 : 1);

const gradeUrl = 'http://hl7.org/fhir/StructureDefinition/match-grade';

function bundleOf({ base }: Asked, matches: readonly Match[], count: number, silent: readonly string[]): string {
  const entries = matches.slice(0, count).map(({ url, body, score, grade }) => {
    const search = { extension: [{ url: gradeUrl, valueCode: grade }], mode: 'match', score };
    return `{"fullUrl":"${url}","resource":${body},"search":${JSON.stringify(search)}}`;
  });
  const all = [...entries, ...(silent.length === 0 ? [] : [JSON.stringify(silenceOf(silent))])];
  const list = all.length === 0 ? '' : `,"entry":[${all.join(',')}]`;
  const link = JSON.stringify([{ relation: 'self', url: `${base}/Patient/$match` }]);
  return `{"resourceType":"Bundle","type":"searchset","total":${matches.length},"link":${link}${list}}`;
}
