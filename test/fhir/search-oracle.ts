/** What fhirpath.js finds by a search parameter's expression, and which searches must therefore find the resource. */
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import type { SearchParameter } from '../../src/r4/definition.ts';

type Evaluate = (resource: object) => unknown[];
type Json = Readonly<Record<string, unknown>>;

const compiled = new Map<string, Evaluate>();

/** The values of an expression. `resolve()` is answered by the text of the reference, as a server may. */
export function valuesBy(expression: string, resource: object): unknown[] {
  return branchesOf(expression).flatMap((branch) => {
    const [, path = branch, target] = /^(.*)\.where\(resolve\(\) is (\w+)\)$/.exec(branch) ?? [];
    const values = evaluatorOf(path)(resource);
    return target === undefined ? values : values.filter((v) => leadsTo(v as Json, target));
  });
}

function branchesOf(expression: string): string[] {
  return expression.split(/ \| (?![^(]*\))/);
}

function evaluatorOf(path: string): Evaluate {
  let evaluate = compiled.get(path);
  if (evaluate === undefined) {
    evaluate = fhirpath.compile(path, r4 as unknown as Model) as Evaluate;
    compiled.set(path, evaluate);
  }
  return evaluate;
}

function leadsTo({ reference, type }: Json, target: string): boolean {
  if (typeof reference !== 'string') return type === target;
  return reference.startsWith(`${target}/`) || reference.includes(`/${target}/`);
}

/** A search that must find the resource with this value, and whether it must find another one by its values. */
export interface Probe {
  /** Behind the name: `:exact`, or nothing. */
  readonly modifier: string;
  readonly value: string;
  /** Undefined where it is not told. */
  readonly finds: (values: readonly unknown[]) => boolean | undefined;
}

/** Escaped for a search, and its letters and digits alone as strings are compared. */
const escaped = (text: string) => text.replace(/[\\,|$]/g, (c) => `\\${c}`);
export const letters = (text: string) =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

const absent = (name: string, present: (values: readonly unknown[]) => boolean): Probe[] => [
  {
    modifier: ':missing',
    value: name === 'missing' ? 'true' : 'false',
    finds: (v) => present(v) === (name !== 'missing'),
  },
];

export function probesOf(parameter: SearchParameter, values: readonly unknown[]): Probe[] {
  const kind = kinds[parameter.type];
  const present = (all: readonly unknown[]) => all.some((v) => kind.present(v));
  const sample = values.filter((v) => kind.present(v)).slice(0, 2);
  return [
    ...sample.flatMap((value) => kind.probes(value, parameter)),
    { modifier: '', value: kind.nothing, finds: () => false },
    // A composite that lacks a component is there and is not: nobody asks.
    ...(parameter.type === 'composite' ? [] : [...absent('missing', present), ...absent('given', present)]),
  ];
}

interface Kind {
  /** A value that no resource has. */
  readonly nothing: string;
  present(value: unknown): boolean;
  probes(value: unknown, parameter: SearchParameter): Probe[];
}

interface Token {
  readonly system?: unknown;
  readonly code?: unknown;
  readonly text?: unknown;
}

const contacts = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']);

/** The kinds of values that tokens are made of, told by their shape. */
function tokensOf(value: unknown): Token[] {
  if (typeof value !== 'object' || value === null) return [{ code: String(value) }];
  const v = value as Json;
  const isIdentifier = 'type' in v || 'assigner' in v || 'period' in v || 'use' in v || 'rank' in v;
  if ('coding' in v || ('text' in v && !('value' in v))) {
    const codings = (v['coding'] ?? []) as Json[];
    return [...codings.map((c) => ({ system: c['system'], code: c['code'], text: c['display'] })), { text: v['text'] }];
  }
  if ('value' in v || isIdentifier) {
    const isContact = contacts.has(String(v['system']));
    if (isContact && v['value'] === undefined) return [];
    return [
      { ...(!isContact && { system: v['system'] }), code: v['value'], text: (v['type'] as Json | undefined)?.['text'] },
    ];
  }
  if (contacts.has(String(v['system'])) && v['code'] === undefined) return [];
  return [{ system: v['system'], code: v['code'], text: v['display'] }];
}

const stringsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const parts = [
    'family',
    'given',
    'prefix',
    'suffix',
    'text',
    'line',
    'city',
    'district',
    'state',
    'postalCode',
    'country',
  ];
  const texts = parts.flatMap((part) => (value as Json)[part]).filter((v) => typeof v === 'string');
  return texts as string[];
};

const some =
  <T>(list: (value: unknown) => readonly T[], test: (one: T) => boolean) =>
  (values: readonly unknown[]) =>
    values.flatMap(list).some(test);

