/** ConceptMap/$translate. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import { Fault } from '../../fault.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { replyWith } from '../reply.ts';
import { type Asking, askedCodes, calledFor } from '../terminology/called.ts';

const declaration: OperationDeclaration = {
  code: 'translate',
  title: 'A code in another system',
  documentation:
    "Translates by the code tables of the mappings: the words of a clinic's system into codes of FHIR, with reverse the " +
    'other way. result=false with a message when there is no translation; 404 for a ConceptMap that is not known.',
  base: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate',
  types: ['ConceptMap'],
  levels: ['type', 'instance'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [
    input('url', '0..1', 'uri', 'The ConceptMap, when it is not called on an instance. Without: every one that fits'),
    input('code', '0..1', 'code', 'The code; with system'),
    input('system', '0..1', 'uri', 'Its system'),
    input('coding', '0..1', 'Coding', 'Instead of code and system'),
    input('codeableConcept', '0..1', 'CodeableConcept', 'Instead of code and system: each of its codings'),
    input('target', '0..1', 'uri', 'Only maps into this ValueSet'),
    input('targetsystem', '0..1', 'uri', 'Only into this system'),
    input('reverse', '0..1', 'boolean', 'From target to source'),
    output('result', '1..1', 'boolean', 'Whether there is a translation'),
    output('message', '0..1', 'string', 'Why there is none'),
    output(
      'match',
      '0..*',
      [
        output('equivalence', '1..1', 'code', 'How close it is'),
        output('concept', '1..1', 'Coding', 'The code'),
        output('source', '1..1', 'uri', 'The ConceptMap it is from'),
      ],
      'A translation',
    ),
  ],
  async handle({ terminology }, asked, call) {
    const codes = askedCodes(call);
    const one = calledFor(terminology, asked, call, 'ConceptMap');
    if (one === undefined && codes.some(({ system }) => system === undefined))
      throw new Fault('missing-element', 'A code needs its system, or the map its "url".', {
        expression: 'http.system',
      });
    const target = call.parameters.text('target');
    const maps = one === undefined ? terminology.maps(asked.viewer) : [one];
    const fitting = maps.filter((map) => target === undefined || map['targetUri'] === target);
    const matches = codes.flatMap((code) => fitting.flatMap((map) => matchesIn(map, code, call)));
    return replyWith({ resourceType: 'Parameters', parameter: answer(matches) });
  },
};

export default declaration;

interface Match {
  readonly equivalence: string;
  readonly concept: object;
  readonly source: string;
}

function matchesIn(map: Json, asked: Asking, { parameters }: OperationCall): Match[] {
  const reverse = parameters.one('reverse') === true;
  const wanted = parameters.text('targetsystem');
  const source = String(map['url']);
  const [from, to] = reverse ? (['target', 'source'] as const) : (['source', 'target'] as const);
  return itemsOf(map, 'group')
    .filter((group) => asked.system === undefined || group[from] === asked.system)
    .filter((group) => wanted === undefined || group[to] === wanted)
    .flatMap((group) => pairsOf(group, reverse).map((pair) => ({ ...pair, system: group[to] })))
    .filter(({ asks }) => asks === asked.code)
    .map(({ gives, display, equivalence, system }) => ({
      equivalence,
      concept: { ...(system !== undefined && { system }), code: gives, ...(display !== undefined && { display }) },
      source,
    }));
}

interface Pair {
  readonly asks: unknown;
  readonly gives: unknown;
  readonly display: unknown;
  readonly equivalence: string;
}

function pairsOf(group: Json, reverse: boolean): Pair[] {
  return itemsOf(group, 'element').flatMap((element) =>
    itemsOf(element, 'target').map((target) => {
      const [asked, given] = reverse ? [target, element] : [element, target];
      const equivalence = String(target['equivalence']);
      return {
        asks: asked['code'],
        gives: given['code'],
        display: given['display'],
        equivalence: reverse ? (opposite[equivalence] ?? equivalence) : equivalence,
      };
    }),
  );
}

/** Seen from the other side. */
const opposite: Readonly<Record<string, string>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
};

function answer(matches: readonly Match[]): object[] {
  if (matches.length === 0)
    return [
      { name: 'result', valueBoolean: false },
      { name: 'message', valueString: 'There is no translation of this code.' },
    ];
  return [
    { name: 'result', valueBoolean: true },
    ...matches.map(({ equivalence, concept, source }) => ({
      name: 'match',
      part: [
        { name: 'equivalence', valueCode: equivalence },
        { name: 'concept', valueCoding: concept },
        { name: 'source', valueUri: source },
      ],
    })),
  ];
}
