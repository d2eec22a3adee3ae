/**
 * CodeSystem, ValueSet and ConceptMap of what the hub speaks: its own codes, the code tables of the mappings, and the codes that
 * R4 requires. Made of code and tables; nobody writes them by hand. https://hl7.org/fhir/R4/terminology-module.html
 */
import type { Clinic, Clinics } from '../../connectors/clinic.ts';
import type { CodeTable, Coding } from '../../connectors/mapping.ts';
import { faultKinds } from '../../fault.ts';
import { idOf } from '../../id.ts';
import { requiredValueSets, systemsOf } from '../../r4/table.ts';
import type { Resource } from '../../store/resource.ts';
import { slotReasons } from '../../store/slot.ts';
import { faultSystem, kindMeanings, reasonMeanings } from './fault-code.ts';

/** A resource that the program itself brings along. */
export interface Canonical {
  /** Number of the clinic that alone sees it; 0: every viewer. */
  readonly clinic: number;
  readonly resource: Resource;
}

const home = 'https://medmost.ru/fhir';
const everyone = 0;

/** In an order that does not change; ids follow from the URLs. */
export function canonicalResources(clinics: Clinics): Canonical[] {
  const tables = tablesOf(clinics.all);
  const made = [...own(), ...required(), ...tables.flatMap(ofTable), ...targets(tables)];
  const known = new Map<string, Canonical>();
  for (const one of made) {
    const key = `${one.resource.resourceType} ${one.resource['url']}`;
    if (!known.has(key)) known.set(key, one);
  }
  return [...known.values()];
}

type Concept = { readonly code: string; readonly display?: string } & Readonly<Record<string, unknown>>;

function canonical(type: string, url: string, title: string, content: object, clinic = everyone): Canonical {
  const name = title.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 120);
  const id = idOf('', type, url);
  return { clinic, resource: { resourceType: type, id, url, name, title, status: 'active', ...content } };
}

function codeSystem(url: string, title: string, concepts: readonly Concept[], content: string, more: object = {}) {
  const all = concepts.length === 0 ? {} : { count: concepts.length };
  const list = concepts.length === 0 ? {} : { concept: concepts };
  return canonical('CodeSystem', url, title, { caseSensitive: true, content, ...all, ...more, ...list });
}

function own(): Canonical[] {
  const reasons = slotReasons.filter((code) => code !== '').map((code) => ({ code, definition: reasonOf[code] }));
  return [
    codeSystem(faultSystem, 'Errors of medmost', faultConcepts(), 'complete', {
      valueSet: `${home}/ValueSet/fault`,
      property: [
        { code: 'status', description: 'HTTP status', type: 'integer' },
        { code: 'issue', description: 'OperationOutcome.issue.code', type: 'code' },
      ],
    }),
    valueSet(`${home}/ValueSet/fault`, 'Errors of medmost', [{ system: faultSystem }]),
    codeSystem(`${home}/CodeSystem/slot-reason`, 'Why a slot is not free', reasons, 'complete'),
    valueSet(`${home}/ValueSet/slot-reason`, 'Why a slot is not free', [{ system: `${home}/CodeSystem/slot-reason` }]),
  ];
}

const reasonOf: Readonly<Record<Exclude<(typeof slotReasons)[number], ''>, string>> = {
  booked: 'Booked in the system of the clinic.',
  break: 'The doctor does not receive then.',
  withdrawn: 'No longer in the timetable of the clinic.',
  'booked-here': 'Booked through the hub.',
  'being-booked-here': 'A booking through the hub is under way.',
  held: 'Held for somebody who has not booked yet.',
  past: 'It has begun.',
};

function faultConcepts(): Concept[] {
  const kinds = Object.entries(faultKinds).map(([code, [status, issue]]) => ({
    code,
    definition: kindMeanings[code as keyof typeof faultKinds] ?? `Answered with HTTP ${status}.`,
    property: [
      { code: 'status', valueInteger: status },
      { code: 'issue', valueCode: issue },
    ],
  }));
  const reasons = Object.entries(reasonMeanings).map(([code, definition]) => ({ code, definition }));
  return [...kinds, ...reasons];
}

interface Include {
  readonly system: string;
  readonly concept?: readonly Concept[];
}

