/** ValueSet/$expand. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { randomUUID } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { fhirInstant } from '../../instant.ts';
import type { Json } from '../../r4/json.ts';
import { foldString } from '../../r4/values/string.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { calledFor } from '../terminology/called.ts';
import { type Code, codesOfSet } from '../terminology/expansion.ts';
import { expandForeign, foreignSource } from '../terminology/foreign.ts';

const declaration: OperationDeclaration = {
  code: 'expand',
  title: 'The codes of a ValueSet',
  documentation:
    'Gives the codes of a ValueSet, in pages when asked for. 404 for a ValueSet that is not known, 422 for one that ' +
    'builds on codes that are not known here, and for one that is too large (too-costly). A dictionary by OID that is not published here is asked of ' +
    'НСИ, where one is configured: 503 while it does not answer.',
  base: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  types: ['ValueSet'],
  levels: ['type', 'instance'],
  affectsState: false,
  needs: [['its own', 'r']],
  parameters: [
    input('url', '0..1', 'uri', 'The ValueSet, when it is not called on an instance and not sent along'),
    input('valueSetVersion', '0..1', 'string', 'Its version, with url'),
    input('valueSet', '0..1', 'ValueSet', 'A ValueSet to be expanded; it may build on those that are served here'),
    input('filter', '0..1', 'string', 'Only codes with this in the code or display, whatever the case, ё as е'),
    input('offset', '0..1', 'integer', 'How many to leave out at the beginning; from 0'),
    input('count', '0..1', 'integer', 'How many at most; 0 asks for the total'),
    input('activeOnly', '0..1', 'boolean', 'Leave out codes that are no longer used'),
    input('includeDesignations', '0..1', 'boolean', 'With other names of the codes'),
    output('return', '1..1', 'ValueSet', 'The ValueSet with its expansion'),
  ],
  async handle(context, asked, call) {
    const { set, codes: all } = await codesCalledFor(context, asked, call);
    const wanted = all.filter(filterOf(call));
    const { offset, end } = pageOf(call, wanted.length);
    const designations = call.parameters.one('includeDesignations') === true;
    const contains = wanted.slice(offset, end).map((code) => entryOf(code, designations));
    const expansion = {
      identifier: `urn:uuid:${randomUUID()}`,
      timestamp: fhirInstant(context.clock()),
      total: wanted.length,
      offset,
      ...parametersOf(call),
      ...(contains.length > 0 && { contains }),
    };
    const { compose, ...rest } = set as Json;
    return replyWith({ ...rest, expansion });
  },
};

export default declaration;

async function codesCalledFor(
  context: Context,
  asked: Asked,
  call: OperationCall,
): Promise<{ set: object; codes: Code[] }> {
  const { terminology } = context;
  const [url, alone] = [call.parameters.text('url'), call.id ?? call.parameters.one('valueSet')];
  const isOnly = alone === undefined && call.parameters.text('valueSetVersion') === undefined;
  const nsi = isOnly ? foreignSource(context, asked, 'ValueSet', url) : undefined;
  if (nsi !== undefined) return expandForeign(nsi, url!);
  const set = calledFor(terminology, asked, call, 'ValueSet', { version: 'valueSetVersion', inline: 'valueSet' });
  if (set === undefined)
    throw new Fault('missing-element', 'Which ValueSet? Send "url" or "valueSet".', { expression: 'http.url' });
  return { set, codes: codesOfSet(set, (type, name) => terminology.find(asked.viewer, type, name)) };
}

function filterOf({ parameters }: OperationCall): (code: Code) => boolean {
  const text = foldString(parameters.text('filter') ?? '');
  const activeOnly = parameters.one('activeOnly') === true;
  return ({ code, display = '', inactive }) =>
    (text === '' || foldString(code).includes(text) || foldString(display).includes(text)) && !(activeOnly && inactive);
}

function pageOf({ parameters }: OperationCall, total: number): { offset: number; end: number } {
  const [offset = 0, count = total] = ['offset', 'count'].map((name) => parameters.one(name) as number | undefined);
  if (offset < 0 || count < 0)
    throw new Fault('bad-value', 'offset and count are not negative.', { expression: 'http.offset' });
  return { offset, end: offset + count };
}

function entryOf({ system, code, display, designation, inactive }: Code, designations: boolean): object {
  return {
    system,
    ...(inactive && { inactive }),
    code,
    ...(display !== undefined && { display }),
    ...(designations && designation !== undefined && { designation }),
  };
}

const kept = { filter: 'valueString', offset: 'valueInteger', count: 'valueInteger', activeOnly: 'valueBoolean' };

/** What the expansion depended on. */
function parametersOf({ parameters }: OperationCall): object {
  const parameter = Object.entries(kept)
    .filter(([name]) => parameters.one(name) !== undefined)
    .map(([name, member]) => ({ name, [member]: parameters.one(name) }));
  return parameter.length === 0 ? {} : { parameter };
}
