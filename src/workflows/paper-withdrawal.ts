/** A paper that the clinic has taken back: it stays as one entered in error, without what it said, which may have been about somebody else. */
import type { Resource } from '../store/resource.ts';

const status = 'entered-in-error';

export const isWithdrawn = (resource: Resource): boolean => resource['status'] === status;

/** Elements that say which paper it was, and whose. */
const staying = [
  ...['id', 'masterIdentifier', 'identifier', 'type', 'category', 'code', 'subject'],
  ...['date', 'effectiveDateTime', 'issued', 'author', 'performer', 'result'],
];

/** Of a DocumentReference, DiagnosticReport or Observation. */
export function withdrawn(resource: Resource): Resource {
  const { resourceType, content } = resource;
  const kept = staying.filter((name) => resource[name] !== undefined).map((name) => [name, resource[name]]);
  const rest = { resourceType, ...Object.fromEntries(kept), status } as Resource;
  if (!Array.isArray(content)) return rest;
  const titles = (content as { attachment: { contentType?: string; title?: string } }[]).map(({ attachment }) => {
    const { contentType, title } = attachment;
    return { attachment: { ...(contentType && { contentType }), ...(title && { title }) } };
  });
  return { ...rest, docStatus: status, content: titles };
}
