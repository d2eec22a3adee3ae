/** Which patch by which media type, and what no patch may do. */
import { expect, test } from 'vitest';
import { Fault } from '../../../src/fault.ts';
import { applyPatch } from '../../../src/fhir/patch/patch.ts';

const patient = { resourceType: 'Patient', id: 'p', active: true, name: [{ family: 'Мостов', given: ['Пётр'] }] };

function refusal(contentType: string | undefined, body: unknown): string {
  try {
    applyPatch(patient, contentType, body);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.status} ${error.details.expression}`;
  }
  return 'applied';
}

const json = 'application/json-patch+json';

test('by media type', () => {
  const part = [
    { name: 'type', valueCode: 'delete' },
    { name: 'path', valueString: 'Patient.active' },
  ];
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] };
  const { active, ...rest } = patient;
  expect(applyPatch(patient, json, [{ op: 'remove', path: '/active' }])).toEqual(rest);
  expect(applyPatch(patient, 'Application/FHIR+json; charset=utf-8', parameters)).toEqual(rest);
  expect(applyPatch(patient, 'application/fhir+xml', parameters)).toEqual(rest);
  for (const type of ['application/xml-patch+xml', 'application/merge-patch+json', undefined])
    expect(refusal(type, parameters)).toBe('415 http.content-type');
});

test.each([
  ['another id', [{ op: 'replace', path: '/id', value: 'q' }]],
  ['no id', [{ op: 'remove', path: '/id' }]],
  ['another type', [{ op: 'replace', path: '/resourceType', value: 'Person' }]],
  ['another resource', [{ op: 'replace', path: '', value: { resourceType: 'Patient', id: 'q' } }]],
  ['no resource', [{ op: 'remove', path: '' }]],
  ['a text', [{ op: 'replace', path: '', value: 'Patient' }]],
])('%s is refused', (_name, patch) => {
  expect(refusal(json, patch)).toBe('422 Patient.id');
});

test('another id by FHIRPath is refused', () => {
  const part = [
    { name: 'type', valueCode: 'replace' },
    { name: 'path', valueString: 'Patient.id' },
    { name: 'value', valueId: 'q' },
  ];
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] };
  expect(refusal('application/fhir+json', parameters)).toBe('422 Patient.id');
});

test('what a JSON Patch empties is not there any more', () => {
  expect(applyPatch(patient, json, [{ op: 'remove', path: '/name/0/given/0' }])).toEqual({
    ...patient,
    name: [{ family: 'Мостов' }],
  });
  const { name, ...rest } = patient;
  expect(applyPatch(patient, json, [{ op: 'remove', path: '/name/0' }])).toEqual(rest);
});
