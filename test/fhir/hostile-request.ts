/** Addresses and whole requests of a hostile or broken client. */

/** Ids in a path that are nobody's. As they go onto the wire. */
export const hostileIds: readonly string[] = [
  '%00',
  '%2F',
  '..',
  '%2e%2e',
  '..%2f..%2fetc%2fpasswd',
  'a'.repeat(65),
  'a'.repeat(300),
  'a'.repeat(9000),
  '%zz',
  '%',
  '%ff%fe',
  'я',
  '%D1%8F',
  "'%20or%20'1'='1",
  '00000000-0000-0000-0000-000000000000',
  '00000000-0000-4000-8000-000000000000%00',
  '00000000-0000-4000-8000-00000000000G',
  '$everything',
  'constructor',
  '__proto__',
];

/** Whole requests that are hardly HTTP. */
export const hostileBytes: Readonly<Record<string, string>> = {
  garbage: 'hello\r\n\r\n',
  'another version': 'GET /fhir/metadata HTTP/9.9\r\nHost: x\r\n\r\n',
  'an invented method': 'BREW /fhir/metadata HTTP/1.1\r\nHost: x\r\n\r\n',
  'spaces in the address': 'GET /fhir/Patient/a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'NUL in a header': 'GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n',
  'a header without a name': 'GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n',
  'two lengths': 'POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
  'a length and chunks':
    'POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a negative length': 'POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'headers of 40 kB': `GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
  'an address of 40 kB': `GET /fhir/Slot?_id=${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
};
