/** An entry of a searchset Bundle as JSON text. */
export function entryOf(base: string, type: string, id: string, body: string, mode: 'match' | 'include'): string {
  return `{"fullUrl":"${base}/${type}/${id}","resource":${body},"search":{"mode":"${mode}"}}`;
}
