/** The CapabilityStatement, made of the resource declarations. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { ResourceDeclaration } from './resource.ts';
import { servedParameters } from './search/parameter.ts';
import type { Declarations } from './search/request.ts';

export function capabilityStatement(declarations: Declarations, base: string, version: string): object {
  return {
    resourceType: 'CapabilityStatement',
    id: 'medmost',
    url: 'https://medmost.ru/fhir/CapabilityStatement/medmost',
    name: 'Medmost',
    title: 'medmost: FHIR R4 over the information systems of clinics',
    status: 'active',
    date: '2026-11-20',
    kind: 'instance',
    software: { name: 'medmost', version },
    implementation: { description: 'medmost', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'A booking is an Appointment: 201 booked, 202 pending (ask again at Content-Location), 409 taken, 422 refused, 503 not sent, ' +
          '504 not known (repeat with the same key). ' +
          'Unknown search parameters are refused (400). Send Idempotency-Key or If-None-Exist with every create.',
        security: { cors: false, description: 'Authorization: Bearer <token>' },
        resource: [...declarations.values()].map(describe),
      },
    ],
  };
}

function describe(declaration: ResourceDeclaration): object {
  const parameters = servedParameters(declaration);
  return {
    type: declaration.type,
    documentation: declaration.documentation,
    interaction: declaration.interactions.map((code) => ({ code })),
    versioning: 'versioned',
    readHistory: false,
    updateCreate: false,
    conditionalCreate: declaration.create !== undefined,
    conditionalRead: 'not-supported',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal'],
    searchInclude: parameters.filter((p) => p.type === 'reference').map((p) => `${declaration.type}:${p.code}`),
    searchParam: parameters.map((p) => ({ name: p.code, definition: p.url, type: p.type })),
  };
}
