/** FHIRPath Patch over resources. https://hl7.org/fhir/R4/fhirpatch.html */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fault } from '../../../src/fault.ts';
import { applyFhirPathPatch } from '../../../src/fhir/patch/fhirpath-patch.ts';
import { validate } from '../../../src/r4/validate.ts';

const patient = {
  resourceType: 'Patient',
  id: 'p',
  name: [
    { use: 'official', family: 'Мостов', given: ['Пётр', 'Ильич'], _given: [null, { id: 'patronymic' }] },
    { use: 'usual', given: ['Петя'] },
  ],
  telecom: [{ system: 'phone', value: '+7 900 000-00-01' }],
  birthDate: '1980-02-29',
  _birthDate: { extension: [{ url: 'http://example.org/time', valueTime: '10:00:00' }] },
  deceasedBoolean: false,
  contact: [{ name: { text: 'Анна' } }],
};

type Part = { name: string; [value: string]: unknown };

/** `{ type: 'add', path, name, … }`; a number becomes an integer, an object a part. */
function parameters(...operations: Record<string, unknown>[]): object {
  const partOf = ([name, value]: [string, unknown]): Part => {
    if (typeof value === 'number') return { name, valueInteger: value };
    return typeof value === 'string' ? { name, valueString: value } : { name, ...(value as object) };
  };
  const parameter = operations.map((o) => ({ name: 'operation', part: Object.entries(o).map(partOf) }));
  return { resourceType: 'Parameters', parameter };
}

const patched = (...operations: Record<string, unknown>[]) =>
  applyFhirPathPatch(patient, parameters(...operations)) as typeof patient & Record<string, unknown>;

