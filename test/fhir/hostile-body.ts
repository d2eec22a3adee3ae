/** Bodies of a hostile or broken client, by name. */
import { writeXml } from '../../src/r4/xml/write.ts';

const json = (value: unknown) => JSON.stringify(value);
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
/** The object with further members as text, which may be more than JSON.stringify would write. */
const withText = (base: object, members: string) => `${json(base).slice(0, -1)},${members}}`;

export type Spoil = (base: Record<string, unknown>) => string | Buffer;

/** Bodies that no route may take. */
export const refusedBodies: Readonly<Record<string, Spoil>> = {
  nothing: () => '',
  null: () => 'null',
  number: () => '1',
  text: () => '"Patient"',
  'a list': (base) => json([base]),
  'half of it': (base) => json(base).slice(0, -7),
  'something after it': (base) => `${json(base)}{}`,
  'a comment in it': (base) => `/* */${json(base)}`,
  'XML with the type of JSON': () => '<Patient xmlns="http://hl7.org/fhir"/>',
  'deep lists': () => nested(100_000, '[', ']'),
  'deep objects': (base) => withText(base, `"extension":${nested(20_000, '[{"url":"x","extension":', '[]}]')}`),
  'deep extensions': (base) => withText(base, `"extension":${nested(2000, '[{"url":"urn:x","extension":', '}]')}`),
  'more than 2 MB': (base) => json({ ...base, language: 'x'.repeat(2_100_000) }),
  'a text of 1.5 MB': (base) => json({ ...base, language: 'x'.repeat(1_500_000) }),
  '100,000 members': (base) => withText(base, Array.from({ length: 100_000 }, (_, i) => `"e${i}":1`).join(',')),
  'another type': (base) => json({ ...base, resourceType: 'Slot' }),
  'no type': (base) => json({ ...base, resourceType: undefined }),
  'a type that is a list': (base) => json({ ...base, resourceType: [base['resourceType']] }),
  'an unknown element': (base) => json({ ...base, nosuch: 1 }),
  'an element in another case': (base) => json({ ...base, Language: 'ru' }),
  'a megabyte of blanks for base64': (base) => json({ ...base, photo: [{ data: `${' '.repeat(1_000_000)}!` }] }),
  'the prototype': (base) => withText(base, '"__proto__":{"status":"booked"}'),
  'the constructor': (base) => withText(base, '"constructor":{"prototype":{"status":"booked"}}'),
  'toString as an element': (base) => json({ ...base, toString: 'x' }),
  'an object for a list': (base) => json({ ...base, identifier: { value: '1' } }),
  'a list for a text': (base) => json({ ...base, language: ['ru'] }),
  'a list of lists': (base) => json({ ...base, identifier: [[{ value: '1' }]] }),
  'an empty list': (base) => json({ ...base, identifier: [] }),
  'an empty object': (base) => json({ ...base, identifier: [{}] }),
  'null in a list': (base) => json({ ...base, identifier: [null] }),
  'an empty text': (base) => json({ ...base, language: '' }),
  'a number for a text': (base) => json({ ...base, implicitRules: 1e308 }),
  'a number beyond all': (base) => withText(base, '"implicitRules":1e999999'),
  NUL: (base) => json({ ...base, language: 'a\0b' }),
  'a raw NUL': (base) => json({ ...base, language: 'a?b' }).replace('?', '\0'),
  'half a surrogate': (base) => withText(base, '"language":"a\\ud800b"'),
  'bytes that are no UTF-8': (base) => Buffer.from(json({ ...base, implicitRules: 'urn:\xff\xfe' }), 'latin1'),
  'windows-1251': (base) => Buffer.concat([Buffer.from(json({ ...base, language: '?' })), Buffer.from([0xcf, 0xe5])]),
  'UTF-16': (base) => Buffer.from(json(base), 'utf16le'),
  'an id that climbs': (base) => json({ ...base, id: '../../etc/passwd' }),
  'an id too long': (base) => json({ ...base, id: 'a'.repeat(65) }),
  'an id that is a number': (base) => json({ ...base, id: 1 }),
  'a wrong СНИЛС': (base) => json({ ...base, identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '11223344596' }] }),
  'year 0': (base) => json({ ...base, identifier: [{ value: '1', period: { start: '0000-01-01' } }] }),
  'the 30th of February': (base) => json({ ...base, identifier: [{ value: '1', period: { start: '2026-02-30' } }] }),
  'year 10000': (base) => json({ ...base, identifier: [{ value: '1', period: { start: '10000-01-01' } }] }),
  'an infinite date': (base) => json({ ...base, identifier: [{ value: '1', period: { start: 'infinity' } }] }),
  'a date called now': (base) => json({ ...base, identifier: [{ value: '1', period: { start: 'now' } }] }),
  'a member twice': (base) => withText(base, '"resourceType":"Slot"'),
  'a member twice inside': (base) => withText(base, '"meta":{"versionId":"1","versionId":"2"}'),
  'a byte order mark of UTF-16': (base) =>
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(json(base), 'utf16le')]),
  'a leap second at noon': (base) =>
    json({ ...base, identifier: [{ value: '1', period: { start: '2026-01-01T12:00:61Z' } }] }),
  'a reference to nowhere': (base) => json({ ...base, identifier: [{ assigner: { reference: 'Patient/../../x' } }] }),
};

