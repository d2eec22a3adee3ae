/** What an interaction takes and answers, as the OpenAPI document tells it. https://hl7.org/fhir/R4/http.html */
import type { Call, Served } from '../call.ts';
import type { OperationDeclaration, OperationParameter } from '../operation.ts';
import type { ResourceDeclaration } from '../resource.ts';
import { named, searchParametersFor } from './parameters.ts';
import { answered, contentOf, created, empty, errors, found } from './responses.ts';
import { primitives, schemaOf } from './schemas.ts';

interface Told {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

const sent = (type: string) => ({ required: true, content: contentOf(schemaOf(type)) });
const form = {
  content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', additionalProperties: true } } },
};

/** @param call what the router makes of the address and the method */
export function tell(call: Call, served: Served): Told {
  const declaration = served.declarations.get(call.type ?? '');
  if (call.interaction === 'operation') return tellOperation(call, served);
  if (declaration === undefined) return ofSystem[call.interaction as keyof typeof ofSystem];
  return ofType[call.interaction as keyof typeof ofType](declaration, call);
}

const historyParameters = named('_since', '_at', '_count');

const ofSystem = {
  capabilities: {
    summary: 'What this server can do',
    parameters: [{ name: 'mode', in: 'query', schema: { enum: ['full', 'normative', 'terminology'] } }],
    responses: { 200: answered('Resource', 'A CapabilityStatement, or TerminologyCapabilities'), ...errors(400, 406) },
  },
  batch: {
    summary: 'Perform a batch or a transaction',
    requestBody: sent('Bundle'),
    responses: { 200: answered('Bundle', 'What became of each entry'), ...errors(400, 401, 409, 412, 413, 415, 422) },
  },
  'history-system': {
    summary: 'Changes of everything',
    parameters: [...historyParameters, ...named('_type')],
    responses: { 200: answered('Bundle', 'Versions, newest first, deletions among them'), ...errors(400, 401) },
  },
} as const satisfies Record<string, Told>;

type TellOfType = (declaration: ResourceDeclaration, call: Call) => Told;

const ofType = {
  read: ({ type }) => ({
    summary: `Read a ${type}`,
    parameters: named('If-None-Match', 'If-Modified-Since'),
    responses: { 200: found(type), 304: empty('It is the one that you have'), ...errors(401, 404, 406, 410) },
  }),
  vread: ({ type }) => ({
    summary: `Read a version of a ${type}`,
    responses: { 200: found(type), ...errors(401, 404, 406, 410) },
  }),
  'history-instance': ({ type }) => ({
    summary: `Versions of a ${type}`,
    parameters: historyParameters,
    responses: { 200: answered('Bundle', 'Versions, newest first'), ...errors(400, 401, 404) },
  }),
  'history-type': ({ type }) => ({
    summary: `Changes of ${type} resources`,
    parameters: historyParameters,
    responses: { 200: answered('Bundle', 'Versions, newest first, deletions among them'), ...errors(400, 401) },
  }),
  'search-type': (declaration, { method, compartment }) => ({
    summary: `Search ${declaration.type}${compartment === undefined ? '' : ` in the compartment of a ${compartment.type}`}`,
    parameters: method === 'POST' ? [] : [...searchParametersFor(declaration, true), ...named('Prefer')],
    ...(method === 'POST' && { description: 'The parameters of the search by GET, in a form', requestBody: form }),
    responses: { 200: answered('Bundle', 'A page of what was found'), ...errors(400, 401, 406, 410, 413) },
  }),
  create: ({ type, writesThrough }) => ({
    summary: `Create a ${type}`,
    parameters: named('If-None-Exist', 'Prefer', ...(writesThrough ? ['Idempotency-Key'] : [])),
    requestBody: sent(type),
    responses: {
      201: created(type),
      200: found(type, 'If-None-Exist has found it'),
      ...(writesThrough && { 202: found(type, 'The clinic has not confirmed yet: ask again at Content-Location') }),
      ...errors(400, 401, 403, 409, 412, 413, 415, 422, 503),
    },
  }),
  update: (declaration, { id }) => ({
    summary: id === undefined ? `Update the ${declaration.type} that a search finds` : `Update a ${declaration.type}`,
    parameters: conditional(declaration, id),
    requestBody: sent(declaration.type),
    responses: {
      200: found(declaration.type),
      ...(id === undefined && { 201: created(declaration.type) }),
      ...errors(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
    },
  }),
  patch: (declaration, { id }) => ({
    summary: id === undefined ? `Patch the ${declaration.type} that a search finds` : `Patch a ${declaration.type}`,
    parameters: conditional(declaration, id),
    requestBody: { required: true, content: patches },
    responses: {
      200: found(declaration.type),
      ...errors(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
    },
  }),
  delete: (declaration, { id }) => ({
    summary: id === undefined ? `Delete the ${declaration.type} that a search finds` : `Delete a ${declaration.type}`,
    parameters: conditional(declaration, id),
    responses: { 204: empty('It is not there, or not any more'), ...errors(400, 401, 403, 409, 412) },
  }),
} as const satisfies Record<string, TellOfType>;

/** By a search that must find one, or by id. */
function conditional(declaration: ResourceDeclaration, id: string | undefined): object[] {
  const by = id === undefined ? searchParametersFor(declaration, false) : [];
  return [...by, ...named('If-Match', 'Prefer')];
}

const patches = {
  'application/json-patch+json': { schema: { type: 'array', items: { type: 'object' } } },
  ...contentOf(schemaOf('Parameters')),
};

function tellOperation(call: Call, { operations }: Served): Told {
  const level = call.type === undefined ? 'system' : call.id === undefined ? 'type' : 'instance';
  const operation = operations.find(call.operation!, level, call.type)!;
  const { title, documentation, parameters } = operation;
  const inputs = parameters.filter((p) => p.use === 'in');
  const outputs = parameters.filter((p) => p.use === 'out');
  const lines = [...inputs, ...outputs].map(lineOf);
  return {
    summary: title,
    description: [documentation, ...lines].join('\n'),
    ...(call.method === 'GET' && { parameters: inputs.filter(isPrimitive).map(queryOf) }),
    ...(call.method === 'POST' && { requestBody: { content: contentOf(schemaOf('Parameters')) } }),
    responses: { 200: answered(answerOf(operation), 'What it answers'), ...errors(400, 401, 403, 404, 409, 422) },
  };
}

const isPrimitive = ({ type, parts }: OperationParameter) => parts === undefined && /^[a-z]/.test(type ?? '');

function queryOf({ name, type, min, documentation }: OperationParameter): object {
  const schema = primitives[type!] ?? { type: 'string' };
  return { name, in: 'query', required: min > 0, description: documentation, schema };
}

const lineOf = ({ name, use, min, max, type, documentation }: OperationParameter) =>
  `- ${use} \`${name}\` ${min}..${max} ${type ?? 'parts'}: ${documentation}`;

/** A sole parameter of the name `return` is answered by itself. */
function answerOf({ parameters }: OperationDeclaration): string {
  const [only, ...others] = parameters.filter((p) => p.use === 'out');
  if (only?.name !== 'return' || others.length > 0) return 'Resource';
  return only.type === 'Bundle' || only.type === 'Parameters' ? only.type : 'Resource';
}
