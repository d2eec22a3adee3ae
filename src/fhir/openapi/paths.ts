/** Addresses and methods: asked of the router itself, so that the document has what there is and nothing else. */
import { Fault } from '../../fault.ts';
import { compartmentParameters } from '../../r4/table.ts';
import { type Call, callOf, type Method, type Served } from '../call.ts';
import { tell } from './operation.ts';
import { named } from './parameters.ts';

type PathItem = Record<string, object>;

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** `paths`: those of the router, `{id}` and `{version}` standing for any. */
export function pathsOf(served: Served): Record<string, PathItem> {
  const paths: Record<string, PathItem> = {};
  for (const template of templatesOf(served)) {
    const item = itemOf(template, served);
    if (Object.keys(item).length > 0) paths[`/${template}`] = item;
  }
  return paths;
}

/** Every address that might be one. */
export function templatesOf({ declarations, operations }: Served): string[] {
  const codes = [...new Set(operations.all.map((o) => `$${o.code}`))];
  const types = [...declarations.keys()];
  const ofType = (type: string) => {
    const members = types.filter((t) => (compartmentParameters(type, t) ?? []).length > 0);
    const within = members.flatMap((t) => [`{id}/${t}`, `{id}/${t}/_search`]);
    const deeper = ['_search', '_history', '{id}', '{id}/_history', '{id}/_history/{version}'];
    const called = codes.flatMap((code) => [code, `{id}/${code}`]);
    return [type, ...[...deeper, ...within, ...called].map((rest) => `${type}/${rest}`)];
  };
  return ['', 'metadata', '_history', ...codes, ...types.flatMap(ofType)];
}

function itemOf(template: string, served: Served): PathItem {
  const item: PathItem = {};
  for (const method of methods) {
    const call = callAt(method, template, served);
    if (call !== undefined) item[method.toLowerCase()] = describe(call, template, served);
  }
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return names.length === 0 || Object.keys(item).length === 0 ? item : { parameters: named(...names), ...item };
}

function callAt(method: Method, template: string, served: Served): Call | undefined {
  try {
    return callOf(method, template, new URLSearchParams(), served);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

function describe(call: Call, template: string, served: Served): object {
  const { method, type, compartment, operation } = call;
  const { parameters = [], ...told } = tell(call, served);
  return {
    operationId: `${method.toLowerCase()} ${template === '' ? 'base' : template}`
      .replace(/\W+/g, '_')
      .replace(/_$/, ''),
    tags: [compartment?.type ?? type ?? (operation === undefined ? 'System' : 'Operations')],
    ...(parameters.length > 0 && { parameters }),
    ...told,
    ...(call.interaction === 'capabilities' && { security: [] }),
  };
}
