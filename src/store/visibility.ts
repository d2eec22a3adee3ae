/**
 * The one predicate that stands in every SQL read: nobody sees what isn't theirs, and "not yours" looks like "not there".
 * Its parameters are always given together, `viewerParameters` of them.
 */
import { idOf } from '../id.ts';

/** A principal as SQL needs it. */
export interface Viewer {
  /** Numbers of the clinics in the table `clinic`. */
  readonly clinics: readonly number[];
  /** Keys of the compartments that are open to it: `document.patient` or `document.under` is one of them; null: all are. */
  readonly keys: readonly string[] | null;
  /** Types of resources that it may read; null: all. */
  readonly types: readonly string[] | null;
  /** Schedules that are not for it: their slots are not there. */
  readonly closed: readonly string[];
}

/** An id that nothing has. */
export const nobody = '00000000-0000-0000-0000-000000000000';

/** The number of no clinic: what the hub itself publishes is seen by all who may see anything. */
export const everybody = 0;

/** The hub itself, at work in a clinic. */
export const hubIn = (clinic: number): Viewer => ({ clinics: [clinic], keys: null, types: null, closed: [] });

/** Who has the card of a Patient, but is not shown all of it, sees the Patient itself. */
export const cardKey = (patient: string): string => idOf('card', 'Patient', patient);

/** What was made for a Patient under an account. */
export const accountKey = (account: string, patient: string): string => idOf(account, 'Patient', patient);

export const viewerParameters = 4;

/** The viewer's own clinics come first: slots of one who has a single clinic are looked for in that. */
export function viewerValues({ clinics, keys, types, closed }: Viewer): unknown[] {
  const seen = clinics.length === 0 ? everybody : `${joined(clinics)},${everybody}`;
  return [`{${seen}}`, keys, types && `{${joined(types)}}`, `{${joined(closed)}}`];
}

/**
 * As Postgres writes an array of numbers, of names of types, or of ids that it has given itself: they need no quotes, which keys do,
 * for tokens name them. The same lists come with every request of a token; each of them, written out each time, is 2 % of a search.
 */
function joined(list: readonly (number | string)[]): string {
  let text = texts.get(list);
  if (text === undefined) {
    text = list.join(',');
    texts.set(list, text);
  }
  return text;
}

const texts = new WeakMap<readonly unknown[], string>();

/** @param first number of the first of the parameters */
export function documentVisible(alias: string, first: number): string {
  return `${alias}.clinic = any($${first}::smallint[]) and ${rightsOn(alias, first)}`;
}

function rightsOn(alias: string, first: number): string {
  const unused = `($${first + 3}::uuid[] is null or true)`;
  return `${rightsTo(alias, `$${first + 1}::uuid[]`, `$${first + 2}::text[]`)} and ${unused}`;
}

function rightsTo(alias: string, keys: string, types: string): string {
  return `${keyFits(alias, keys)} and (${types} is null or ${alias}.type = any(${types}))`;
}

/** Where one statement reads for several viewers. @param keys as an SQL expression */
export const keyFits = (alias: string, keys: string): string =>
  `(${keys} is null or ${alias}.patient is null or ${alias}.patient = any(${keys}) or ${alias}.under = any(${keys}))`;

/**
 * Slots are in no patient's compartment. All parameters must be mentioned, else Postgres cannot type them.
 * @param one the viewer has exactly one clinic: said as an equation, an index gives a clinic's slots in order, and a page of
 * 50,000 takes 0.4 ms instead of 35
 */
export function slotVisible(alias: string, first: number, one = false): string {
  const clinics = `$${first}::smallint[]`;
  const clinic = one ? `(${clinics})[1]` : `any(${clinics})`;
  return `${alias}.clinic = ${clinic} and ${openTo(alias, first)}`;
}

function openTo(alias: string, first: number): string {
  const types = `$${first + 2}::text[]`;
  return (
    `($${first + 1}::uuid[] is null or true) and (${types} is null or 'Slot' = any(${types})) and ` +
    `${alias}.schedule <> all($${first + 3}::uuid[])`
  );
}

/**
 * The same without a look at the type: of what is only named, in a reference, or is open by constraints that stand beside this.
 * @param slots of slots, else of documents
 */
export function namedVisible(alias: string, first: number, slots: boolean): string {
  const unused = `($${first + 2}::text[] is null or true)`;
  const clinic = `${alias}.clinic = any($${first}::smallint[])`;
  const closed = `$${first + 3}::uuid[]`;
  if (slots)
    return `${clinic} and ($${first + 1}::uuid[] is null or true) and ${unused} and ${alias}.schedule <> all(${closed})`;
  return `${clinic} and ${keyFits(alias, `$${first + 1}::uuid[]`)} and ${unused} and (${closed} is null or true)`;
}

/**
 * The same for a walk in the order of commits, said so that Postgres goes by that order: with `clinic = any(…)` it takes few rows to
 * match, collects all changes there ever were by the index on clinics and sorts them for each page.
 * @param slots of slots, else of documents
 */
export function visibleInWalk(alias: string, first: number, slots: boolean): string {
  const clinic = `array_position($${first}::smallint[], ${alias}.clinic) is not null`;
  return `${clinic} and ${slots ? openTo(alias, first) : rightsOn(alias, first)}`;
}
