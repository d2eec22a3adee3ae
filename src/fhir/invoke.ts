/** Calls an operation with parameters that have been checked. https://hl7.org/fhir/R4/operations.html#executing */
import { Fault } from '../fault.ts';
import { dateRange } from '../r4/date.ts';
import { isObject } from '../r4/json.ts';
import { isResourceType, nodeOf } from '../r4/table.ts';
import type { Resource } from '../store/resource.ts';
import type { Call } from './call.ts';
import type { Context } from './context.ts';
import { checkOperation } from './entitlement.ts';
import { checkValid } from './invalid.ts';
import type { Arguments, OperationDeclaration, OperationParameter } from './operation.ts';
import type { Reply } from './reply.ts';
import type { Asked } from './resource.ts';

export async function invoke(context: Context, asked: Asked, call: Call, body: unknown): Promise<Reply> {
  const level = call.type === undefined ? 'system' : call.id === undefined ? 'type' : 'instance';
  const operation = context.operations.find(call.operation!, level, call.type)!;
  checkOperation(asked, operation, call);
  const inputs = operation.parameters.filter((p) => p.use === 'in');
  const given = [...fromQuery(call.query, inputs), ...fromBody(body, inputs, operation)];
  const parameters = argumentsOf(given, inputs, operation);
  return operation.handle(context, asked, { type: call.type, id: call.id, query: call.query, parameters });
}

type Given = readonly [name: string, value: unknown];

const resultNames = new Set(['_format', '_pretty']);

function* fromQuery(query: URLSearchParams, inputs: readonly OperationParameter[]): Generator<Given> {
  for (const [name, text] of query) {
    if (resultNames.has(name)) continue;
    const parameter = inputs.find((p) => p.name === name);
    if (parameter === undefined) throw unknown(name, inputs);
    if (!/^[a-z]/.test(parameter.type ?? 'X'))
      throw new Fault('bad-value', `The parameter ${name} is no primitive: send it in a Parameters resource by POST.`, {
        expression: `http.${name}`,
      });
    yield [name, primitiveOf(parameter, text)];
  }
}

function primitiveOf({ name, type }: OperationParameter, text: string): unknown {
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  if (/^(integer|positiveInt|unsignedInt)$/.test(type!) && /^-?\d{1,10}$/.test(text)) return Number(text);
  if (type === 'decimal' && /^-?\d{1,18}(\.\d{1,18})?$/.test(text)) return Number(text);
  // A plus that was not encoded has become a blank.
  if (/^(date|dateTime|instant)$/.test(type!) && dateRange(text.replace(/ (\d\d:\d\d)$/, '+$1'), 'UTC'))
    return text.replace(/ (\d\d:\d\d)$/, '+$1');
  if (!/^(boolean|integer|positiveInt|unsignedInt|decimal|date|dateTime|instant)$/.test(type!) && text !== '')
    return text;
  throw new Fault('bad-value', `The parameter ${name} is of type ${type}.`, { expression: `http.${name}` });
}

function* fromBody(
  body: unknown,
  inputs: readonly OperationParameter[],
  operation: OperationDeclaration,
): Generator<Given> {
  if (body === undefined || body === null) return;
  if (body instanceof URLSearchParams) return yield* fromQuery(body, inputs);
  const unchecked = inputs.some((p) => p.unchecked);
  const resource = body as Resource;
  if (!unchecked || !isObject(body) || resource.resourceType === 'Parameters')
    checkValid(body, { frameOnly: unchecked });
  if (resource.resourceType !== 'Parameters') return yield [soleResource(resource, inputs, operation), resource];
  for (const [i, part] of ((resource['parameter'] as Part[] | undefined) ?? []).entries())
    yield [part.name, givenValue(part, inputs, `Parameters.parameter[${i}]`)];
}

/** A resource without Parameters around it is the first parameter of its type, where no other one is needed. */
function soleResource(
  resource: Resource,
  inputs: readonly OperationParameter[],
  { code }: OperationDeclaration,
): string {
  const fitting = inputs.find((p) => p.type === 'Resource' || p.type === resource.resourceType);
  if (fitting !== undefined && inputs.every((p) => p.min === 0 || p === fitting)) return fitting.name;
  throw new Fault('bad-structure', `Send the parameters of $${code} as a Parameters resource.`, {
    expression: 'resourceType',
  });
}

