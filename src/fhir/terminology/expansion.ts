/** A ValueSet → its codes. https://hl7.org/fhir/R4/valueset.html#compositions */
import { Fault } from '../../fault.ts';
import { isObject, itemsOf, type Json } from '../../r4/json.ts';

export interface Code {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
  /** As CodeSystem and ValueSet have them. */
  readonly designation?: readonly Json[];
  readonly inactive: boolean;
  readonly concept: Json;
}

/** A dictionary by its canonical URL, among those that may be seen. */
export type Find = (type: 'CodeSystem' | 'ValueSet', canonical: string) => Json | undefined;

/** Codes looked at for one expansion. The largest dictionary here has a few hundred. */
const maxCodes = 20_000;
const maxDepth = 8;

interface State {
  readonly find: Find;
  left: number;
  readonly depth: number;
}

/**
 * In the order of `compose`, each code once.
 * @param valueSet valid R4, known or sent
 * @throws Fault too-costly; invalid-content when it builds on what is not known here
 */
export function codesOfSet(valueSet: Json, find: Find): Code[] {
  return expand(valueSet, { find, left: maxCodes, depth: 0 });
}

function expand(valueSet: Json, state: State): Code[] {
  const { compose } = valueSet;
  if (!isObject(compose))
    throw new Fault('invalid-content', 'A ValueSet is expanded from its "compose", and this one has none.', {
      expression: 'ValueSet.compose',
    });
  const codes = new Map(itemsOf(compose, 'include').flatMap((part) => codesOfPart(part, state).map(keyed)));
  for (const part of itemsOf(compose, 'exclude'))
    for (const code of codesOfPart(part, state)) codes.delete(keyOf(code));
  const all = [...codes.values()];
  return compose['inactive'] === false ? all.filter((code) => !code.inactive) : all;
}

const keyOf = ({ system, code }: Code) => `${system} ${code}`;
const keyed = (code: Code) => [keyOf(code), code] as const;

/** `include` and `exclude` alike: what is of the system and of every value set. */
function codesOfPart(part: Json, state: State): Code[] {
  const sets = textsOf(part['valueSet']).map((url) => codesOfKnown(url, state));
  const own = part['system'] === undefined ? undefined : codesOfSystem(part, state);
  const [first, ...others] = own === undefined ? sets : [own, ...sets];
  if (first === undefined)
    throw new Fault('invalid-content', 'A part of "compose" has neither system nor valueSet.', {
      expression: 'ValueSet.compose',
    });
  const keys = others.map((codes) => new Set(codes.map(keyOf)));
  return first.filter((code) => keys.every((set) => set.has(keyOf(code))));
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []);

function codesOfKnown(url: string, state: State): Code[] {
  const known = state.find('ValueSet', url);
  if (known === undefined || state.depth >= maxDepth)
    throw new Fault('invalid-content', 'The ValueSet builds on a ValueSet that is not known here.', {
      expression: 'ValueSet.compose.include.valueSet',
      code: 'not-found',
    });
  const inner = { ...state, depth: state.depth + 1 };
  const codes = expand(known, inner);
  state.left = inner.left;
  return codes;
}

function codesOfSystem(part: Json, state: State): Code[] {
  const system = String(part['system']);
  const version = typeof part['version'] === 'string' ? `|${part['version']}` : '';
  const known = state.find('CodeSystem', `${system}${version}`);
  const concepts = known === undefined ? [] : conceptsOf(known);
  const named = itemsOf(part, 'concept');
  const filters = itemsOf(part, 'filter');
  if (named.length === 0 && (known === undefined || known['content'] === 'not-present'))
    throw new Fault('invalid-content', 'The codes of a system that the ValueSet names are not known here.', {
      expression: 'ValueSet.compose.include.system',
      code: 'not-found',
    });
  state.left -= named.length + concepts.length * Math.max(1, filters.length);
  if (state.left < 0)
    throw new Fault('too-costly', 'The ValueSet is too large to be expanded: name fewer codes.', {
      expression: 'ValueSet.compose',
    });
  if (named.length === 0)
    return concepts.filter((c) => filters.every((f) => passes(c, f))).map((c) => codeOf(system, c));
  const byCode = new Map(concepts.map((concept) => [concept['code'], concept]));
  return named.map((concept) => codeOf(system, { ...byCode.get(concept['code']), ...concept }));
}

/** All concepts of a CodeSystem, those below others too. */
export function conceptsOf(codeSystem: Json): Json[] {
  return itemsOf(codeSystem, 'concept').flatMap((concept) => [concept, ...conceptsOf(concept)]);
}

function codeOf(system: string, concept: Json): Code {
  const { code, display } = concept;
  const designation = itemsOf(concept, 'designation');
  return {
    system,
    code: String(code),
    ...(typeof display === 'string' && { display }),
    ...(designation.length > 0 && { designation }),
    inactive: propertyOf(concept, 'inactive') === 'true',
    concept,
  };
}

/** The value of a property as text; a Coding as its code. */
export function propertyOf(concept: Json, code: string): string | undefined {
  if (code === 'code' || code === 'display') return concept[code] as string | undefined;
  const property = itemsOf(concept, 'property').find((p) => p['code'] === code);
  const value = Object.entries(property ?? {}).find(([name]) => name.startsWith('value'))?.[1];
  return isObject(value) ? String(value['code']) : value === undefined ? undefined : String(value);
}

/** https://hl7.org/fhir/R4/valueset-filter-operator.html; hierarchies and regular expressions are not served. */
function passes(concept: Json, { property, op, value }: Json): boolean {
  const found = propertyOf(concept, String(property));
  const list = () => String(value).split(',');
  switch (op) {
    case '=':
      return found === value;
    case 'in':
      return found !== undefined && list().includes(found);
    case 'not-in':
      return found === undefined || !list().includes(found);
    case 'exists':
      return (found !== undefined) === (value === 'true');
    default:
      throw new Fault(
        'not-supported',
        'Filters of a ValueSet are served with the operators =, in, not-in and exists.',
        {
          expression: 'ValueSet.compose.include.filter.op',
        },
      );
  }
}