function valueSet(url: string, title: string, include: readonly Include[], more: object = {}, clinic = everyone) {
  return canonical('ValueSet', url, title, { ...more, compose: { include } }, clinic);
}

/** R4's own, as far as required bindings name them: codes without display, and only those in some bound value set. */
function required(): Canonical[] {
  const bySystem = new Map<string, Set<string>>();
  const sets = requiredValueSets.map((url) => {
    const systems = Map.groupBy(systemsOf(url)!, ([, system]) => system);
    const include = [...systems].map(([system, pairs]) => {
      const codes = pairs.map(([code]) => code);
      bySystem.set(system, new Set([...(bySystem.get(system) ?? []), ...codes]));
      return { system, concept: codes.map((code) => ({ code })) };
    });
    return valueSet(url, `R4 ${lastOf(url)}`, include, { version: '4.0.1' });
  });
  const systems = [...bySystem].map(([url, codes]) => {
    const version = url.startsWith('http://hl7.org/fhir/') ? { version: '4.0.1' } : {};
    const concepts = [...codes].map((code) => ({ code }));
    return codeSystem(url, `R4 ${lastOf(url)}`, concepts, 'fragment', version);
  });
  return [...systems, ...sets];
}

const lastOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** A code table under the name by which it is published. */
interface NamedTable {
  readonly name: string;
  /** Of a clinic that has its own mapping; 0 for the one that is shipped. */
  readonly clinic: number;
  readonly table: CodeTable;
}

function tablesOf(clinics: readonly Clinic[]): NamedTable[] {
  return clinics.flatMap(({ key, number, config, mapping, tables }) => {
    const shipped = config.mappings === undefined;
    const prefix = shipped ? mapping : `${mapping}-${key}`;
    const clinic = shipped ? everyone : number;
    return [...tables.values()].map((table) => ({ name: `${prefix}-${table.name}`, clinic, table }));
  });
}

const codingOf = (code: Coding | string): Coding => (typeof code === 'string' ? { code } : code);

function conceptsOf({ codes }: CodeTable): Concept[] {
  const byCode = new Map([...codes.values()].map(codingOf).map(({ code, display }) => [code, display] as const));
  return [...byCode].map(([code, display]) => ({ code, ...(display !== undefined && { display }) }));
}

/** The map itself, the value set that it leads to, and the words it comes from. */
function ofTable({ name, clinic, table }: NamedTable): Canonical[] {
  const words = [...table.codes.keys()].map((code) => ({ code, display: code }));
  const source = table.source ?? `${home}/CodeSystem/${name}`;
  const content = { caseSensitive: true, content: 'complete', count: words.length, concept: words };
  const set = `${home}/ValueSet/${name}`;
  const group = { source, ...(table.system !== undefined && { target: table.system }), element: elementsOf(table) };
  return [
    table.source === undefined
      ? canonical('CodeSystem', source, `Words of ${name}`, content, clinic)
      : codeSystem(source, `Words of ${lastOf(source)}`, [], 'not-present'),
    ...(table.system === undefined
      ? []
      : [valueSet(set, `Codes of ${name}`, [{ system: table.system, concept: conceptsOf(table) }], {}, clinic)]),
    canonical(
      'ConceptMap',
      `${home}/ConceptMap/${name}`,
      `Map of ${name}`,
      { ...(table.system !== undefined && { targetUri: set }), group: [group] },
      clinic,
    ),
  ];
}

function elementsOf({ codes }: CodeTable): object[] {
  return [...codes].map(([word, code]) => {
    const { code: target, display } = codingOf(code);
    return {
      code: word,
      target: [{ code: target, ...(display !== undefined && { display }), equivalence: 'equivalent' }],
    };
  });
}

/** Dictionaries that we hold no more of than the tables use. */
function targets(tables: readonly NamedTable[]): Canonical[] {
  const bySystem = Map.groupBy(
    tables.filter(({ table }) => table.system !== undefined),
    ({ table }) => table.system!,
  );
  return [...bySystem].map(([system, named]) => {
    const concepts = new Map(named.flatMap(({ table }) => conceptsOf(table)).map((c) => [c.code, c]));
    return codeSystem(system, `Used codes of ${lastOf(system)}`, [...concepts.values()], 'fragment');
  });
}