function refusal(patch: unknown, resource: object = patient): string {
  try {
    applyFhirPathPatch(resource, patch);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.status} ${error.details.expression ?? ''}`.trim();
  }
  return 'applied';
}

describe('add', () => {
  test('a primitive, a datatype to a list, a choice by its name without type', () => {
    const after = patched(
      { type: 'add', path: 'Patient', name: 'gender', value: { valueCode: 'male' } },
      {
        type: 'add',
        path: 'Patient',
        name: 'telecom',
        value: { valueContactPoint: { system: 'email', value: 'a@b' } },
      },
      { type: 'add', path: 'Patient', name: 'multipleBirth', value: { valueInteger: 2 } },
      { type: 'add', path: 'Patient.name[1]', name: 'given', value: { valueString: 'Петруша' } },
    );
    expect(after).toEqual({
      ...patient,
      gender: 'male',
      telecom: [...patient.telecom, { system: 'email', value: 'a@b' }],
      multipleBirthInteger: 2,
      name: [patient.name[0], { use: 'usual', given: ['Петя', 'Петруша'] }],
    });
    expect(validate(after)).toEqual([]);
  });

  test('an element whose type has no name, of parts within parts', () => {
    const value = {
      part: [
        { name: 'name', valueHumanName: { text: 'Анна' } },
        { name: 'telecom', valueContactPoint: { system: 'phone', value: '1' } },
        {
          name: 'telecom',
          part: [
            { name: 'system', valueCode: 'phone' },
            { name: 'value', valueString: '2' },
          ],
        },
      ],
    };
    const after = patched({ type: 'add', path: 'Patient', name: 'contact', value });
    const telecom = [
      { system: 'phone', value: '1' },
      { system: 'phone', value: '2' },
    ];
    expect(after.contact).toEqual([...patient.contact, { name: { text: 'Анна' }, telecom }]);
  });

  test('an extension to a primitive, with and without a value, and to an item of a list', () => {
    const value = {
      part: [
        { name: 'url', valueUri: 'http://example.org/x' },
        { name: 'value', valueString: 'x' },
      ],
    };
    const extension = [{ url: 'http://example.org/x', valueString: 'x' }];
    const to = (path: string) => ({ type: 'add', path, name: 'extension', value });
    const after = patched(to('Patient.birthDate'), to('Patient.name[0].given[1]'), to('Patient.name[0].family'));
    expect(after._birthDate.extension).toHaveLength(2);
    expect(after.name[0]).toEqual({
      ...patient.name[0],
      _family: { extension },
      _given: [null, { id: 'patronymic', extension }],
    });
    expect(validate(after)).toEqual([]);
  });

  test('a primitive with an extension of its own, padded', () => {
    const value = { valueString: 'Павел', _valueString: { id: 'x' } };
    const after = patched({ type: 'add', path: 'Patient.name[1]', name: 'given', value });
    expect(after.name[1]).toEqual({ use: 'usual', given: ['Петя', 'Павел'], _given: [null, { id: 'x' }] });
  });
});

describe('replace', () => {
  test('a primitive with all that belongs to it', () => {
    const after = patched({ type: 'replace', path: 'Patient.birthDate', value: { valueDate: '1981-01-01' } });
    const { _birthDate, ...rest } = patient;
    expect(after).toEqual({ ...rest, birthDate: '1981-01-01' });
  });

  test('one of a list, found by what it holds', () => {
    const path = "Patient.name.where(use = 'official').given[1]";
    const after = patched({ type: 'replace', path, value: { valueString: 'Львович' } });
    expect(after.name[0]).toEqual({ use: 'official', family: 'Мостов', given: ['Пётр', 'Львович'] });
  });

  test('a choice by another type', () => {
    const after = patched({ type: 'replace', path: 'Patient.deceased', value: { valueDateTime: '2020' } });
    expect([after.deceasedBoolean, after['deceasedDateTime']]).toEqual([undefined, '2020']);
  });

  test('a primitive that has no value', () => {
    const before = { resourceType: 'Patient', id: 'p', _birthDate: { id: 'x' } };
    const patch = parameters({ type: 'replace', path: 'birthDate', value: { valueDate: '1990' } });
    expect(applyFhirPathPatch(before, patch)).toEqual({ resourceType: 'Patient', id: 'p', birthDate: '1990' });
  });
});

describe('delete', () => {
  test('an element and what is empty without it', () => {
    const after = patched({ type: 'delete', path: 'Patient.contact[0].name.text' });
    const { contact, ...rest } = patient;
    expect(after).toEqual(rest);
  });

  test('the value of a primitive takes its extensions, the extension leaves the value', () => {
    expect(patched({ type: 'delete', path: 'birthDate' })).not.toHaveProperty('_birthDate');
    const after = patched({ type: 'delete', path: 'Patient.birthDate.extension' });
    expect([after.birthDate, '_birthDate' in after]).toEqual(['1980-02-29', false]);
  });

  test('an item with its extensions', () => {
    const after = patched({ type: 'delete', path: 'Patient.name[0].given[0]' });
    expect(after.name[0]).toEqual({ ...patient.name[0], given: ['Ильич'], _given: [{ id: 'patronymic' }] });
  });

  test('what is not there', () => {
    expect(patched({ type: 'delete', path: 'Patient.photo' })).toEqual(patient);
  });
});

describe('insert and move', () => {
  test('insert before, at the end, and into a list that is not there', () => {
    const value = (text: string) => ({ valueString: text });
    const after = patched(
      { type: 'insert', path: 'Patient.name[0].given', index: 0, value: value('А') },
      { type: 'insert', path: 'Patient.name[0].given', index: 3, value: value('Я') },
      { type: 'insert', path: 'Patient.name[1].suffix', index: 0, value: value('мл.') },
    );
    expect(after.name).toEqual([
      { ...patient.name[0], given: ['А', 'Пётр', 'Ильич', 'Я'], _given: [null, null, { id: 'patronymic' }, null] },
      { ...patient.name[1], suffix: ['мл.'] },
    ]);
    const photo = { type: 'insert', path: 'photo', index: 0, value: { valueAttachment: { title: 'x' } } };
    expect(patched(photo)['photo']).toEqual([{ title: 'x' }]);
  });

  test('an extension is moved with its primitive', () => {
    const after = patched({ type: 'move', path: 'Patient.name[0].given', source: 1, destination: 0 });
    expect(after.name[0]).toEqual({
      ...patient.name[0],
      given: ['Ильич', 'Пётр'],
      _given: [{ id: 'patronymic' }, null],
    });
  });
});

describe('refused with the operation', () => {
  const value = { valueString: 'x' };
  const where = 'Parameters.parameter[0]';
  test.each([
    ['a second value where one is', { type: 'add', path: 'Patient', name: 'birthDate', value }, 422],
    [
      'a second type of a choice',
      { type: 'add', path: 'Patient', name: 'deceased', value: { valueDateTime: '2020' } },
      422,
    ],
    ['a type that a choice has not', { type: 'add', path: 'Patient', name: 'multipleBirth', value }, 422],
    ['another datatype', { type: 'add', path: 'Patient', name: 'maritalStatus', value: { valueHumanName: {} } }, 422],
    ['an element that R4 has not', { type: 'add', path: 'Patient', name: 'toString', value }, 422],
    ['a datatype for a backbone', { type: 'add', path: 'Patient', name: 'contact', value }, 422],
    ['several', { type: 'replace', path: 'Patient.name.given', value }, 422],
    ['several to delete', { type: 'delete', path: 'Patient.name' }, 422],
    ['nothing', { type: 'replace', path: 'Patient.photo', value }, 422],
    ['another resource type', { type: 'replace', path: 'Encounter.status', value }, 422],
    ['the resource', { type: 'replace', path: 'Patient', value }, 422],
    ['the resource to delete', { type: 'delete', path: 'Patient' }, 422],
    ['a literal', { type: 'delete', path: "'Patient'" }, 422],
    ['the result of a function', { type: 'replace', path: 'Patient.name.count()', value }, 422],
    ['single() of several', { type: 'delete', path: 'Patient.name.single()' }, 422],
    ['beyond the end', { type: 'insert', path: 'Patient.telecom', index: 2, value: { valueContactPoint: {} } }, 422],
    ['a part of a list', { type: 'move', path: "Patient.name.where(use = 'usual')", source: 0, destination: 0 }, 422],
    ['two lists', { type: 'move', path: 'Patient.name.given', source: 0, destination: 1 }, 422],
    ['no list', { type: 'move', path: 'Patient.birthDate', source: 0, destination: 0 }, 422],
    ['no source', { type: 'move', path: 'Patient.telecom', source: 1, destination: 0 }, 422],
    ['a move in no list', { type: 'move', path: 'Patient.photo', source: 0, destination: 0 }, 422],
    ['another type of operation', { type: 'merge', path: 'Patient' }, 400],
    ['an inherited type', { type: 'constructor', path: 'Patient' }, 400],
    ['a missing part', { type: 'add', path: 'Patient', value }, 400],
    ['a part too many', { type: 'delete', path: 'Patient.name[0]', name: 'x' }, 400],
    ['a negative index', { type: 'insert', path: 'Patient.name', index: -1, value }, 400],
    ['a broken index', { type: 'insert', path: 'Patient.name', index: { valueDecimal: 0.5 }, value }, 400],
    ['no FHIRPath', { type: 'delete', path: 'Patient..name' }, 400],
    ['trace', { type: 'delete', path: "Patient.name.trace('x')" }, 400],
    ['resolve', { type: 'delete', path: 'Patient.managingOrganization.resolve()' }, 400],
    ['repeat', { type: 'delete', path: 'Patient.repeat(contact)' }, 400],
    ['descendants', { type: 'delete', path: 'descendants().id' }, 400],
    ['a regular expression', { type: 'delete', path: "name.where(family.matches('(a+)+$'))" }, 400],
    ['%resource', { type: 'delete', path: 'name.where(%resource.name.exists())' }, 400],
    ['equivalence', { type: 'delete', path: 'name.where($this ~ $this)' }, 400],
    ['union', { type: 'delete', path: 'name | contact' }, 400],
    ['our own function', { type: 'delete', path: 'name.medmostNodes()' }, 400],
    ['a long path', { type: 'delete', path: `name${'.given'.repeat(60)}` }, 400],
  ])('%s', (_name, operation, status) => {
    expect(refusal(parameters(operation as Record<string, unknown>))).toBe(`${status} ${where}`);
  });

  test.each([
    ['no value', {}],
    ['two values', { valueString: 'x', valueCode: 'x' }],
    ['a value and parts', { valueString: 'x', part: [{ name: 'x', valueString: 'x' }] }],
    ['a type that R4 has not', { valueFoo: 'x' }],
  ])('%s', (_name, given) => {
    const patch = parameters({ type: 'replace', path: 'Patient.birthDate', value: given });
    expect(refusal(patch)).toBe(`400 ${where}.part.where(name = 'value')`);
  });

  test('what is no patch', () => {
    expect(refusal(patient)).toBe('400 Parameters');
    expect(refusal([])).toBe('400 Parameters');
    expect(refusal({ resourceType: 'Parameters', parameter: [{ name: 'op' }] })).toBe(`400 ${where}`);
  });

  test('the second operation; the first is not kept', () => {
    const before = structuredClone(patient);
    const [good, bad] = [
      { type: 'delete', path: 'Patient.birthDate' },
      { type: 'replace', path: 'photo', value },
    ];
    expect(refusal(parameters(good, bad))).toBe('422 Parameters.parameter[1]');
    expect(patient).toEqual(before);
  });
});

test('operations see what those before them did', () => {
  const after = patched(
    { type: 'add', path: 'Patient', name: 'contact', value: { part: [{ name: 'gender', valueCode: 'male' }] } },
    { type: 'add', path: 'Patient.contact[1]', name: 'name', value: { valueHumanName: { text: 'Анна' } } },
    { type: 'delete', path: 'Patient.contact[0]' },
  );
  expect(after.contact).toEqual([{ gender: 'male', name: { text: 'Анна' } }]);
});

test('the patch is not changed and not shared', () => {
  const patch = parameters(
    { type: 'add', path: 'Patient', name: 'maritalStatus', value: { valueCodeableConcept: { text: 'x' } } },
    { type: 'replace', path: 'Patient.maritalStatus.text', value: { valueString: 'y' } },
  );
  const before = structuredClone(patch);
  applyFhirPathPatch(patient, patch);
  expect(patch).toEqual(before);
});

test('a narrative, whose name is an operator of FHIRPath', () => {
  const before = { resourceType: 'Patient', text: { status: 'generated', div: '<div>1</div>' } };
  const patch = parameters({ type: 'replace', path: 'Patient.text.div', value: { valueString: '<div>2</div>' } });
  expect(applyFhirPathPatch(before, patch)).toMatchObject({ text: { div: '<div>2</div>' } });
});

test('contained resources are patched by their own types', () => {
  const before = { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'o', name: 'A' }] };
  const patch = parameters(
    { type: 'replace', path: "contained.where(id = 'o').name", value: { valueString: 'B' } },
    { type: 'add', path: 'Patient.contained[0]', name: 'alias', value: { valueString: 'C' } },
    {
      type: 'add',
      path: 'Patient',
      name: 'contained',
      value: { resource: { resourceType: 'Organization', name: 'D' } },
    },
  );
  expect(applyFhirPathPatch(before, patch)).toMatchObject({
    contained: [
      { name: 'B', alias: ['C'] },
      { resourceType: 'Organization', name: 'D' },
    ],
  });
});

test('paths that look at much are refused together', () => {
  const identifier = Array.from({ length: 3000 }, (_, i) => ({ system: 'http://example.org', value: `${i}` }));
  const search = { type: 'delete', path: "identifier.where(value = 'x' and system = 'y')" };
  const patch = parameters(...Array.from({ length: 100 }, () => search));
  expect(refusal(patch, { resourceType: 'Patient', identifier })).toBe('413');
  expect(refusal(parameters(search), { resourceType: 'Patient', identifier })).toBe('applied');
});

describe('whatever is sent', () => {
  const paths = fc.constantFrom(
    ...[
      'Patient',
      'name',
      'Patient.name[0]',
      'name.given',
      'name[0].given[1]',
      'name[1].given',
      'birthDate',
      'contact',
      '$this',
    ],
    ...[
      'birthDate.extension',
      'birthDate.extension.value',
      'deceased',
      'deceasedBoolean',
      'telecom.where(use = 1)',
      '1',
      "''",
    ],
    ...[
      'name.first().given.last()',
      'name.ofType(HumanName)',
      'id',
      'meta',
      'name[99]',
      'name.given[0] > 5',
      '`name`',
      '{}',
    ],
  );
  const values = fc.constantFrom<object>(
    ...[{ valueString: 'x' }, { valueInteger: 1 }, { valueHumanName: { given: ['y'] } }, { _valueString: { id: 'z' } }],
    ...[
      { valueBoolean: null },
      { part: [{ name: 'gender', valueCode: 'male' }] },
      { part: [{ name: 'name', part: [] }] },
    ],
    ...[
      { part: [{}] },
      { resource: {} },
      { resource: { resourceType: 'Basic' } },
      {},
      { valueString: { toString: 1 } },
    ],
  );
  const operations = fc.record(
    {
      type: fc.constantFrom('add', 'insert', 'delete', 'replace', 'move'),
      path: paths,
      name: fc.constantFrom('name', 'given', 'extension', 'deceased', 'contact', 'id', '__proto__', 'gender', 'value'),
      value: values,
      index: fc.integer({ min: -1, max: 3 }),
      source: fc.integer({ min: 0, max: 2 }),
      destination: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: ['type', 'path'] },
  );
  const partsOf: Readonly<Record<string, readonly string[]>> = {
    add: ['name', 'value'],
    insert: ['index', 'value'],
    delete: [],
    replace: ['value'],
    move: ['source', 'destination'],
  };

  test('it is applied or refused, and the resource stays as it was', () => {
    const before = JSON.stringify(patient);
    let applied = 0;
    const fitting = operations.map((o) =>
      Object.fromEntries(
        Object.entries(o).filter(([k]) => k === 'type' || k === 'path' || partsOf[o.type]!.includes(k)),
      ),
    );
    const patches = fc.array(fc.oneof({ weight: 5, arbitrary: fitting }, operations), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(patches, (list) => {
        if (refusal(parameters(...list)) === 'applied') applied++;
        expect(JSON.stringify(patient)).toBe(before);
      }),
      { numRuns: 2000 },
    );
    expect(applied).toBeGreaterThan(50);
    fc.assert(
      fc.property(fc.jsonValue(), (body) => refusal(body).startsWith('400')),
      { numRuns: 200 },
    );
  });
});
