/** Loaded mappings at work: both directions, lists from the element table, overrides, failures that name their place. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkMappings, formatProblem, loadMappings, MappingError } from '../../../src/connectors/mapping.ts';
import { idOf } from '../../../src/id.ts';
import { folderOf, slotFiles, times } from './folder.ts';

const toy = join(import.meta.dirname, 'toy');
const north = { clinic: 'north', zone: 'Asia/Vladivostok' };

/** Loads a Slot mapping with golden examples, which is what proves them. */
function loadSlot(...parts: Parameters<typeof slotFiles>) {
  return loadMappings([folderOf(slotFiles(...parts))], north);
}

describe('the toy folder', () => {
  it('has no error', () => {
    expect(checkMappings(toy).filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  it('says what it maps', () => {
    const mappings = loadMappings([toy], north);
    expect([...mappings.kinds].sort()).toEqual(['cabinet', 'role', 'schedule', 'slot']);
    expect([...mappings.resources].sort()).toEqual(['PractitionerRole', 'Schedule', 'Slot']);
    expect([...mappings.writable]).toEqual(['Appointment']);
    expect([...mappings.slow]).toEqual([]);
  });

  it('makes ids and instants of the clinic it is loaded for', () => {
    const record = {
      key: 'Е-1 x',
      schedule: 'Е-1',
      status: 7,
      start: '2026-12-01T09:00:00',
      end: '2026-11-30T23:15:00Z',
    };
    expect(loadMappings([toy], north).toFhir('slot', record)).toEqual([
      {
        resourceType: 'Slot',
        id: idOf('north', 'Slot', 'Е-1 x'),
        schedule: { reference: `Schedule/${idOf('north', 'Schedule', 'Е-1')}` },
        status: 'busy-unavailable',
        start: '2026-11-30T23:00:00Z',
        end: '2026-11-30T23:15:00Z',
        comment: 'свободно',
      },
    ]);
  });

  it('gives the MIS id with the resource when it is asked to mirror', () => {
    const [role] = loadMappings([toy], north).mirror('role', { employee: 'E-1', branch: 'Ф 1', fio: 'Пример' });
    expect(role).toMatchObject({ key: 'E-1;Ф 1', resource: { id: idOf('north', 'PractitionerRole', 'E-1;Ф 1') } });
  });

  it('writes the local time of the clinic', () => {
    const written = loadMappings([toy], north).toMis('Appointment', { resource: { start: '2026-12-01T06:00:00Z' } });
    expect(written).toEqual({ Date: '2026-12-01T16:00:00', Params: [{ Type: 'source' }] });
  });

  it('makes nothing when "when" says so, and nothing of a kind that no document reads', () => {
    const mappings = loadMappings([toy], north);
    expect(mappings.toFhir('schedule', { key: 'k', closed: true })).toEqual([]);
    expect(mappings.toFhir('stranger', {})).toEqual([]);
    expect(() => mappings.toMis('Slot', {})).toThrow('no document maps Slot to the MIS');
  });
});

describe('a folder', () => {
  it('with an example that differs is told the first difference', () => {
    const folder = folderOf(slotFiles('  comment: =name\n', [[{ name: 'нет' }, { comment: 'да' }]]));
    expect(checkMappings(folder).map(formatProblem)).toEqual([
      'examples/0.json · Slot.comment · the example expects "да", the mapping gives "нет": correct the mapping or the example',
    ]);
  });

  it('with an example that makes more or less is told so', () => {
    const files = slotFiles('', [[{}, {}]]);
    const example = files['examples/0.json'] as { expect: object[] };
    const more = folderOf({ ...files, 'examples/0.json': { ...example, expect: [] } });
    const less = folderOf({
      ...files,
      'examples/0.json': { ...example, expect: [...example.expect, { resourceType: 'Basic' }] },
    });
    expect(checkMappings(more)[0]!.message).toContain('expects nothing, the mapping gives {');
    expect(checkMappings(less)[0]!.message).toContain('expects {"resourceType":"Basic"}, the mapping gives nothing');
  });

  it('that makes what R4 does not allow is told so by the validator', () => {
    const made = { start: 'завтра', extension: [{ url: 'urn:x', valueCode: 'a', valueString: 'b' }] };
    const yaml = '  extension: [ { url: "urn:x", valueCode: =code, valueString: =text } ]\n';
    const record = { start: 'завтра', code: 'a', text: 'b' };
    const problems = checkMappings(folderOf(slotFiles(yaml, [[record, made]])));
    expect(problems.map((p) => `${p.file} ${p.path}`)).toEqual([
      'slot.yaml Slot.start',
      'slot.yaml Slot.extension[0].value',
    ]);
    expect(problems[0]!.message).toContain('(examples/0.json)');
  });

  it('without an example of a kind is told so', () => {
    expect(checkMappings(folderOf(slotFiles('', []))).map((p) => p.message)).toEqual([
      'no example has "kind": "slot": add one to examples/',
    ]);
  });

  it('that uses a field of no example, by a name near to one that is, is told so even when a value comes out', () => {
    const files = slotFiles('  comment: =$exists(phne) ? "да" : "нет"\n', [[{ phone: '1' }, { comment: 'нет' }]]);
    const yaml = files['slot.yaml'].replace(/comment: (.*)/, "comment: '$1'");
    expect(checkMappings(folderOf({ ...files, 'slot.yaml': yaml })).map((p) => p.message)).toEqual([
      '"phne" is in no example; did you mean "phone"?; correct it or add an example',
    ]);
  });

  it('may be overridden by whole files', () => {
    const codes = `tables:
  status: { codes: { free: free, busy: busy-tentative, 7: free } }
  specialty: { system: "urn:x", otherwise: unknown, codes: { Терапия: { code: "1" } } }
`;
    const problems = checkMappings(toy, folderOf({ 'codes.yaml': codes })).filter((p) => p.severity === 'error');
    expect(problems.map((p) => `${p.file} ${p.path}`)).toEqual([
      'examples/role.json PractitionerRole.specialty[0].coding[0].system',
      'examples/slot.json Slot.status',
    ]);
  });

  it('that is not there or holds no mapping is reported', () => {
    expect(checkMappings(toy, join(toy, 'none')).map((p) => p.message)).toContain('is not a folder that can be read');
    expect(checkMappings(folderOf({ 'slot.yml': '' })).map((p) => p.message)).toEqual([
      'holds no mapping: write one YAML file for each FHIR resource',
      'is not read: name it .yaml',
    ]);
  });
});

describe('values', () => {
  it('become lists where R4 has lists, and single where it has not', () => {
    const yaml = '  serviceCategory: { text: =one }\n  serviceType: { coding: { code: =many } }\n  comment: =listed\n';
    const made = { serviceCategory: [{ text: 'a' }], serviceType: [{ coding: [{ code: 'b' }] }], comment: 'c' };
    expect(loadSlot(yaml, [[{ one: 'a', many: 'b', listed: ['c'] }, made]]).kinds).toContain('slot');
  });

  it('that are null, empty or hold nothing else are left out', () => {
    const yaml =
      '  comment: =note\n  serviceType: [ { text: =a, coding: [ { code: =b } ] } ]\n  specialty: [ { text: =c } ]\n';
    const made = { comment: 'n', serviceType: [{ text: 'a', coding: [{ code: 'b' }] }], specialty: [{ text: 'c' }] };
    const mappings = loadSlot(yaml, [[{ note: 'n', a: 'a', b: 'b', c: 'c' }, made]]);
    const [slot] = mappings.toFhir('slot', { ...times, note: null, a: '', b: [], c: 'c' });
    expect(Object.keys(slot!)).toEqual(['resourceType', 'id', 'schedule', 'status', 'start', 'end', 'specialty']);
  });

  it('repeat an item for each, with the value as "$" and the record as "$$"', () => {
    const yaml =
      '  serviceType:\n    - each: =list\n      when: =$ != "b"\n      text: =$ & $$.suffix\n    - text: last\n';
    const record = { list: ['a', 'b', 'c'], suffix: '!' };
    const mappings = loadSlot(yaml, [[record, { serviceType: [{ text: 'a!' }, { text: 'c!' }, { text: 'last' }] }]]);
    const [slot] = mappings.toFhir('slot', { ...times, list: 'd' });
    expect(slot).toMatchObject({ serviceType: [{ text: 'd' }, { text: 'last' }] });
  });

  it('fill the extensions of a primitive, choices and contained resources', () => {
    const yaml = `  _status: { extension: { url: "urn:reason", valueCode: =reason } }
  contained: { resourceType: Organization, id: o, name: =reason }
  extension: { url: "urn:owner", valueReference: { reference: "#o" } }
`;
    const made = {
      _status: { extension: [{ url: 'urn:reason', valueCode: 'break' }] },
      contained: [{ resourceType: 'Organization', id: 'o', name: 'break' }],
      extension: [{ url: 'urn:owner', valueReference: { reference: '#o' } }],
    };
    expect(loadSlot(yaml, [[{ reason: 'break' }, made]]).kinds).toContain('slot');
  });

  it('are never shared between the record, the code tables and the output', () => {
    const codes = 'tables: { t: { system: "urn:t", codes: { a: { code: "1" } } } }';
    const yaml = "  serviceType:\n    coding: =$code('t', word)\n  specialty: =whole\n";
    const made = { serviceType: [{ coding: [{ system: 'urn:t', code: '1' }] }], specialty: [{ text: 'w' }] };
    const record = { ...times, word: 'a', whole: { text: 'w' } };
    const mappings = loadSlot(yaml, [[record, made]], codes);
    const [first] = mappings.toFhir('slot', record) as unknown as [typeof made];
    first.serviceType[0]!.coding[0]!.code = 'changed';
    first.specialty[0]!.text = 'changed';
    expect(mappings.toFhir('slot', record)).toEqual([expect.objectContaining(made)]);
  });
});

describe('an expression torn by YAML', () => {
  it.each([
    ["  serviceType: { coding: =$code('t', word) }\n", 'put the expression in quotes'],
    ['  comment: =a ? b : c\n', 'must itself be in quotes'],
    ['  comment: *anchor\n', 'anchors, aliases and tags are not part of the grammar'],
  ])('%s is met with advice', (yaml, advice) => {
    const messages = checkMappings(folderOf(slotFiles(yaml, [[{}, {}]]))).map((problem) => problem.message);
    expect(messages.join('\n')).toContain(advice);
  });
});

describe('names in a MIS record', () => {
  it('are kept as they are, whatever characters they hold', () => {
    const names = ['Имя пациента', 'a"b', "a'b", 'a\\b', 'a`$b', '];throw 1;//', '\u2028', 'default'];
    const toMis = Object.fromEntries(names.map((name) => [name, '=x']));
    const expected = Object.fromEntries(names.map((name) => [name, 'v']));
    const folder = folderOf({
      'basic.yaml': JSON.stringify({ resource: 'Basic', toMis }),
      'examples/0.json': { toMis: 'Basic', input: { x: 'v' }, expect: expected },
    });
    expect(loadMappings([folder], north).toMis('Basic', { x: 'v' })).toEqual(expected);
  });
});

describe('a record that cannot be mapped', () => {
  const codes = 'tables: { t: { system: "urn:t", codes: { a: { code: "1" } } } }';
  const yaml = "  serviceType:\n    coding: =$code('t', word)\n  comment: =note\n  overbooked: =over\n";
  const record = { ...times, word: 'a', note: 'n', over: true };
  const made = { serviceType: [{ coding: [{ system: 'urn:t', code: '1' }] }], comment: 'n', overbooked: true };

  it.each([
    [{ word: 'Проверкина' }, 'slot.yaml:10 · Slot.serviceType.coding · codes.yaml: table "t" has no entry'],
    [{ note: ['Проверкина', 'y'] }, 'slot.yaml:11 · Slot.comment · holds one value and was given 2'],
    [{ note: 5 }, 'slot.yaml:11 · Slot.comment · is a string and was given a number: use $string(…)'],
    [{ note: { a: 'Проверкина' } }, 'slot.yaml:11 · Slot.comment · is a string and was given an object'],
    [{ over: 'Проверкина' }, 'slot.yaml:12 · Slot.overbooked · is a boolean and was given a string: use a comparison'],
    [{ start: undefined }, 'slot.yaml:3 · Slot.key · gives no single text or number for the MIS id'],
  ])('names its place and not its value: %o', (change, message) => {
    const mappings = loadSlot(yaml, [[record, made]], codes);
    const run = () => mappings.toFhir('slot', { ...record, ...change });
    expect(run).toThrow(MappingError);
    expect(run).toThrow(message);
    expect(run).not.toThrow('Проверкина');
  });

  it('gives the word that no table has apart, for a log that may hold it', () => {
    const mappings = loadSlot(yaml, [[record, made]], codes);
    const run = () => mappings.toFhir('slot', { ...record, word: 'Новое' });
    expect(run).toThrow(expect.objectContaining({ value: 'Новое' }));
  });
});

describe('a slow document', () => {
  const slow = (toFhir: string) => {
    const files = slotFiles(toFhir, [[{}, {}]]);
    return folderOf({ ...files, 'slot.yaml': `slow: true\n${files['slot.yaml']}` });
  };

  it('is evaluated by jsonata, and only when waited for', async () => {
    const yaml =
      '  comment: =$join(list^(>n).name, ",")\n  serviceType:\n    - each: =list^(n)\n      text: =($x := name; $x & "!")\n';
    const mappings = loadMappings([slow(yaml)], north);
    const list = [
      { n: 2, name: 'b' },
      { n: 1, name: 'a' },
    ];
    expect(mappings.slow).toEqual(new Set(['slot', 'Slot']));
    expect(() => mappings.toFhir('slot', { ...times, list })).toThrow(
      'only mirrorSlowly and toMisSlowly can evaluate it',
    );
    const made = await Promise.all([
      mappings.mirrorSlowly('slot', { ...times, list }),
      mappings.mirrorSlowly('slot', { ...times, list: [] }),
    ]);
    expect(made[0][0]!.resource).toMatchObject({ comment: 'b,a', serviceType: [{ text: 'a!' }, { text: 'b!' }] });
    expect(made[1][0]!.resource).not.toHaveProperty('serviceType');
  });

  it('still may not call what is not allowed, nor use the record from afar', () => {
    const yaml = '  comment: =$map(list, function($x) { $eval($x) })\n  serviceType: { text: =list^($$.n) }\n';
    const messages = checkMappings(slow(yaml)).map((problem) => problem.message);
    expect(messages).toContainEqual(expect.stringContaining('$map is not allowed'));
    expect(messages).toContainEqual(expect.stringContaining('"$$" is not known'));
  });

  it('names the place of a failure', async () => {
    const mappings = loadMappings([slow('  comment: =($x := note; $x + 1)\n')], north);
    const made = mappings.mirrorSlowly('slot', { ...times, note: 'текст' });
    await expect(made).rejects.toThrow('Slot.comment · The left side of the');
  });
});
