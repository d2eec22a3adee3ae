/** CodeSystem/$lookup. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { Fault } from '../../fault.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import { input, type OperationDeclaration, output } from '../operation.ts';
import { replyWith } from '../reply.ts';
import { askedCodes } from '../terminology/called.ts';
import { conceptsOf } from '../terminology/expansion.ts';
import { foreignSource, lookUpForeign } from '../terminology/foreign.ts';

const declaration: OperationDeclaration = {
  code: 'lookup',
  title: 'What a code means',
  documentation:
    'Gives display, definition, other names and properties of a code. 404 for a system or code that is not known here; ' +
    'dictionaries by OID that are not published here are asked of НСИ, where one is configured, 503 while it does not answer; ' +
    "of R4's own systems the codes are known and no displays.",
  base: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  types: ['CodeSystem'],
  levels: ['type'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [
    input('code', '0..1', 'code', 'The code; with system'),
    input('system', '0..1', 'uri', 'Its system'),
    input('version', '0..1', 'string', 'Version of the system'),
    input('coding', '0..1', 'Coding', 'Instead of code and system'),
    input(
      'property',
      '0..*',
      'code',
      'Only these: display, definition, designation, or a property of the system. Without: all',
    ),
    output('name', '1..1', 'string', 'Of the system'),
    output('version', '0..1', 'string', 'Of the system'),
    output('display', '1..1', 'string', 'The code itself where there is none'),
    output(
      'designation',
      '0..*',
      [
        output('language', '0..1', 'code', 'Of the name'),
        output('use', '0..1', 'Coding', 'What it is for'),
        output('value', '1..1', 'string', 'The name'),
      ],
      'Another name',
    ),
    output(
      'property',
      '0..*',
      [output('code', '1..1', 'code', 'Which'), output('value', '0..1', 'string', 'Of the type of the property')],
      'A property; definition is one',
    ),
  ],
  async handle(context, asked, call) {
    const [{ system, code, version }] = askedCodes(call) as [ReturnType<typeof askedCodes>[0]];
    if (system === undefined)
      throw new Fault('missing-element', 'A code needs its system.', { expression: 'http.system' });
    const wanted = new Set(call.parameters.all('property').map(String));
    const nsi = version === undefined ? foreignSource(context, asked, 'CodeSystem', system) : undefined;
    if (nsi !== undefined) {
      const { name = system, display, ...more } = await lookUpForeign(nsi, system, code);
      return replyWith(answer({ name, ...more }, { code, display }, wanted));
    }
    const canonical = version === undefined ? system : `${system}|${version}`;
    const known = context.terminology.find(asked.viewer, 'CodeSystem', canonical);
    const concept = known === undefined ? undefined : conceptsOf(known).find((c) => c['code'] === code);
    if (known === undefined || concept === undefined)
      throw new Fault(
        'not-found',
        known === undefined ? 'This system is not known here.' : 'The system has no such code.',
        {
          expression: known === undefined ? 'http.system' : 'http.code',
        },
      );
    return replyWith(answer(known, concept, wanted));
  },
};

export default declaration;

function answer(system: Json, concept: Json, wanted: ReadonlySet<string>): object {
  const isWanted = (property: string) => wanted.size === 0 || wanted.has(property);
  const properties = itemsOf(concept, 'property').filter((property) => isWanted(String(property['code'])));
  const definition = isWanted('definition') ? concept['definition'] : undefined;
  const parameter = [
    { name: 'name', valueString: system['title'] ?? system['name'] },
    ...(system['version'] === undefined ? [] : [{ name: 'version', valueString: system['version'] }]),
    { name: 'display', valueString: concept['display'] ?? concept['code'] },
    ...(isWanted('designation') ? itemsOf(concept, 'designation').map(designationPart) : []),
    ...(definition === undefined ? [] : [propertyPart('definition', { valueString: definition })]),
    ...properties.map(({ code, ...value }) => propertyPart(String(code), value)),
  ];
  return { resourceType: 'Parameters', parameter };
}

const propertyPart = (code: string, value: object) => ({
  name: 'property',
  part: [
    { name: 'code', valueCode: code },
    { name: 'value', ...value },
  ],
});

function designationPart({ language, use, value }: Json): object {
  const part = [
    ...(language === undefined ? [] : [{ name: 'language', valueCode: language }]),
    ...(use === undefined ? [] : [{ name: 'use', valueCoding: use }]),
    { name: 'value', valueString: value },
  ];
  return { name: 'designation', part };
}
