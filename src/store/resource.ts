/** The shape that every FHIR resource has, as far as storing it needs to know. */
export interface Resource {
  resourceType: string;
  id?: string;
  meta?: { versionId?: string; lastUpdated?: string; [name: string]: unknown };
  [name: string]: unknown;
}

export interface Reference {
  reference?: string;
  display?: string;
}

/** The id in a relative reference to `type`, e.g. `Patient/x` → `x`. */
export function referencedId(reference: Reference | undefined, type: string): string | undefined {
  const text = reference?.reference;
  return text?.startsWith(`${type}/`) ? text.slice(type.length + 1) : undefined;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Every id we give is a lower-case UUID; any other text is the id of nothing. */
export function isId(text: string): boolean {
  return uuidPattern.test(text);
}
