/** Parsed JSON, looked at with distrust. */

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** FHIRPath's `name.exists()`: the element has a value or, when primitive, an id or extensions of its own. */
export function has(value: Json, name: string): boolean {
  return present(value[name]) || present(value[`_${name}`]);
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

/** The items of a list element, none when it is absent or not a list. */
export function itemsOf(value: Json, name: string): readonly Json[] {
  const list = value[name];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** Whether some coding of a CodeableConcept has this system and one of these codes. */
export function hasCoding(concept: unknown, system: string, ...codes: readonly string[]): boolean {
  return (
    isObject(concept) && itemsOf(concept, 'coding').some((c) => c.system === system && codes.includes(c.code as string))
  );
}
