/** OpenAPI 3.1 of all that is served. https://spec.openapis.org/oas/v3.1.0 */
import type { Served } from '../call.ts';
import type { Program } from '../capability.ts';
import { exportPaths } from './export-paths.ts';
import { parametersOf } from './parameters.ts';
import { pathsOf } from './paths.ts';
import { errorResponses } from './responses.ts';
import { schemasOf } from './schemas.ts';

export function openApiDocument(served: Served, { version }: Program): object {
  const types = [...served.declarations.values()];
  return {
    openapi: '3.1.0',
    info: {
      title: 'medmost: FHIR R4 over the information systems of clinics',
      version,
      description:
        'Made of the same declarations as the server. [FHIR R4](https://hl7.org/fhir/R4/http.html) says what the interactions ' +
        'mean; GET metadata tells the same to programs. An unknown search parameter is refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to the document, so that it is right behind any proxy.
    servers: [{ url: '../fhir' }],
    security: [{ token: [] }],
    tags: [
      { name: 'System' },
      { name: 'Operations', description: 'Of the whole system' },
      ...types.map(({ type, documentation }) => ({ name: type, description: documentation })),
    ],
    paths: { ...pathsOf(served), ...exportPaths },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters: parametersOf(served.declarations),
      responses: errorResponses,
      schemas: schemasOf([...types.map((d) => d.type), 'Bundle', 'OperationOutcome', 'Parameters']),
    },
  };
}
