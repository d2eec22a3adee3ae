/** What may stand in an address or a header, as the OpenAPI document tells it. */
import type { SearchParameter, SearchType } from '../../r4/definition.ts';
import type { ResourceDeclaration } from '../resource.ts';
import { servedParameters } from '../search/parameter.ts';
import type { Declarations } from '../search/request.ts';
import { resultParameters } from '../search/result-parameter.ts';

type Parameters = Readonly<Record<string, object>>;

const reference = (name: string) => ({ $ref: `#/components/parameters/${name}` });
const text = { type: 'string' };

/** How values are written. https://hl7.org/fhir/R4/search.html#ptypes */
const forms: Readonly<Record<SearchType, string>> = {
  token: 'code, system|code, |code or system|',
  string: 'beginning of a text; :exact, :contains',
  reference: 'id, Type/id or an address',
  date: 'date or time, with eq, ne, gt, ge, lt, le, sa, eb or ap before it',
  uri: 'the whole address; :above, :below',
  number: 'number, with a prefix',
  quantity: 'number|system|unit, with a prefix',
  composite: 'value$value',
  special: 'latitude|longitude|distance|unit',
};

function searchParameter(declaration: ResourceDeclaration, { code, type, expression }: SearchParameter): object {
  const own = declaration.parameters?.find((p) => p.code === code)?.documentation;
  const description = [own, expression && `\`${expression}\``, `${type}: ${forms[type]}`].filter(Boolean).join('. ');
  return { name: code, in: 'query', description, schema: { type: 'array', items: text }, style: 'form', explode: true };
}

/** Written once, for types share them. */
const common = (p: SearchParameter) => p.code.startsWith('_') || p.code === 'clinic';
const nameOf = (type: string, p: SearchParameter) => (common(p) ? p.code : `${type}.${p.code}`);

const path = (name: string, description: string) => ({ name, in: 'path', required: true, description, schema: text });
const header = (name: string, description: string) => ({ name, in: 'header', description, schema: text });
const query = (name: string, description: string) => ({ name, in: 'query', description, schema: text });

const fixed: Parameters = {
  id: path('id', 'Id of the resource'),
  version: path('version', 'Number of the version'),
  'If-Match': header('If-Match', 'Only when this is the current version: W/"3"'),
  'If-None-Match': header('If-None-Match', '304 when the version is this one'),
  'If-Modified-Since': header('If-Modified-Since', '304 when it is not newer'),
  'If-None-Exist': header('If-None-Exist', 'Only when this search finds nothing'),
  'Idempotency-Key': header('Idempotency-Key', 'Of the client, for a booking that may be sent again'),
  Prefer: header('Prefer', 'return=minimal, return=representation, return=OperationOutcome, handling=lenient'),
  _since: query('_since', 'Versions written at this instant or later, with an offset'),
  _at: query('_at', 'Versions that were current at this time, with an offset'),
  _type: query('_type', 'Types with commas between them'),
};

/** `components.parameters`. */
export function parametersOf(declarations: Declarations): Parameters {
  const results = resultParameters.map(([name, , description]) => [name, query(name, description)] as const);
  const searched = [...declarations.values()].flatMap((d) =>
    servedParameters(d).map((p) => [nameOf(d.type, p), searchParameter(d, p)] as const),
  );
  return { ...fixed, ...Object.fromEntries([...results, ...searched]) };
}

export const named = (...names: readonly string[]): object[] => names.map(reference);

/** Those that choose; with `results`, also those that say what the answer is like. */
export function searchParametersFor(declaration: ResourceDeclaration, results: boolean): object[] {
  const choosing = servedParameters(declaration).map((p) => nameOf(declaration.type, p));
  return named(...choosing, ...(results ? resultParameters.map(([name]) => name) : []));
}
