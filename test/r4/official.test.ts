/** HL7's own examples of R4 (npm package hl7.fhir.r4.examples): what it publishes of the types that clients send is valid here. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadResources } from '../../src/fhir/resources.ts';
import { readJson } from '../../src/r4/json-reader.ts';
import { validate } from '../../src/r4/validate.ts';
import { readXml } from '../../src/r4/xml/read.ts';
import { writeXml } from '../../src/r4/xml/write.ts';

const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'));
/** Beside the types that are served. */
const others = [
  'AppointmentResponse',
  'Basic',
  'Binary',
  'Consent',
  'DocumentReference',
  'Parameters',
  'Person',
  'RelatedPerson',
  'Task',
];
/** Published by the hub, and by HL7 in hundreds. */
const published = new Set(['CodeSystem', 'ConceptMap', 'OperationDefinition', 'SearchParameter', 'ValueSet']);
const types = new Set([...(await loadResources()).keys(), ...others].filter((type) => !published.has(type)));
const files = readdirSync(folder).filter((file) => types.has(file.split('-')[0]!) && file.endsWith('.json'));
/** HL7's own mistakes: an Encounter performs nothing (https://hl7.org/fhir/R4/observation-definitions.html#Observation.performer). */
const mistaken = ['Observation-clinical-gender.json: Observation.performer[0] refers to a type'];
const examples = files.map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));

test('they are valid', () => {
  const wrong = examples.flatMap(({ file, text }) => {
    const { value, issues } = readJson(text);
    return [...issues, ...validate(value)].filter((i) => i.severity === 'error').map((i) => `${file}: ${i.text}`);
  });
  console.log(
    `${examples.length} examples of ${new Set(files.map((f) => f.split('-')[0])).size} types, ${wrong.length} errors`,
  );
  expect(examples.length).toBeGreaterThan(100);
  expect(wrong).toEqual(mistaken.map((mistake) => expect.stringContaining(mistake)));
});

test('they are the same when they have been XML', () => {
  for (const { file, text } of examples) {
    const { value } = readJson(text);
    const { value: back, issues } = readXml(writeXml(value as never));
    expect(issues, file).toEqual([]);
    expect(plain(back), file).toEqual(plain(value));
  }
});

/** As XML leaves it: quotation marks in a narrative need not be written as entities. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (key, member) =>
    key === 'div' && typeof member === 'string' ? member.replaceAll('&quot;', '"') : member,
  );
