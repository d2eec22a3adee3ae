/** The two directions of a document as functions: MIS record → resource, resource → MIS record. */
import { idOf } from '../../id.ts';
import type { Resource } from '../../store/resource.ts';
import type { MisRecord } from '../connector.ts';
import { buildFields, guarded, type Watch } from './build.ts';
import type { MappingDocument } from './document.ts';

/** A resource made by a mapping: it always has its id. */
export interface FhirResource extends Resource {
  id: string;
}

export interface Mapped {
  readonly resource: FhirResource;
  /** The MIS's own id, from which the resource's id is made. */
  readonly key: string;
}

/** @returns undefined when the document's `when` says that the record makes no such resource @throws MappingError */
export type Reader = (record: object) => Mapped | undefined;
/** @throws MappingError */
export type Writer = (input: object) => MisRecord;

export function buildReader(document: MappingDocument, clinic: string, watch?: Watch): Reader {
  const { key, template } = document.reading!;
  const type = document.resource;
  const misId = guarded(key, keyText, watch);
  const fill = buildFields(template, type, watch);
  return (record) => {
    const resource = { resourceType: type, id: '' };
    if (!fill(resource, record, record)) return undefined;
    const text = misId(record, record) as string;
    resource.id = idOf(clinic, type, text);
    return { resource, key: text };
  };
}

function keyText(value: unknown): string {
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  throw new Error('gives no single text or number for the MIS id of this record');
}

export function buildWriter(document: MappingDocument, watch?: Watch): Writer {
  const fill = buildFields(document.writing!, undefined, watch);
  return (input) => {
    const made = {};
    fill(made, input, input);
    return made;
  };
}
