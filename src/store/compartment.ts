/** In which Patient's compartment a resource is: by it, patients see their own. https://hl7.org/fhir/R4/compartmentdefinition-patient.html */
import { compartmentParameters, searchParametersOf } from '../r4/table.ts';
import { compileExtractor, type Extractor } from '../r4/values.ts';
import { isId, type Resource } from './resource.ts';

/** The patient of what is about a patient and does not say whom: then no patient sees it. Not `nobody`, who sees no patient. */
export const unknownPatient = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The Patient it is about; of several the one that R4's definition names first, its subject, since one who is only mentioned is
 * not shown the other's data.
 * @param mirrored it came from a MIS: without a patient it is of the clinic (a Schedule), and everybody's
 * @returns null for what everybody sees who sees the clinic
 */
export function patientOf(resource: Resource, mirrored: boolean): string | null {
  const { resourceType, id } = resource;
  if (resourceType === 'Patient') return id!;
  const codes = compartmentParameters('Patient', resourceType) ?? [];
  if (codes.length === 0) return null;
  for (const extract of extractorsOf(resourceType, codes))
    for (const value of extract(resource, { zone: 'UTC' }))
      if (value.kind === 'reference' && value.type === 'Patient' && value.id !== undefined && isId(value.id))
        return value.id;
  return mirrored ? null : unknownPatient;
}

const extractors = new Map<string, readonly Extractor[]>();

function extractorsOf(type: string, codes: readonly string[]): readonly Extractor[] {
  let found = extractors.get(type);
  if (found === undefined) {
    const all = searchParametersOf(type);
    found = codes.map((code) =>
      compileExtractor(
        type,
        all.filter((p) => p.code === code),
      ),
    );
    extractors.set(type, found);
  }
  return found;
}
