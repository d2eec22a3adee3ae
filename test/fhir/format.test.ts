import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { bytesOf } from '../../src/fhir/byte-string.ts';
import { encodingFor } from '../../src/fhir/compression.ts';
import { formatOf, render } from '../../src/fhir/format.ts';
import { preferenceOf } from '../../src/fhir/preference.ts';

const wish = (accept: string | undefined, query = '', charset?: string) => {
  try {
    const { type, pretty, mediaType } = formatOf({ accept, 'accept-charset': charset }, new URLSearchParams(query));
    return `${mediaType === `application/fhir+${type}` ? type : mediaType}${pretty ? ' pretty' : ''}`;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.status} ${String(error.details.expression)}`;
  }
};

const chrome =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

describe('the format that is wished', () => {
  test.each<[accept: string | undefined, answer: string]>([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['text/*', 'text/json'],
    ['application/fhir+json', 'json'],
    ['application/fhir+xml', 'xml'],
    ['Application/FHIR+XML', 'xml'],
    ['application/json', 'application/json'],
    ['application/xml', 'application/xml'],
    ['text/json', 'text/json'],
    ['text/xml', 'text/xml'],
    ['application/json, text/plain, */*', 'application/json'],
    ['application/fhir+json;q=0.5, application/fhir+xml', 'xml'],
    ['application/fhir+xml;q=0.5, application/fhir+json', 'json'],
    ['application/fhir+xml;q=0.9, */*;q=0.8', 'xml'],
    ['application/fhir+xml, */*', 'xml'],
    ['*/*, application/fhir+xml;q=0.9', 'json'],
    ['application/fhir+json;q=0, */*', 'xml'],
    ['application/fhir+xml;q=1.0, application/fhir+json;q=1.0', 'json'],
    ['application/fhir+json; fhirVersion=4.0', 'json'],
    ['application/fhir+xml; fhirVersion="4.0"', 'xml'],
    ['application/fhir+xml; fhirVersion=3.0, application/fhir+json; fhirVersion=4.0', 'json'],
    ['application/fhir+json; charset=utf-8', 'json'],
    [chrome, 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'json'],
    ['text/html, application/fhir+xml', 'xml'],
    ['application/fhir+json; fhirVersion=3.0', '406 http.accept'],
    ['application/fhir+json; fhirVersion=5.0', '406 http.accept'],
    ['application/fhir+json; charset=windows-1251', '406 http.accept'],
    ['text/turtle', '406 http.accept'],
    ['application/fhir+turtle, image/*', '406 http.accept'],
    ['*/*;q=0', '406 http.accept'],
    [',,;;=', '406 http.accept'],
    ['application/fhir+json;q=nonsense', 'json'],
  ])('Accept: %s → %s', (accept, answer) => {
    expect(wish(accept)).toBe(answer);
  });

  test.each<[query: string, answer: string]>([
    ['_format=json', 'json'],
    ['_format=xml', 'xml'],
    ['_format=', 'xml'],
    ['_format=application/fhir+json', 'json'],
    ['_format=application%2Ffhir%2Bjson', 'json'],
    ['_format=application/json', 'application/json'],
    ['_format=text/xml', 'text/xml'],
    ['_format=application/fhir%2Bjson;fhirVersion=4.0', 'json'],
    ['_format=application/fhir%2Bjson;fhirVersion=3.0', '406 http._format'],
    ['_format=json&_format=json', 'json'],
    ['_format=json&_format=xml', '406 http._format'],
    ['_format=ttl', '406 http._format'],
    ['_format=html', '406 http._format'],
    ['_format=*/*', '406 http._format'],
    ['_format=constructor', '406 http._format'],
    ['_pretty=true', 'xml pretty'],
    ['_pretty=false', 'xml'],
    ['_pretty=', 'xml'],
    ['_pretty=yes', '400 http._pretty'],
    ['_format=json&_pretty=true', 'json pretty'],
  ])('%s is more than Accept: xml → %s', (query, answer) => {
    expect(wish('application/fhir+xml', query)).toBe(answer);
  });

  test.each([
    ['utf-8', 'json'],
    ['UTF-8, *;q=0.1', 'json'],
    ['*', 'json'],
    ['windows-1251', '406 http.accept-charset'],
    ['utf-8;q=0', '406 http.accept-charset'],
  ])('Accept-Charset: %s → %s', (charset, answer) => {
    expect(wish(undefined, '', charset)).toBe(answer);
  });
});

test.each<[acceptEncoding: string | undefined, bytes: number, encoding: string | undefined]>([
  [undefined, 5000, undefined],
  ['', 5000, undefined],
  ['gzip', 5000, 'gzip'],
  ['gzip', 999, undefined],
  ['x-gzip', 5000, 'gzip'],
  ['br', 5000, 'br'],
  ['gzip, deflate, br', 5000, 'br'],
  ['br;q=0.5, gzip', 5000, 'gzip'],
  ['gzip;q=0', 5000, undefined],
  ['*', 5000, 'br'],
  ['br;q=0, *', 5000, 'gzip'],
  ['*;q=0', 5000, undefined],
  ['identity, gzip;q=0.5', 5000, undefined],
  ['identity;q=0.5, gzip', 5000, 'gzip'],
  ['deflate, zstd', 5000, undefined],
])('Accept-Encoding: %s with %i bytes → %s', (wished, bytes, encoding) => {
  expect(encodingFor(wished, bytes)).toBe(encoding);
});

test.each([
  ['return=minimal', { return: 'minimal', handling: 'strict', respondAsync: false }],
  ['return=OperationOutcome', { return: 'OperationOutcome', handling: 'strict', respondAsync: false }],
  ['handling=lenient, respond-async', { return: 'representation', handling: 'lenient', respondAsync: true }],
  ['return="minimal"; handling=strict', { return: 'minimal', handling: 'strict', respondAsync: false }],
  ['return=minimal, return=representation', { return: 'minimal', handling: 'strict', respondAsync: false }],
  ['wait=10, return=nonsense', { return: 'representation', handling: 'strict', respondAsync: false }],
])('Prefer: %s', (prefer, preference) => {
  expect(preferenceOf({ prefer })).toEqual(preference);
});

describe('a resource as it is sent', () => {
  const text = '{"resourceType":"Basic","code":{"text":"Ёлка"},"extension":[{"url":"urn:x","valueDecimal":1.10}]}';

  test('JSON goes as it is kept', () => {
    expect(render(bytesOf(text), { type: 'json', pretty: false, mediaType: '' }).toString()).toBe(text);
  });

  test('pretty JSON keeps its digits', () => {
    const pretty = render(bytesOf(text), { type: 'json', pretty: true, mediaType: '' }).toString();
    expect(pretty).toContain('\n      "valueDecimal": 1.10\n');
    expect(pretty.replace(/\s+/g, '')).toBe(text);
  });

  test('XML has the order of R4 and the digits', () => {
    expect(render(bytesOf(text), { type: 'xml', pretty: false, mediaType: '' }).toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Basic xmlns="http://hl7.org/fhir"><extension url="urn:x">' +
        '<valueDecimal value="1.10"/></extension><code><text value="Ёлка"/></code></Basic>',
    );
  });

  test('what has no XML is refused', () => {
    const format = { type: 'xml', pretty: false, mediaType: '' } as const;
    expect(() => render(bytesOf('{"resourceType":"Basic","code":{"nosuch":1}}'), format)).toThrow(
      expect.objectContaining({
        kind: 'not-acceptable',
        details: expect.objectContaining({ expression: 'Basic.code.nosuch' }),
      }),
    );
  });
});
