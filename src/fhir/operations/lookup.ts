/** CodeSystem/$lookup. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { Fault } from '../../fault.ts';
import { itemsOf, type Json } from '../../r4/json.ts';
import type { OperationDeclaration } from '../operation.ts';
import { replyWith } from '../reply.ts';
import { askedCodes } from '../terminology/called.ts';
import { conceptsOf } from '../terminology/expansion.ts';

const declaration: OperationDeclaration = {
  code: 'lookup',
  title: 'What a code means',
  documentation:
    'Gives display, definition, other names and properties of a code. 404 for a system or code that is not known here; ' +
    "of R4's own systems the codes are known and no displays.",
  base: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  types: ['CodeSystem'],
  levels: ['type'],
  affectsState: false,
  parameters: [
    { name: 'code', use: 'in', min: 0, max: 1, type: 'code', documentation: 'The code; with system' },
    { name: 'system', use: 'in', min: 0, max: 1, type: 'uri', documentation: 'Its system' },
    { name: 'version', use: 'in', min: 0, max: 1, type: 'string', documentation: 'Version of the system' },
    { name: 'coding', use: 'in', min: 0, max: 1, type: 'Coding', documentation: 'Instead of code and system' },
    {
      name: 'property',
      use: 'in',
      min: 0,
      max: '*',
      type: 'code',
      documentation: 'Only these: display, definition, designation, or a property of the system. Without: all',
    },
    { name: 'name', use: 'out', min: 1, max: 1, type: 'string', documentation: 'Of the system' },
    { name: 'version', use: 'out', min: 0, max: 1, type: 'string', documentation: 'Of the system' },
    {
      name: 'display',
      use: 'out',
      min: 1,
      max: 1,
      type: 'string',
      documentation: 'The code itself where there is none',
    },
    {
      name: 'designation',
      use: 'out',
      min: 0,
      max: '*',
      documentation: 'Another name',
      parts: [
        { name: 'language', use: 'out', min: 0, max: 1, type: 'code', documentation: 'Of the name' },
        { name: 'use', use: 'out', min: 0, max: 1, type: 'Coding', documentation: 'What it is for' },
        { name: 'value', use: 'out', min: 1, max: 1, type: 'string', documentation: 'The name' },
      ],
    },
    {
      name: 'property',
      use: 'out',
      min: 0,
      max: '*',
      documentation: 'A property; definition is one',
      parts: [
        { name: 'code', use: 'out', min: 1, max: 1, type: 'code', documentation: 'Which' },
        { name: 'value', use: 'out', min: 0, max: 1, type: 'string', documentation: 'Of the type of the property' },
      ],
    },
  ],
  async handle({ terminology }, asked, call) {
    const [{ system, code, version }] = askedCodes(call) as [ReturnType<typeof askedCodes>[0]];
    if (system === undefined)
      throw new Fault('missing-element', 'A code needs its system.', { expression: 'http.system' });
    const canonical = version === undefined ? system : `${system}|${version}`;
    const known = terminology.find(asked.viewer, 'CodeSystem', canonical);
    const concept = known === undefined ? undefined : conceptsOf(known).find((c) => c['code'] === code);
    if (known === undefined || concept === undefined)
      throw new Fault(
        'not-found',
        known === undefined ? 'This system is not known here.' : 'The system has no such code.',
        {
          expression: known === undefined ? 'http.system' : 'http.code',
        },
      );
    return replyWith(answer(known, concept, new Set(call.parameters.all('property').map(String))));
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
