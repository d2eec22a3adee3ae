/** Hostile XML (RELIABILITY.md §1.9): limits, doubles, names. */
import { expect, test } from 'vitest';
import { childOf, readXml, textOf } from '../../src/connectors/xml.ts';

test.each([
  ['not closed', '<a><b></a>'],
  ['nothing', ''],
  ['only text', 'Ok'],
  ['two roots', '<a/><b/>'],
  ['an undeclared prefix', '<x:a/>'],
  ['an undeclared prefix of an attribute', '<a x:b="1"/>'],
  ['a prefix that was declared elsewhere', '<a><b xmlns:x="S"/><x:c/></a>'],
  ['a prefix that is declared as nothing', '<a xmlns:x=""/>'],
  ['a prefix of declarations', '<xmlns:a/>'],
  ['a declared prefix of declarations', '<a xmlns:xmlns="S"/>'],
  ['another meaning of xml', '<a xmlns:xml="S"/>'],
  ['two colons', '<a xmlns:x="S"><x:b:c/></a>'],
  ['a colon and nothing', '<a xmlns:x="S"><x:/></a>'],
  ['an attribute twice', '<a b="1" b="2"/>'],
  ['an attribute twice by two prefixes', '<a xmlns:x="S" xmlns:y="S" x:b="1" y:b="2"/>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
  ['a document type without entities', '<!DOCTYPE a><a/>'],
  ['an unknown entity', '<a>&e;</a>'],
  ['65 levels', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`],
  ['too many elements', `<a>${'<b/>'.repeat(200_000)}</a>`],
  ['a control character', '<a>\u0001</a>'],
])('%s cannot be trusted', (_, text) => {
  expect(() => readXml(text)).toThrow(expect.objectContaining({ failure: 'untrusted' }));
});

test('64 levels and 200,000 elements are taken', () => {
  expect(readXml(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`).name).toBe('a');
  expect(readXml(`<a>${'<b/>'.repeat(199_999)}</a>`).children).toHaveLength(199_999);
});

test('names and attributes of prototypes are ordinary ones', () => {
  const root = readXml('<a __proto__="1"><__proto__>x</__proto__><constructor>y</constructor></a>');
  expect(root.children.map((child) => child.name)).toEqual(['__proto__', 'constructor']);
  expect(Object.keys(root.attributes)).toEqual(['__proto__']);
  expect(textOf(root, '__proto__')).toBe('x');
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test('a prefix means what the nearest element says', () => {
  const root = readXml(
    '<n:a xmlns:n="S1" xmlns="D"><b><n:c xmlns:n="S2"/><n:d/><e xmlns=""/></b><f xml:lang="ru"/></n:a>',
  );
  const [b, f] = root.children;
  expect([root, b!, ...b!.children, f!].map(({ name, namespace }) => `${namespace} ${name}`)).toEqual([
    'S1 a',
    'D b',
    'S2 c',
    'S1 d',
    ' e',
    'D f',
  ]);
  expect({ ...f!.attributes }).toEqual({ 'xml:lang': 'ru' });
});

test('one child of a name, none, several', () => {
  const root = readXml('<n:a xmlns:n="S1"><n:b> x </n:b><c/><d/><d/><e><![CDATA[<y>]]></e></n:a>');
  expect(root.namespace).toBe('S1');
  expect(textOf(root, 'b')).toBe('x');
  expect(textOf(root, 'c')).toBeUndefined();
  expect(childOf(root, 'z')).toBeUndefined();
  expect(textOf(root, 'e')).toBe('<y>');
  expect(() => childOf(root, 'd')).toThrow(expect.objectContaining({ failure: 'untrusted' }));
});
