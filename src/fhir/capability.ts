/** The CapabilityStatement, made of the declarations. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { Served } from './call.ts';
import type { OperationDeclaration } from './operation.ts';
import type { ResourceDeclaration } from './resource.ts';
import { servedParameters } from './search/parameter.ts';
import type { Declarations } from './search/request.ts';
import { extensions } from './subscription/topic.ts';
import { websocketUrl } from './subscription/websocket.ts';

export const canonicalBase = 'https://medmost.ru/fhir';

export function capabilityStatement(
  { declarations, operations, version }: Served & { version: string },
  base: string,
): object {
  return {
    resourceType: 'CapabilityStatement',
    id: 'medmost',
    url: `${canonicalBase}/CapabilityStatement/medmost`,
    version,
    name: 'Medmost',
    title: 'medmost: FHIR R4 over the information systems of clinics',
    status: 'active',
    date: '2026-11-21',
    kind: 'instance',
    software: { name: 'medmost', version },
    implementation: { description: 'medmost', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
    patchFormat: ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'],
    rest: [
      {
        extension: [{ url: extensions.websocket, valueUri: websocketUrl(base) }],
        mode: 'server',
        documentation:
          'A booking is an Appointment: 201 booked, 202 pending (ask again at Content-Location), 409 taken, 422 refused, 503 not sent, ' +
          '504 not known (repeat with the same key). ' +
          'Unknown search parameters are refused (400). Send Idempotency-Key or If-None-Exist with every create.',
        security: { cors: false, description: 'Authorization: Bearer <token>' },
        resource: [...declarations.values()].map((d) => describe(d, declarations, operations.all)),
        interaction: ['transaction', 'batch', 'history-system'].map((code) => ({ code })),
        ...listed(operations.all.filter((o) => o.levels.includes('system'))),
      },
    ],
  };
}

function describe(
  declaration: ResourceDeclaration,
  declarations: Declarations,
  operations: readonly OperationDeclaration[],
): object {
  const { type, interactions } = declaration;
  const parameters = servedParameters(declaration);
  const has = (interaction: string) => (interactions as readonly string[]).includes(interaction);
  return {
    type,
    ...declaration.capability,
    documentation: declaration.documentation,
    interaction: interactions.map((code) => ({ code })),
    versioning: has('update') ? 'versioned-update' : 'versioned',
    readHistory: has('vread'),
    updateCreate: false,
    conditionalCreate: has('create'),
    conditionalRead: 'full-support',
    conditionalUpdate: has('update'),
    conditionalDelete: has('delete') ? 'single' : 'not-supported',
    referencePolicy: ['literal', 'enforced', 'local'],
    ...withItems({
      searchInclude: parameters.filter((p) => p.type === 'reference').map((p) => `${type}:${p.code}`),
      searchRevInclude: reverseIncludes(type, declarations),
    }),
    searchParam: parameters.map((p) => ({ name: p.code, definition: p.url, type: p.type })),
    ...listed(operations.filter((o) => isFor(o, type))),
  };
}

/** R4 has no empty lists. */
function withItems(lists: Readonly<Record<string, readonly string[]>>): object {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

const isFor = ({ types, levels }: OperationDeclaration, type: string) =>
  types.includes(type) || (types.length === 0 && levels.some((l) => l !== 'system'));

function listed(operations: readonly OperationDeclaration[]): object {
  if (operations.length === 0) return {};
  return { operation: operations.map((o) => ({ name: o.code, definition: definitionUrl(o) })) };
}

/** Two operations of one name on different types have definitions of their own. */
export function definitionUrl({ code, types }: OperationDeclaration): string {
  return `${canonicalBase}/OperationDefinition/${types.length === 1 ? `${types[0]}-` : ''}${code}`;
}

/** Parameters of other types that lead here. */
function reverseIncludes(type: string, declarations: Declarations): string[] {
  return [...declarations.values()].flatMap((d) =>
    servedParameters(d)
      .filter((p) => p.type === 'reference' && (p.targets.length === 0 || p.targets.includes(type)))
      .map((p) => `${d.type}:${p.code}`),
  );
}