const xml = (base: object) => writeXml(base as Record<string, unknown>);
/** The XML with something put before its end. */
const withXml = (base: object, inside: string) => xml(base).replace(/<\/\w+>$/, (end) => `${inside}${end}`);
const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');

/** The same in XML. */
export const refusedXml: Readonly<Record<string, Spoil>> = {
  'JSON with the type of XML': (base) => json(base),
  'half of it': (base) => xml(base).slice(0, -7),
  'something after it': (base) => `${xml(base)}<x/>`,
  'another type': () => '<Slot xmlns="http://hl7.org/fhir"/>',
  'no namespace': (base) => xml(base).replace(' xmlns="http://hl7.org/fhir"', ''),
  'billion laughs': (base) =>
    xml(base)
      .replace('?>', `?><!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>`)
      .replace(/value="\w+"/, 'value="&l9;"'),
  'an external entity': (base) =>
    xml(base)
      .replace('?>', '?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>')
      .replace(/value="\w+"/, 'value="&a;"'),
  'an external DTD': (base) => xml(base).replace('?>', '?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'),
  'a stylesheet': (base) => xml(base).replace('?>', '?><?xml-stylesheet href="http://127.0.0.1:1/"?>'),
  'an include': (base) =>
    withXml(base, '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
  '50,000 nested elements': (base) => withXml(base, '<contained>'.repeat(50_000)),
  '60,000 nested extensions': (base) => withXml(base, '<extension url="urn:x">'.repeat(60_000)),
  '400,000 empty elements': (base) => withXml(base, '<x/>'.repeat(400_000)),
  '250,000 attributes': (base) =>
    withXml(base, `<x ${Array.from({ length: 150_000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
  'more than 2 MB': (base) => withXml(base, ' '.repeat(2_100_000)),
  'another encoding': (base) => xml(base).replace('UTF-8', 'windows-1251'),
  'UTF-16': (base) => Buffer.from(xml(base).replace('UTF-8', 'UTF-16'), 'utf16le'),
  'bytes that are no UTF-8': (base) => Buffer.from(withXml(base, '<x value="\xff\xfe"/>'), 'latin1'),
  'a raw NUL': (base) => xml(base).replace(/value="\w/, 'value="\0'),
  'NUL by its number': (base) => xml(base).replace(/value="\w/, 'value="&#0;'),
  'an unknown element': (base) => withXml(base, '<nosuch value="1"/>'),
  'an unknown attribute': (base) => xml(base).replace('value=', 'nosuch="1" value='),
  'the prototype': (base) => withXml(base, '<__proto__ value="booked"/>'),
  'an element behind its place': (base) => withXml(base, '<language value="ru"/>'),
  text: (base) => withXml(base, 'text'),
  'a script': (base) =>
    xml({
      ...base,
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>' },
    }),
};
