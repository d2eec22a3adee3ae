/** Faults planted in one folder are reported all at once, each with file, place and a sentence that says how to mend it. */
import { describe, expect, it } from 'vitest';
import { checkMappings, formatProblem, loadMappings, MappingErrors } from '../../../src/connectors/mapping.ts';
import { folderOf } from './folder.ts';

const patient = `resource: Patient
from: patient
key: =guid
toFhir:
  identifier:
    - system: urn:oid:1.2.643.100.3
      value: =snils
  name:
    - famly: =surname
      given: =name
  birthDate: [ =birth ]
  gender: =$code('gender', sex)
  active: "yes"
  telecom: =phone & (
  maritalStatus: single
  deceased: =dead
  address: { city: "=$capitalise(city)", line: =strret }
  communication:
    - preferred: true
  generalPractitioner:
    - reference: "=$ref('Patient', doctor)"
  link:
    each: =links
    type: seealso
    other: { reference: "=$ref('Patient', $)" }
  contact:
    - when: $exists(mother)
      gender: women
  multipleBirthInteger: '=$eval("1")'
  photo: =$code('photos', kind)
  id: =guid
`;

const slot = `resource: Slot
from: slot
key: =key
colour: red
toFhir:
  schedule: { reference: "=$ref('Schedul', schedule)" }
  status: "=busy ? 'taken' : 'free'"
  start: =start
  serviceType: =$code('service', service)
  comment: =[1..3]
  overbooked: { value: true }
---
resource: Slot
from: slot
key: key
toFhir: { schedule: { reference: "=$ref('Schedule', schedule)" }, status: free, start: =start, end: =end }
---
resource: Slott
from: slot2
toFhir: { status: free }
`;

const codes = `tables:
  gender: { codes: { Мужской: man, Женский: female } }
  service: { system: urn:service, otherwise: ignore, codes: { Приём: { code: "1" } } }
  unused: { codes: { a: { code: "1", dispaly: A } } }
  zeros: { system: urn:zeros, codes: { a: 049, b: { code: 7 } } }
`;

const examples = {
  'examples/patient.json': {
    kind: 'patient',
    record: {
      guid: 'П-1',
      snils: '11223344595',
      surname: 'Пример',
      name: 'Анна',
      birth: '1980-02-29',
      sex: 'Женский',
      street: 'Лесная',
      city: 'Пример',
    },
    expect: [],
  },
  'examples/slot.json': {
    kind: 'slot',
    record: { key: 'k', schedule: 's', busy: false, start: 'x', end: 'y', service: 'УЗИ' },
    expect: [],
  },
  'examples/torn.json': '{"kind": "slot",',
  'examples/stray.json': { kind: 'unheard', record: {}, expect: [] },
};

/** `file · path · part of the message`, in the order in which they are reported. */
const wanted = [
  'codes.yaml:3 · service.otherwise · must be "fail"',
  'codes.yaml:4 · unused["a"] · has no key "dispaly"',
  'codes.yaml:4 · unused["a"] · the table needs "system:"',
  'codes.yaml:5 · zeros["a"] · has the code 49, which YAML reads as a number: put it in quotes',
  'codes.yaml:5 · zeros["b"] · has the code 7, which YAML',
  'examples/stray.json · (example) · is of kind "unheard", which no document maps',
  'examples/torn.json · (JSON) · syntax: ',
  'patient.yaml:9 · Patient.name[0].famly · HumanName has no element "famly"; did you mean "family"?',
  'patient.yaml:11 · Patient.birthDate · holds one value, not a list',
  'patient.yaml:12 · Patient.gender · codes.yaml gender["Мужской"]: "man" is not in the required value set http://hl7.org/fhir/ValueSet/administrative-gender',
  'patient.yaml:13 · Patient.active · is a boolean, and a string was given',
  'patient.yaml:14 · Patient.telecom · syntax error: ',
  'patient.yaml:15 · Patient.maritalStatus · is a CodeableConcept: write an object',
  'patient.yaml:16 · Patient.deceased · is a choice: write deceasedBoolean, deceasedDateTime',
  'patient.yaml:17 · Patient.address.city · $capitalise is not allowed; allowed are $boolean, $code,',
  'patient.yaml:17 · Patient.address.line · gives nothing in any example: "strret" is in no example; did you mean "street"?',
  'patient.yaml:19 · Patient.communication[0].language · is required by R4 and never set: add "language:"',
  'patient.yaml:21 · Patient.generalPractitioner[0].reference · Patient.generalPractitioner may refer to Organization, Practitioner, PractitionerRole, not to Patient',
  'patient.yaml:23 · Patient.link.each · "each" repeats an item of a list: put "- " before it',
  'patient.yaml:25 · Patient.link.other.reference · the key must be a single text or number',
  'patient.yaml:27 · Patient.contact[0].when · must be an expression: begin it with "="',
  'patient.yaml:28 · Patient.contact[0].gender · "women" is not in the required value set',
  'patient.yaml:29 · Patient.multipleBirthInteger · $eval is not allowed',
  'patient.yaml:30 · Patient.photo · codes.yaml has no table "photos"; add it to codes.yaml',
  'patient.yaml:31 · Patient.id · comes from "key"',
  'slot.yaml:4 · colour · "colour" is not a key of a mapping',
  'slot.yaml:6 · Slot.schedule.reference · Slot.schedule may refer to Schedule, not to Schedul',
  'slot.yaml:6 · Slot.end · is required by R4 and never set',
  'slot.yaml:6 · Slot.schedule.reference · $ref: R4 has no resource "Schedul"; did you mean "Schedule"?',
  'slot.yaml:7 · Slot.status · "taken" is not in the required value set',
  'slot.yaml:9 · Slot.serviceType · codes.yaml: table "service" has no entry for the value found here; add one, or say "otherwise: unknown" (examples/slot.json: "УЗИ")',
  'slot.yaml:10 · Slot.comment · ".." cannot be compiled',
  'slot.yaml:11 · Slot.overbooked · is a boolean: write a value or an expression, not an object',
  'slot.yaml:13 · Slot · a second mapping of Slot from slot: slot.yaml:1 has one already',
  'slot.yaml:15 · Slot.key · must be an expression that gives the MIS id',
  'slot.yaml:16 · Slot.schedule.reference · warning: refers to Schedule, which no document of this folder makes',
  'slot.yaml:18 · key · is missing: toFhir needs from, key, toFhir',
  'slot.yaml:18 · resource · R4 has no resource "Slott" that the hub knows; did you mean "Slot"?',
];

describe('a folder full of faults', () => {
  const files = { 'patient.yaml': patient, 'slot.yaml': slot, 'codes.yaml': codes, ...examples };

  it('reports every one of them at once', () => {
    const lines = checkMappings(folderOf(files)).map(formatProblem);
    const strip = (line: string, i: number) => {
      const [file, path, part] = wanted[i]?.split(' · ') ?? [];
      return line.startsWith(`${file} · ${path} · `) && line.includes(part!) ? wanted[i] : line;
    };
    expect(lines.map(strip)).toEqual(wanted);
  });

  it('cannot be loaded, and the error holds the same list', () => {
    const folder = folderOf(files);
    const load = () => loadMappings([folder], { clinic: 'c', zone: 'Europe/Moscow' });
    expect(load).toThrow(MappingErrors);
    expect(load).toThrow(expect.objectContaining({ problems: checkMappings(folder) }));
  });
});