const token: Kind = {
  nothing: 'no-such-code',
  present: (value) =>
    tokensOf(value).some((t) => t.code !== undefined || t.system !== undefined || t.text !== undefined),
  probes(value, { code: name }) {
    const given = tokensOf(value).filter((t) => typeof t.code === 'string');
    const texts = tokensOf(value).flatMap((t) =>
      typeof t.text === 'string' && letters(t.text) !== '' ? [t.text] : [],
    );
    const codes = given.slice(0, 1).flatMap(({ system, code }): Probe[] => {
      const same = some(tokensOf, (t) => t.code === code);
      const probes: Probe[] = [
        { modifier: '', value: escaped(String(code)), finds: same },
        { modifier: '', value: `no-such-code,${escaped(String(code))}`, finds: same },
        { modifier: ':not', value: escaped(String(code)), finds: (v) => !same(v) },
        { modifier: '', value: `http://no.such/system|${escaped(String(code))}`, finds: () => false },
      ];
      if (typeof system !== 'string') return probes;
      return [
        ...probes,
        {
          modifier: '',
          value: `${escaped(system)}|${escaped(String(code))}`,
          finds: some(tokensOf, (t) => t.system === system && t.code === code),
        },
        { modifier: '', value: `${escaped(system)}|`, finds: some(tokensOf, (t) => t.system === system) },
        {
          modifier: '',
          value: `|${escaped(String(code))}`,
          finds: some(tokensOf, (t) => t.system === undefined && t.code === code),
        },
      ];
    });
    const read = texts.slice(0, 1).map(
      (text): Probe => ({
        modifier: ':text',
        value: escaped(text.slice(0, 4)),
        finds: some(
          tokensOf,
          (t) => typeof t.text === 'string' && letters(t.text).startsWith(letters(text.slice(0, 4))),
        ),
      }),
    );
    return [...codes, ...read, ...(/identifier/.test(name) ? ofType(value as Json) : [])];
  },
};

function ofType(identifier: Json): Probe[] {
  const [coding] = ((identifier['type'] as Json | undefined)?.['coding'] ?? []) as Json[];
  const { value } = identifier;
  if (coding?.['code'] === undefined || typeof value !== 'string') return [];
  const { system = '', code } = coding;
  const has = (v: unknown) =>
    (((v as Json)['type'] as Json | undefined)?.['coding'] as Json[] | undefined)?.some(
      (c) => (c['system'] ?? '') === system && c['code'] === code,
    ) === true && (v as Json)['value'] === value;
  const asked = [system, code, value].map((part) => escaped(String(part))).join('|');
  return [{ modifier: ':of-type', value: asked, finds: (values) => values.some(has) }];
}

const string: Kind = {
  nothing: 'нетакоготекста',
  present: (value) => stringsOf(value).length > 0,
  probes(value) {
    const [text] = stringsOf(value).filter((t) => letters(t) !== '');
    if (text === undefined) return [];
    const begin = text.slice(0, 3);
    const middle = letters(text).slice(1);
    const begins = some(stringsOf, (t) => letters(t).startsWith(letters(begin)));
    return [
      { modifier: '', value: escaped(begin), finds: begins },
      { modifier: '', value: escaped(begin.toUpperCase()), finds: begins },
      { modifier: ':exact', value: escaped(text), finds: some(stringsOf, (t) => t === text) },
      ...(middle === ''
        ? []
        : [{ modifier: ':contains', value: middle, finds: some(stringsOf, (t) => letters(t).includes(middle)) }]),
    ];
  },
};

const referencesOf = (value: unknown): Json[] => (typeof value === 'string' ? [{ reference: value }] : [value as Json]);
const isKept = ({ reference, identifier }: Json) =>
  (typeof reference === 'string' && !reference.startsWith('#')) ||
  typeof (identifier as Json | undefined)?.['value'] === 'string';
const bare = (reference: unknown) =>
  String(reference)
    .replace(/\/_history\/.*$/, '')
    .replace(/\|.*$/, '');

const reference: Kind = {
  nothing: 'Patient/00000000-0000-4000-8000-00000000dead',
  present: (value) => referencesOf(value).some(isKept),
  probes(value) {
    const [{ reference: text, identifier } = {} as Json] = referencesOf(value);
    const { system = '', value: number } = (identifier ?? {}) as Json;
    const probes: Probe[] = [];
    if (typeof text === 'string' && !text.startsWith('#')) {
      const same = some(referencesOf, (r) => bare(r['reference']) === bare(text));
      probes.push({ modifier: '', value: escaped(bare(text)), finds: same });
      if (text.includes('/_history/'))
        probes.push({ modifier: '', value: text, finds: some(referencesOf, (r) => r['reference'] === text) });
      const [, type, id] = /^([A-Z]\w+)\/([^/|]+)$/.exec(bare(text)) ?? [];
      if (id !== undefined) {
        probes.push({ modifier: `:${type}`, value: id, finds: same });
        probes.push({
          modifier: '',
          value: id,
          finds: some(referencesOf, (r) => /^[A-Z]\w+\/([^/|]+)$/.exec(bare(r['reference']))?.[1] === id),
        });
      }
    }
    if (typeof number === 'string')
      probes.push({
        modifier: ':identifier',
        value: `${escaped(String(system))}|${escaped(number)}`,
        finds: some(referencesOf, (r) => {
          const i = (r['identifier'] ?? {}) as Json;
          return (i['system'] ?? '') === system && i['value'] === number;
        }),
      });
    return probes;
  },
};

