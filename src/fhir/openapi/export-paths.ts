/** Addresses of a bulk export, which are no interactions of R4. https://hl7.org/fhir/uv/bulkdata/export.html */
import { answered, empty, errors } from './responses.ts';

const parameter = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
const key = parameter('key', 'From the Content-Location of the kick-off');

const json = { 'application/json': { schema: { type: 'object' } } };
const lines = { 'application/fhir+ndjson': { schema: { type: 'string' } } };

export const exportPaths: Readonly<Record<string, object>> = {
  '/$export/{key}': {
    parameters: [key],
    get: {
      operationId: 'export_status',
      tags: ['Operations'],
      summary: 'How far an export is, and its files',
      responses: {
        200: { description: 'It is complete: its manifest', content: json },
        202: empty('It is under way: ask again after Retry-After'),
        ...errors(401, 404),
      },
    },
    delete: {
      operationId: 'export_cancel',
      tags: ['Operations'],
      summary: 'Cancel an export or remove its files',
      responses: { 202: answered('OperationOutcome', 'It is cancelled'), ...errors(401, 404) },
    },
  },
  '/$export/{key}/{file}': {
    parameters: [key, parameter('file', 'From the manifest')],
    get: {
      operationId: 'export_file',
      tags: ['Operations'],
      summary: 'A file of an export',
      responses: { 200: { description: 'A resource a line', content: lines }, ...errors(401, 404) },
    },
  },
};
