/** Base search parameters → the table's, each expression pruned to the branches of the type it is listed under. */
import type { SearchParameter } from '@medplum/fhirtypes';
import type { RawParameter } from '../../src/r4/raw.ts';
import type { Definitions } from './definitions.ts';

const urlPrefix = 'http://hl7.org/fhir/SearchParameter/';

/** Parameters by type, with those of every resource under `Resource` and `DomainResource`, sorted by code. */
export function buildSearches(definitions: Definitions, types: readonly string[]): Record<string, RawParameter[]> {
  const built: Record<string, RawParameter[]> = {};
  for (const type of ['Resource', 'DomainResource', ...types]) {
    const own = definitions.searchParameters.filter((p) => p.base.includes(type as never));
    const list = own.map((p) => rawParameter(p, type)).sort((a, b) => (a.code < b.code ? -1 : 1));
    if (list.length > 0) built[type] = list;
  }
  return built;
}

function rawParameter(parameter: SearchParameter, type: string): RawParameter {
  const branches = splitUnion(parameter.expression ?? '').filter((b) => isBranchOf(b, type));
  const targets = targetsOf(parameter, branches);
  const id = parameter.url.slice(urlPrefix.length);
  return {
    code: parameter.code,
    type: parameter.type as RawParameter['type'],
    ...(id !== `${type}-${parameter.code}` && { id }),
    ...(branches.length > 0 && { expression: branches.join(' | ') }),
    ...(targets.length > 0 && { targets }),
    ...(parameter.component !== undefined && {
      components: parameter.component.map((c) => ({
        id: c.definition.slice(urlPrefix.length),
        expression: c.expression,
      })),
    }),
  };
}

/** R4 lists the targets of all its branches; `where(resolve() is T)` in every branch of this type narrows them. */
function targetsOf(parameter: SearchParameter, branches: string[]): string[] {
  const narrowed = branches.map((b) => /\.where\(resolve\(\) is (\w+)\)$/.exec(b)?.[1]);
  if (narrowed.length > 0 && narrowed.every((t) => t !== undefined)) return [...new Set(narrowed)];
  return parameter.target ?? [];
}

function splitUnion(expression: string): string[] {
  let depth = 0;
  const branches = [''];
  for (const char of expression) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === '|' && depth === 0) branches.push('');
    else branches[branches.length - 1] += char;
  }
  return branches.map((b) => b.trim()).filter((b) => b !== '');
}

function isBranchOf(branch: string, type: string): boolean {
  const bare = branch.replace(/^\(+/, '');
  return bare === type || bare.startsWith(`${type}.`);
}