const uri: Kind = {
  nothing: 'http://no.such/uri',
  present: (value) => typeof value === 'string',
  probes(value) {
    const text = String(value);
    const path = /^(https?:\/\/[^/]+)\/[^|]+$/.exec(text)?.[1];
    const exact = {
      modifier: '',
      value: escaped(text),
      finds: some(
        (v) => [v, String(v).replace(/\|.*/, '')],
        (v) => v === text,
      ),
    };
    if (path === undefined) return [exact];
    return [
      exact,
      {
        modifier: ':below',
        value: path,
        finds: some(
          (v) => [v],
          (v) => String(v).startsWith(`${path}/`),
        ),
      },
      {
        modifier: ':above',
        value: `${text}/deeper/still`,
        finds: some(
          (v) => [v, String(v).replace(/\|.*/, '')],
          (v) => `${text}/deeper/still`.startsWith(`${v}/`),
        ),
      },
    ];
  },
};

const quantitiesOf = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  const number = (value as Json)['value'];
  return typeof number === 'number' && (value as Json)['comparator'] === undefined ? [number] : [];
};

const numberIn = (value: unknown) =>
  typeof value === 'number' || typeof (value as Json | undefined)?.['value'] === 'number';

const quantity: Kind = {
  nothing: '123456789.5',
  present: (value) =>
    numberIn(value) || ['low', 'high'].some((end) => typeof value === 'object' && numberIn((value as Json)[end])),
  probes(value) {
    const [number] = quantitiesOf(value);
    if (number === undefined) return [];
    const exactly = number.toFixed(6);
    const [close, far] = [some(quantitiesOf, (n) => n === number), () => false];
    return [
      { modifier: '', value: exactly, finds: close },
      { modifier: '', value: `${exactly}|http://no.such/system|x`, finds: far },
    ];
  },
};

/** Dates are judged by test/r4/date.test.ts and behaviours-search.test.ts; here only that each parameter has its own. */
const datesOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  const { start, end, event, repeat } = value as {
    start?: string;
    end?: string;
    event?: string[];
    repeat?: { boundsPeriod?: object };
  };
  return [start, end, ...(event ?? []), ...(repeat?.boundsPeriod ? datesOf(repeat.boundsPeriod) : [])].filter(
    (d) => d !== undefined,
  );
};

const date: Kind = {
  nothing: '1700-01-01',
  present: (value) => datesOf(value).length > 0,
  probes(value) {
    if (typeof value !== 'string') return [];
    const finds = (values: readonly unknown[]) =>
      values.includes(value) ? true : values.length > 0 ? undefined : false;
    return [
      { modifier: '', value, finds },
      { modifier: '', value: `ge${value}`, finds },
      { modifier: '', value: `le${value}`, finds },
      { modifier: '', value: `sa${value}`, finds: (values) => (values.every((v) => v === value) ? false : undefined) },
    ];
  },
};

/** A usage context by its code and its value, which must be of the same one. */
const composite: Kind = {
  nothing: 'no-such-code$1',
  present: (value) => pairOf(value) !== undefined,
  probes(value, { components }) {
    const pair = pairOf(value);
    const isNumber = components[1]!.type === 'quantity';
    if (pair === undefined || (typeof pair[1] === 'number') !== isNumber) return [];
    const [first, second] = pair;
    const same = (code: unknown, of: unknown) =>
      some(
        (v) => [pairOf(v)],
        (p) => p !== undefined && p[0] === code && p[1] === of,
      );
    const written = typeof second === 'number' ? second.toFixed(6) : escaped(second);
    const probes: Probe[] = [{ modifier: '', value: `${escaped(first)}$${written}`, finds: same(first, second) }];
    if (isNumber) return [...probes, { modifier: '', value: `no-such-code$${written}`, finds: () => false }];
    return [...probes, { modifier: '', value: `${written}$${escaped(first)}`, finds: same(second, first) }];
  },
};

function pairOf(value: unknown): readonly [string, string | number] | undefined {
  const { code, valueCodeableConcept, valueQuantity } = value as Record<string, Json | undefined>;
  const second = (valueCodeableConcept?.['coding'] as Json[] | undefined)?.[0]?.['code'] ?? valueQuantity?.['value'];
  const isValue =
    typeof second === 'string' || (typeof second === 'number' && valueQuantity?.['comparator'] === undefined);
  return typeof code?.['code'] === 'string' && isValue ? [code['code'], second as string | number] : undefined;
}

/** A place from where it is: there, and not on the other side of the world. */
const special: Kind = {
  nothing: '0.5|0.5|1|m',
  present: (value) => typeof (value as Json)['latitude'] === 'number',
  probes(value) {
    const { latitude, longitude } = value as { latitude: number; longitude: number };
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return [];
    const here = some(
      (v) => [v as Json],
      (v) => v['latitude'] === latitude && v['longitude'] === longitude,
    );
    return [{ modifier: '', value: `${latitude}|${longitude}|1|km`, finds: here }];
  },
};

const kinds: Record<SearchParameter['type'], Kind> = {
  ...{ token, string, reference, uri, quantity, date, composite, special },
  number: quantity,
};
