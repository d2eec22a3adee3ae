/** `node bench/xml.ts`: JSON ⇄ XML a second of one core's time (protocols/r4.md §B); best of the rounds. */
import { readJson } from '../src/r4/json-reader.ts';
import { readXml } from '../src/r4/xml/read.ts';
import { writeXml } from '../src/r4/xml/write.ts';

const patient = {
  resourceType: 'Patient',
  id: '0d1f3f3e-5b6a-4a9b-9a42-0a9f6a0b6a11',
  meta: { versionId: '3', lastUpdated: '2026-11-21T10:00:00.000Z' },
  identifier: [
    { use: 'official', system: 'urn:oid:1.2.643.100.3', value: '00000060004' },
    { use: 'official', system: 'urn:oid:1.2.643.2.40.3.3.1', value: '1234567890123456' },
  ],
  active: true,
  name: [
    { use: 'official', family: 'Тестова', given: ['Мария', 'Ивановна'] },
    { use: 'maiden', family: 'Пробная' },
  ],
  telecom: [
    { system: 'phone', value: '+79990000001', use: 'mobile' },
    { system: 'email', value: 'test@example.org' },
  ],
  gender: 'female',
  birthDate: '1990-02-03',
  address: [
    { use: 'home', text: '603000, Нижний Новгород, ул. Пробная, д. 1', city: 'Нижний Новгород', postalCode: '603000' },
  ],
  contact: [{ relationship: [{ text: 'мать' }], name: { family: 'Тестова', given: ['Анна'] } }],
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'ru' }] }, preferred: true }],
  generalPractitioner: [{ reference: 'Practitioner/1', display: 'Соколова Анна Петровна' }],
  managingOrganization: { reference: 'Organization/1', display: 'Поликлиника' },
};
const bundle = {
  resourceType: 'Bundle',
  type: 'searchset',
  entry: Array.from({ length: 50 }, (_, i) => ({ fullUrl: `http://hub.test/fhir/Patient/${i}`, resource: patient })),
};

/** Times `work` is done in a second of processor time. */
function rateOf(work: () => unknown): number {
  let best = 0;
  for (let round = 0; round < 7; round++) {
    const start = process.cpuUsage();
    let done = 0;
    let seconds = 0;
    while (seconds < 0.3) {
      for (let i = 0; i < 20; i++) work();
      done += 20;
      const { user, system } = process.cpuUsage(start);
      seconds = (user + system) / 1e6;
    }
    best = Math.max(best, done / seconds);
  }
  return Math.round(best);
}

for (const resource of [patient, bundle]) {
  const [xml, json] = [writeXml(resource), JSON.stringify(resource)];
  console.log(`${resource.resourceType}: ${Buffer.byteLength(json)} bytes of JSON, ${Buffer.byteLength(xml)} of XML`);
  console.log(`  to XML    ${rateOf(() => writeXml(resource))}/s`);
  console.log(`  from XML  ${rateOf(() => readXml(xml))}/s`);
  console.log(`  from JSON ${rateOf(() => readJson(json))}/s, by JSON.parse ${rateOf(() => JSON.parse(json))}/s`);
}
