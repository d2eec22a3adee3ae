/** What the CapabilityStatement says of a resource type. https://hl7.org/fhir/R4/capabilitystatement.html */

import type { SearchParameter } from '../r4/definition.ts';
import { elementAt } from '../r4/table.ts';
import { canonicalBase } from './base.ts';
import type { OperationDeclaration } from './operation.ts';
import type { ResourceDeclaration } from './resource.ts';
import { servedParameters } from './search/parameter.ts';
import type { Declarations } from './search/request.ts';

type Operations = readonly OperationDeclaration[];

export function describe(declaration: ResourceDeclaration, declarations: Declarations, operations: Operations): object {
  const { type, interactions } = declaration;
  const has = (interaction: string) => (interactions as readonly string[]).includes(interaction);
  const { extension = [], ...further } = declaration.capability ?? {};
  const extensions = [...extension, ...(has('patch') ? [{ url: conditionalPatch, valueBoolean: true }] : [])];
  return {
    type,
    ...whenAny('extension', extensions),
    ...further,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    documentation: declaration.documentation,
    interaction: interactions.map((code) => ({ code })),
    versioning: has('update') ? 'versioned-update' : 'versioned',
    readHistory: has('vread'),
    updateCreate: false,
    conditionalCreate: has('create'),
    conditionalRead: 'full-support',
    conditionalUpdate: has('update'),
    conditionalDelete: has('delete') ? 'single' : 'not-supported',
    referencePolicy: has('create') ? ['literal', 'logical', 'enforced', 'local'] : ['literal', 'local'],
    ...whenAny('searchInclude', includesOf(declaration, declarations)),
    ...whenAny('searchRevInclude', reverseIncludesOf(type, declarations)),
    searchParam: servedParameters(declaration).map((p) => ({ name: p.code, definition: p.url, type: p.type })),
    ...listed(operations.filter((o) => isFor(o, type))),
  };
}

/** R4 has no element for it; R5's as an extension. */
const conditionalPatch =
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-CapabilityStatement.rest.resource.conditionalPatch';

/** Types that are served by operations alone. */
export function operationsAlone(declarations: Declarations, operations: Operations): object[] {
  const types = new Set(operations.flatMap((o) => o.types).filter((type) => !declarations.has(type)));
  return [...types].map((type) => ({ type, ...listed(operations.filter((o) => isFor(o, type))) }));
}

const isFor = ({ types, levels }: OperationDeclaration, type: string) =>
  types.includes(type) || (types.length === 0 && levels.some((l) => l !== 'system'));

export function listed(operations: Operations): object {
  return whenAny(
    'operation',
    operations.map((o) => ({ name: o.code, definition: definitionUrl(o) })),
  );
}

/** FHIR has no empty lists. */
const whenAny = (name: string, list: readonly unknown[]) => (list.length === 0 ? {} : { [name]: list });

/** Two operations of one name on different types have definitions of their own. */
export function definitionUrl({ code, types }: OperationDeclaration): string {
  return `${canonicalBase}/OperationDefinition/${types.length === 1 ? `${types[0]}-` : ''}${code}`;
}

/** Values of `_include`: what leads to nothing that is served includes nothing, and is not among them. */
export function includesOf(declaration: ResourceDeclaration, declarations: Declarations): string[] {
  const leads = ({ targets }: SearchParameter) => targets.length === 0 || targets.some((t) => declarations.has(t));
  return references(declaration)
    .filter(leads)
    .map((p) => `${declaration.type}:${p.code}`);
}

/** Values of `_revinclude`: parameters of all types that lead here. To what is one client's alone nothing may refer. */
function reverseIncludesOf(type: string, declarations: Declarations): string[] {
  if (declarations.get(type)!.viewer !== undefined) return [];
  return [...declarations.values()].flatMap((d) =>
    references(d)
      .filter((p) => p.targets.length === 0 || p.targets.includes(type))
      .map((p) => `${d.type}:${p.code}`),
  );
}

const references = (declaration: ResourceDeclaration) =>
  servedParameters(declaration).filter((p) => p.type === 'reference' && followsReferences(declaration.type, p));

/** Some parameters of this type look at canonicals, which nothing is included by. */
function followsReferences(type: string, { expression = '' }: SearchParameter): boolean {
  return expression.split(' | ').some((branch) => {
    const path = branch
      .replace(/\.where\(.*$/, '')
      .replace(/^\W*\w+\./, '')
      .replace(/\W+$/, '');
    return /\bas\W*Reference/.test(branch) || elementAt(type, path)?.type === 'Reference';
  });
}