interface Part {
  readonly name: string;
  readonly resource?: Resource;
  readonly part?: readonly Part[];
  readonly [value: string]: unknown;
}

function givenValue(part: Part, inputs: readonly OperationParameter[], path: string): unknown {
  const parameter = inputs.find((p) => p.name === part.name);
  if (parameter === undefined) throw unknown(part.name, inputs, path);
  if (parameter.parts !== undefined) return partsOf(part, parameter, path);
  if (part.resource !== undefined) return resourceOf(part.resource, parameter, path);
  const member = Object.keys(part).find((k) => k.startsWith('value'));
  const wanted = parameter.type ?? '';
  if (member === undefined || !accepts(wanted, member.slice('value'.length)))
    throw new Fault('bad-value', `The parameter ${part.name} takes ${nameOf(wanted)}.`, { expression: path });
  return part[member];
}

const nameOf = (type: string) =>
  isResourceType(type) || type === 'Resource' ? `a resource: ${type}` : `value${capital(type)}`;
const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** What is a kind of the wanted type is as good: a `uri` given as `canonical`, a `string` as `code`, a `dateTime` as `date`. */
function accepts(wanted: string, given: string): boolean {
  return capital(wanted) === given || (likes[wanted] ?? []).includes(given);
}

const texts = ['String', 'Code', 'Id', 'Markdown'];
const links = ['Uri', 'Url', 'Canonical', 'Oid', 'Uuid'];
const times = ['Date', 'DateTime', 'Instant'];
const numbers = ['Integer', 'PositiveInt', 'UnsignedInt'];
const likes: Readonly<Record<string, readonly string[]>> = {
  ...{ string: [...texts, ...links], code: texts, id: texts, markdown: texts },
  ...{ uri: [...links, 'String'], url: links, canonical: links },
  ...{ date: times, dateTime: times, instant: times },
  ...{ integer: numbers, positiveInt: numbers, unsignedInt: numbers, decimal: numbers },
};

function resourceOf(resource: Resource, parameter: OperationParameter, path: string): Resource {
  if (parameter.type === 'Resource' || parameter.type === resource.resourceType) return resource;
  throw new Fault('bad-value', `The parameter ${parameter.name} takes ${nameOf(parameter.type ?? '')}.`, {
    expression: path,
  });
}

function partsOf(part: Part, parameter: OperationParameter, path: string): Arguments {
  const inputs = parameter.parts!;
  const given = (part.part ?? []).map((p, i): Given => [p.name, givenValue(p, inputs, `${path}.part[${i}]`)]);
  return argumentsOf(given, inputs, parameter.name);
}

function unknown(name: string, inputs: readonly OperationParameter[], path?: string): Fault {
  const list = inputs.map((p) => p.name).join(', ') || 'none';
  const shown = JSON.stringify(name.slice(0, 40).replace(/[<>&]/g, ''));
  const expression = path ?? `http.${name.replace(/[^\w.:-]/g, '').slice(0, 60)}`;
  return new Fault('not-supported', `There is no parameter ${shown} here. There are: ${list}.`, { expression });
}

/** @throws Fault for one that is missing or comes too often */
function argumentsOf(
  given: readonly Given[],
  inputs: readonly OperationParameter[],
  of: OperationDeclaration | string,
): Arguments {
  const values = Map.groupBy(given, ([name]) => name);
  for (const { name, min, max } of inputs) {
    const count = values.get(name)?.length ?? 0;
    const place = typeof of === 'string' ? of : `$${of.code}`;
    if (count < min)
      throw new Fault('missing-element', `${place} needs the parameter ${name}.`, { expression: `http.${name}` });
    if (max !== '*' && count > max)
      throw new Fault('bad-structure', `${place} takes ${name} ${max} time(s) at most.`, {
        expression: `http.${name}`,
      });
  }
  const all = (name: string) => (values.get(name) ?? []).map(([, value]) => value);
  return {
    all,
    one: (name) => all(name)[0],
    text: (name) => all(name).map(String)[0],
    resource: (name) => all(name)[0] as Resource | undefined,
  };
}

/** Whether a type of a parameter is one that R4 has: for the test of the declarations. */
export const isParameterType = (type: string): boolean =>
  type === 'Resource' || isResourceType(type) || nodeOf(type) !== undefined || /^[a-z]/.test(type);
