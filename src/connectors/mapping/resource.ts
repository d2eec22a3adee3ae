/** The two directions of a document as functions: MIS record → resource, resource → MIS record. */
import { idOf } from '../../id.ts';
import type { MisRecord } from '../connector.ts';
import { buildFields, guarded, type Watch } from './build.ts';
import type { MappingDocument } from './document.ts';

/** A FHIR resource as plain JSON. */
export interface FhirResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** @returns undefined when the document's `when` says that the record makes no such resource @throws MappingError */
export type Reader = (record: MisRecord) => FhirResource | undefined;
/** @throws MappingError */
export type Writer = (input: MisRecord) => MisRecord;

export function buildReader(document: MappingDocument, clinic: string, watch?: Watch): Reader {
  const { key, template } = document.reading!;
  const type = document.resource;
  const misId = guarded(key, keyText, watch);
  const fill = buildFields(template, type, watch);
  return (record) => {
    const made = { resourceType: type, id: '' };
    if (!fill(made, record, record)) return undefined;
    made.id = idOf(clinic, type, misId(record, record) as string);
    return made;
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
