import { Fhir } from 'fhir/fhir.js';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/r4/json-reader.ts';
import { resourceTypes } from '../../src/r4/table.ts';
import { validate } from '../../src/r4/validate.ts';
import { readXml } from '../../src/r4/xml/read.ts';
import { writeXml } from '../../src/r4/xml/write.ts';
import { pick, type Random, randomOf } from '../support/random.ts';
import { type Generated, generateResource } from './generate.ts';
import { hardPatient, hardPatientXml } from './xml-samples.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
const patient = (inside: string) => `<Patient xmlns="http://hl7.org/fhir">${inside}</Patient>`;

/** The reading as text: what is compared is what would be sent as JSON. */
function jsonOf(xml: string): string {
  const { value, issues } = readXml(xml);
  expect(issues).toEqual([]);
  return JSON.stringify(value);
}

describe('a Patient with all that is hard', () => {
  test('is read', () => {
    expect(JSON.parse(jsonOf(hardPatientXml))).toEqual(hardPatient);
  });

  test('is written as it was read', () => {
    expect(writeXml(hardPatient)).toBe(hardPatientXml);
  });

  test('is read again when it was written prettily', () => {
    const pretty = writeXml(hardPatient, true);
    expect(pretty.split('\n').length).toBeGreaterThan(60);
    expect(JSON.parse(jsonOf(pretty))).toEqual(hardPatient);
  });

  test('is valid', () => {
    expect(validate(hardPatient)).toEqual([]);
  });
});

