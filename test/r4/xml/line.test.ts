/** Lines of elements in XML, by their FHIRPath. */
import { expect, test } from 'vitest';
import { validate } from '../../../src/r4/validate.ts';
import { linesOf } from '../../../src/r4/xml/line.ts';
import { readXml } from '../../../src/r4/xml/read.ts';

const text = `<?xml version="1.0"?>
<Bundle xmlns="http://hl7.org/fhir">
  <type value="collection"/>
  <entry>
    <resource>
      <Patient>
        <contained>
          <Organization>
            <id value="o"/>
            <implicitRules value="а б"/>
          </Organization>
        </contained>
        <contained>
          <Location>
            <id value="l"/>
            <status
              value="open"/>
          </Location>
        </contained>
        <extension url="urn:a">
          <valueDate value="завтра"/>
        </extension>
        <name><given value="А"/><given value="Б"/>
          <given value=" "/>
        </name>
        <gender value="f"/>
        <managingOrganization>
          <reference value="#o"/>
        </managingOrganization>
      </Patient>
    </resource>
  </entry>
  <entry>
    <resource>
      <Slot>
        <status value="free"/>
      </Slot>
    </resource>
  </entry>
</Bundle>
`;

const read = (xml: string) => readXml(xml).value as object;

test('of elements, choices, items, contained and entries; of what is missing, the line of what lacks it', () => {
  const bundle = read(text);
  const expressions = validate(bundle).map((i) => i.expression);
  const lines = linesOf(bundle, expressions);
  const patient = 'Bundle.entry[0].resource';
  expect(Object.fromEntries(expressions.map((e, i) => [e, lines[i]]))).toEqual({
    [`${patient}.contained[0].implicitRules`]: 10,
    [`${patient}.contained[0]`]: 7,
    [`${patient}.contained[1].status`]: 17,
    [`${patient}.extension[0].value`]: 21,
    [`${patient}.name[0].given[2]`]: 24,
    [`${patient}.gender`]: 26,
    [patient]: 5,
    'Bundle.entry[1].resource.schedule': 34,
    'Bundle.entry[1].resource.start': 34,
    'Bundle.entry[1].resource.end': 34,
  });
});

test('of the resource itself, of places that are none, of what was no XML', () => {
  const bundle = read(text);
  const places = ['Bundle', 'Bundle.entry[7]', 'Bundle.entry[0].resource.status', 'Patient.name', 'constructor.a[0]..'];
  expect(linesOf(bundle, places)).toEqual([2, 2, 5, undefined, undefined]);
  expect(linesOf({ resourceType: 'Bundle' }, ['Bundle'])).toEqual([undefined]);
});

test('is found for a hundred issues in a large body', () => {
  const name = '<name><use value="x"/></name>';
  const body = `<Patient xmlns="http://hl7.org/fhir">\n${`${name}\n`.repeat(3000)}</Patient>`;
  const patient = read(body);
  const expressions = validate(patient).map((i) => i.expression);
  expect(linesOf(patient, expressions)).toEqual(expressions.map((_, i) => i + 2));
});
