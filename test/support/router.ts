/** Addresses at which one resource is read. */

/** @param types that are served, for the compartments */
export function readsOf(type: string, id: string, types: readonly string[]): string[] {
  const at = `${type}/${id}`;
  const compartments = type === 'Patient' || type === 'Encounter' ? types.map((t) => `${at}/${t}?_count=1000`) : [];
  const record = type === 'Patient' || type === 'Encounter' ? [`${at}/$everything`] : [];
  return [
    at,
    `${at}/_history`,
    `${at}/_history/1`,
    `${at}?_elements=id`,
    `${at}?_summary=true`,
    ...compartments,
    ...record,
  ];
}