describe('reading', () => {
  test.each([
    ['a prefix', '<f:Patient xmlns:f="http://hl7.org/fhir"><f:active value="true"/></f:Patient>'],
    [
      'a prefix inside',
      '<Patient xmlns="http://hl7.org/fhir" xmlns:f="http://hl7.org/fhir"><f:active value="true"/></Patient>',
    ],
    ['a declaration', `${declaration}${patient('<active value="true"/>')}`],
    [
      'another case of UTF-8',
      `<?xml version='1.0' encoding='utf-8' standalone="yes"?>${patient('<active value="true"/>')}`,
    ],
    ['blanks and comments', `<!-- a -->\n${patient('\n  <!-- b --><active value="true"/>\r\n')}\n<!-- c -->`],
    ['start and end tags', patient('<active value="true"></active>')],
    ['numbers of letters', patient('<active value="&#116;r&#x75;e"/>')],
    [
      'a hint for tools',
      '<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir ../x.xsd"><active value="true"/></Patient>',
    ],
  ])('%s makes no difference', (_name, xml) => {
    expect(jsonOf(xml)).toBe('{"resourceType":"Patient","active":true}');
  });

  test('values keep every letter', () => {
    expect(
      jsonOf(patient('<name><text value="&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;&#10;&#9;d ё 😀"/></name>')),
    ).toBe(JSON.stringify({ resourceType: 'Patient', name: [{ text: '<a> & "b" \'c\'\n\td ё 😀' }] }));
  });

  test('decimals keep every digit', () => {
    const digits = ['1.10', '0.5', '12345678901234567890.1234567890', '1e3', '1E-7', '-0', '100'];
    const xml = `<Basic xmlns="http://hl7.org/fhir">${digits.map((d) => `<extension url="urn:x"><valueDecimal value="${d}"/></extension>`).join('')}</Basic>`;
    expect(jsonOf(xml).match(/(?<="valueDecimal":)[^}]+/g)).toEqual(digits);
    expect(writeXml(readXml(xml).value as object as Generated).replace(declaration, '')).toBe(xml);
    expect(writeXml(readJson(jsonOf(xml)).value as Generated).replace(declaration, '')).toBe(xml);
  });

  test('narrative keeps its tree: comments go, CDATA is text, prefixes are unnecessary', () => {
    const text = (div: string) => patient(`<text><status value="generated"/>${div}</text>`);
    const div =
      '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a&amp;&quot;">x <b>y</b> z</p> <br/>&lt;&amp;&gt; "q"</div>';
    const expected = JSON.stringify({ resourceType: 'Patient', text: { status: 'generated', div } });
    expect(jsonOf(text(div))).toBe(expected);
    expect(
      jsonOf(
        text(
          '<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p class="a&amp;&quot;">x <h:b>y</h:b><!-- c --> z</h:p> <h:br></h:br><![CDATA[<&>]]> "q"</h:div>',
        ),
      ),
    ).toBe(expected);
  });

  test.each<[name: string, inside: string, place: string, says: RegExp]>([
    ['an unknown element', '<nosuch value="1"/>', 'Patient', /has an element "nosuch" that R4's Patient does not/],
    ['an element of another namespace', '<active xmlns="urn:x" value="true"/>', 'Patient', /"active" that R4/],
    ['an element without a namespace', '<active xmlns="" value="true"/>', 'Patient', /"active" that R4/],
    ['a choice without its type', '<deceased value="true"/>', 'Patient', /"deceased" that R4/],
    ['resourceType', '<resourceType value="Patient"/>', 'Patient', /"resourceType" that R4/],
    ['an unknown attribute', '<active value="true" x="1"/>', 'Patient.active', /an attribute "x"/],
    [
      'an attribute with a prefix',
      '<active xmlns:f="http://hl7.org/fhir" f:value="true"/>',
      'Patient.active',
      /an attribute "value"/,
    ],
    [
      'an attribute for an element',
      '<name family="x"><text value="y"/></name>',
      'Patient.name[0]',
      /an attribute "family"/,
    ],
    ['the wrong order', '<gender value="male"/><active value="true"/>', 'Patient', /has "active" behind an element/],
    [
      'the wrong order inside',
      '<name><given value="a"/><family value="b"/></name>',
      'Patient.name[0]',
      /has "family" behind/,
    ],
    [
      'a list that is interrupted',
      '<name><text value="a"/></name><gender value="male"/><name><text value="a"/></name>',
      'Patient',
      /has "name" behind/,
    ],
    ['a repeated element', '<active value="true"/><active value="true"/>', 'Patient', /has "active" more than once/],
    ['no value', '<active/>', 'Patient.active', /neither a value nor extensions/],
    ['no value in a list', '<name><given value="a"/><given/></name>', 'Patient.name[0].given[1]', /neither a value/],
    ['a boolean that is none', '<active value="TRUE"/>', 'Patient.active', /takes true or false/],
    [
      'a number that is none',
      '<multipleBirthInteger value="1.0"/>',
      'Patient.multipleBirth',
      /takes a number \(integer\)/,
    ],
    ['text', '<active value="true"/>text', 'Patient', /has text between elements/],
    ['text in an element', '<active>true</active>', 'Patient.active', /has text between elements/],
    ['CDATA in an element', '<name><![CDATA[x]]></name>', 'Patient.name[0]', /has text between elements/],
    ['no resource', '<contained/>', 'Patient.contained[0]', /holds no resource/],
    ['two resources', '<contained><Slot/><Slot/></contained>', 'Patient.contained[0]', /more than one resource/],
    [
      'a resource that is none',
      '<contained><HumanName/></contained>',
      'Patient.contained[0]',
      /a type that R4 does not have/,
    ],
    ['a resource that is not known', '<contained><Claim/></contained>', 'Patient.contained[0]', /does not take/],
    [
      'a script in the narrative of SVG',
      '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></div></text>',
      'Patient.text.div',
      /not XHTML/,
    ],
    ['a narrative of FHIR', '<text><status value="generated"/><div>x</div></text>', 'Patient.text', /an element "div"/],
  ])('%s is refused', (_name, inside, place, says) => {
    const { value, issues } = readXml(`\n\n${patient(inside)}`);
    expect(value).toBeUndefined();
    expect(issues[0]).toMatchObject({ severity: 'error', expression: place, text: expect.stringMatching(says) });
    expect(issues[0]!.text).toContain('(line 3)');
  });

  test('all faults are found at once', () => {
    const { issues } = readXml(patient('<x/><active value="ja"/><name><y/></name><gender/>'));
    expect(issues.map((i) => i.expression)).toEqual(['Patient', 'Patient.active', 'Patient.name[0]', 'Patient.gender']);
  });

  test.each<[name: string, xml: string, says: RegExp]>([
    ['nothing', '', /not well-formed XML at line 1, column 0/],
    ['JSON', '{"resourceType":"Patient"}', /not well-formed/],
    ['half of it', '<Patient xmlns="http://hl7.org/fhir"><active value="true"/>', /not well-formed XML at line 1/],
    ['tags that cross', patient('<name></active>'), /not well-formed/],
    ['a value twice', patient('<active value="true" value="true"/>'), /not well-formed/],
    ['two roots', `${patient('')}${patient('')}`, /not well-formed/],
    ['no namespace', '<Patient/>', /not in the namespace of FHIR/],
    ['a namespace of another version', '<Patient xmlns="http://hl7.org/fhir/r4"/>', /not in the namespace of FHIR/],
    ['an unknown prefix', '<f:Patient/>', /not well-formed/],
    ['an unknown root', '<Nosuch xmlns="http://hl7.org/fhir"/>', /a type that R4 does not have/],
    ['a datatype', '<HumanName xmlns="http://hl7.org/fhir"/>', /a type that R4 does not have/],
    ['an abstract type', '<DomainResource xmlns="http://hl7.org/fhir"/>', /a type that R4 does not have/],
    ['a DOCTYPE', `<!DOCTYPE Patient>${patient('')}`, /DOCTYPE/],
    [
      'billion laughs',
      `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${patient('<name><text value="&b;"/></name>')}`,
      /DOCTYPE/,
    ],
    [
      'an external entity',
      `<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>${patient('<name><text value="&a;"/></name>')}`,
      /DOCTYPE/,
    ],
    ['an entity of HTML', patient('<name><text value="&nbsp;"/></name>'), /not well-formed/],
    ['a processing instruction', `<?xml-stylesheet href="x"?>${patient('')}`, /processing instructions/],
    ['a processing instruction inside', patient('<?php echo 1 ?>'), /processing instructions/],
    ['another encoding', `<?xml version="1.0" encoding="windows-1251"?>${patient('')}`, /UTF-8/],
    ['UTF-16', `<?xml version="1.0" encoding="UTF-16"?>${patient('')}`, /UTF-8/],
    ['XML 1.1', `<?xml version="1.1"?>${patient('')}`, /version 1.0/],
    ['NUL', patient('<name><text value="a\0b"/></name>'), /not well-formed/],
    ['NUL by its number', patient('<name><text value="a&#0;b"/></name>'), /not well-formed/],
    ['half a surrogate', patient('<name><text value="&#xD800;"/></name>'), /not well-formed/],
  ])('%s ends it', (_name, xml, says) => {
    const { value, issues } = readXml(xml);
    expect(value).toBeUndefined();
    expect(issues.at(-1)!.text).toMatch(says);
  });

  test('names of a prototype are names', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(readXml(patient(`<${name} value="1"/>`)).issues).toHaveLength(1);
    expect(readXml(patient('<active value="true" __proto__="1" constructor="2"/>')).issues).toHaveLength(2);
    expect(({} as Record<string, unknown>)['value']).toBeUndefined();
  });

  test('names of a sender are told only when they look like names', () => {
    const [issue] = readXml(patient(`<${'я'.repeat(1000)} value="1"/>`)).issues;
    expect(issue!.text.length).toBeLessThan(200);
  });
});

