/** Search parameters that say what the answer is like. https://hl7.org/fhir/R4/search.html#modifyingresults */

type ResultParameter = readonly [name: string, type: 'number' | 'string' | 'token', documentation: string];

/** R4 has no definitions of them. */
export const resultParameters: readonly ResultParameter[] = [
  ['_count', 'number', 'Matches on a page, 1000 at most; 0 asks for the total alone'],
  ['_sort', 'string', 'Search parameters of the type with commas between them, - before one for descending'],
  ['_total', 'token', 'none, estimate or accurate'],
  ['_include', 'string', 'What the matches refer to; with :iterate, also what that refers to; * for all of it'],
  ['_revinclude', 'string', 'What refers to the matches; with :iterate, also what refers to that; * for all of it'],
  ['_has', 'string', 'Matches that others refer to: _has:Appointment:patient:status=booked'],
  ['_elements', 'string', 'Elements of the matches, and those that R4 demands'],
  ['_summary', 'token', 'true, text, data, count or false'],
  ['_contained', 'token', 'false alone'],
  ['_format', 'token', 'json or xml, or their media types'],
  ['_pretty', 'token', 'true or false'],
];