describe('limits', () => {
  const memory = (xml: string) => {
    const before = process.memoryUsage().rss;
    const { issues } = readXml(xml, { characters: 60_000_000 });
    return { issues, grown: (process.memoryUsage().rss - before) / 1e6 };
  };

  test.each<[name: string, xml: () => string, says: RegExp]>([
    ['200,000 nested elements', () => patient('<contained>'.repeat(200_000)), /nested deeper|more than|that R4/],
    ['200,000 nested extensions', () => patient('<extension url="x">'.repeat(200_000)), /nested deeper than 160/],
    [
      '200,000 nested divs',
      () =>
        patient(`<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(200_000)}`),
      /nested deeper/,
    ],
    ['3,000,000 empty elements', () => patient('<x/>'.repeat(3_000_000)), /that R4's Patient/],
    ['3,000,000 elements that are known', () => patient('<name/>'.repeat(3_000_000)), /too many elements/],
    [
      '3,000,000 elements of narrative',
      () => patient(`<text><div xmlns="http://www.w3.org/1999/xhtml">${'<b/>'.repeat(3_000_000)}</div></text>`),
      /too many elements/,
    ],
  ])('%s', (_name, xml, says) => {
    const { issues, grown } = memory(xml());
    expect(issues.at(-1)!.text).toMatch(says);
    expect(issues.length).toBeLessThanOrEqual(101);
    expect(grown).toBeLessThan(500);
  });

  test('50 MB of text are not looked at', () => {
    const { issues } = readXml(patient(`<name><text value="${'x'.repeat(50_000_000)}"/></name>`));
    expect(issues.map((i) => i.code)).toEqual(['too-long']);
  });
});

describe('writing', () => {
  test('any order of JSON becomes the order of R4', () => {
    const { resourceType, ...members } = hardPatient;
    const turned = Object.fromEntries([...Object.entries(members).reverse(), ['resourceType', resourceType]]);
    expect(writeXml(turned)).toBe(hardPatientXml);
  });

  test('what XML cannot hold is replaced, what it can is spelled', () => {
    const text = 'a\u0000b\u0001c\u001fd\ufffee\ufffff\ud800g\udc00h😀\t\n\r"<>&\u0085\u2028';
    const xml = writeXml({ resourceType: 'Patient', name: [{ text }] });
    expect(JSON.parse(jsonOf(xml)).name[0].text).toBe('a�b�c�d�e�f�g�h😀\t\n\r"<>&\u0085\u2028');
  });

  test('a narrative that is none becomes the text of one', () => {
    for (const div of [
      '<div>a</p>',
      'plain & simple',
      '<!DOCTYPE x><div/>',
      '<p>x</p>',
      '<div/><div/>',
      '<div xmlns:x="urn:x"><x:y/></div>',
    ])
      expect(
        JSON.parse(jsonOf(writeXml({ resourceType: 'Patient', text: { status: 'generated', div } }))).text.div,
      ).toMatch(/^<div xmlns="http:\/\/www.w3.org\/1999\/xhtml">[^<]+<\/div>$/);
  });

  test.each<[resource: object, place: string]>([
    [{ resourceType: 'Patient', nosuch: 1 }, 'Patient.nosuch'],
    [{ resourceType: 'Patient', _name: [{}] }, 'Patient._name'],
    [{ resourceType: 'Patient', name: [{ given: 'A' }] }, 'Patient.name[0].given'],
    [{ resourceType: 'Patient', name: ['A'] }, 'Patient.name[0]'],
    [{ resourceType: 'Patient', active: {} }, 'Patient.active'],
    [{ resourceType: 'Patient', contained: [{ resourceType: 'Claim' }] }, 'Patient.contained[0]'],
    [{ resourceType: 'Nosuch' }, 'Resource'],
    [{}, 'Resource'],
  ])('%j has no XML', (resource, place) => {
    const refusal = expect.objectContaining({ name: 'UnwritableError', expression: place });
    expect(() => writeXml(resource as Generated)).toThrow(refusal);
  });
});

/** Random resources with what the generator leaves out: ids, extensions and holes in lists of primitives. */
function* randomResources(seed: number, each: number): Generator<Generated> {
  for (const type of resourceTypes) {
    const random = randomOf(seed + type.length * 7919 + type.charCodeAt(0) * 31 + type.charCodeAt(3));
    for (let i = 0; i < each; i++) yield perforate(random, generateResource(random, type)) as Generated;
  }
}

function perforate(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((v) => perforate(random, v));
  if (typeof value !== 'object' || value === null) return value;
  const made: Generated = {};
  for (const [key, held] of Object.entries(value)) {
    made[key] = perforate(random, held);
    if (key === 'resourceType' || key === 'id' || key === 'url' || key === 'div' || random() > 0.15) continue;
    if (Array.isArray(held) && held.every((v) => typeof v === 'string')) {
      const holes = held.map(() => random() < 0.5);
      made[key] = held.map((v, i) => (holes[i] ? null : v));
      made[`_${key}`] = holes.map((hole) => (hole ? companion(random) : null));
      if (holes.every(Boolean)) delete made[key];
      if (!holes.some(Boolean)) delete made[`_${key}`];
    } else if (typeof held === 'string' && Number.isNaN(Number(held))) made[`_${key}`] = companion(random);
  }
  return made;
}

const companion = (random: Random) =>
  pick<object>(random, [{ id: 'a' }, { extension: [{ url: 'urn:x', valueString: 'y' }] }]);

describe('round trips', () => {
  test('JSON → XML → JSON of every type, with holes in lists', () => {
    let holes = 0;
    for (const resource of randomResources(1, 30)) {
      for (const pretty of [false, true]) {
        const { value, issues } = readXml(writeXml(resource, pretty));
        expect(issues).toEqual([]);
        expect(value).toEqual(resource);
      }
      holes += JSON.stringify(resource).split(/\[null|null\]/).length - 1;
    }
    expect(holes).toBeGreaterThan(50);
  });

  test('the same text as `fhir` writes, but for what it leaves out', () => {
    const fhir = new Fhir();
    const others: string[] = [];
    let same = 0;
    for (const type of resourceTypes) {
      const random = randomOf(type.length * 104729 + type.charCodeAt(1));
      for (let i = 0; i < 12; i++) {
        const resource = generateResource(random, type);
        const ours = simple(writeXml(resource));
        if (simple(fhir.objToXml(resource) as string) === ours) same++;
        // fhir 4.12 does not know these two elements.
        else if (!/<valueUuid|<totalPriceComponent/.test(ours)) others.push(ours);
      }
    }
    expect(others).toEqual([]);
    expect(same).toBeGreaterThan(800);
  });
});

/** What one writes and the other need not. */
const simple = (xml: string) => xml.replace(/^<\?xml[^>]*\?>/, '').replaceAll('&gt;', '>');
