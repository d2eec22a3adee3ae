/** What a client of `$find` wishes for: its parameters, and the link by which the next page goes on with them. */
import { Fault } from '../../fault.ts';
import { type DateRange, dateRange } from '../../r4/values.ts';
import { isId } from '../../store/resource.ts';
import type { Context } from '../context.ts';
import type { Arguments } from '../operation.ts';
import type { Asked } from '../resource.ts';
import { locationsAt } from './offers.sql.ts';
import { idsOf, referencedIdOf } from './reference.ts';

export const actorKinds = ['practitioner', 'location', 'organization'] as const;
export type ActorKind = (typeof actorKinds)[number];
export const codeKinds = ['specialty', 'visit-type'] as const;
export type CodeKind = (typeof codeKinds)[number];

/** Of each kind the alternatives in the order of preference; each alternative of actors may be several of them. */
export interface Wish {
  readonly start: string;
  readonly end: string;
  readonly actors: Partial<Record<ActorKind, readonly (readonly string[])[]>>;
  /** Tokens `system|code`. */
  readonly codes: Partial<Record<CodeKind, readonly string[]>>;
  readonly patient: string | undefined;
  /** Appointment that waits: only what is offered for it. */
  readonly waiting: string | undefined;
  readonly count: number;
  readonly after: Place | undefined;
}

/** Where a page ended. */
export interface Place {
  readonly rank: number;
  readonly start: string;
  readonly slot: string;
}

/** Alternatives of a kind; a rank has so many places for each. */
export const mostAlternatives = 20;
const [defaultCount, mostCount] = [50, 200];

/** Why these parameters of IHE's are refused: whoever sends one counts on it. */
export const refused: Readonly<Record<string, string>> = {
  'patient-resource': 'free time does not depend on who asks; name a Patient by patient-reference',
  reason: 'which time fits a reason is not known here; name the specialty or the practitioner',
  'referral-identifier': 'referrals are not checked when time is looked for; send the referral with the Appointment',
  timing: 'weekdays and hours are not filtered here; give start and end',
  'insurance-reference': 'free time does not depend on the insurance here',
};

/** @throws Fault naming the parameter to blame */
export async function readWish(context: Context, asked: Asked, given: Arguments): Promise<Wish> {
  for (const [name, why] of Object.entries(refused))
    if (given.all(name).length > 0)
      throw new Fault('not-supported', `The parameter ${name} is not served: ${why}.`, { expression: `http.${name}` });
  const [start, end] = [given.text('start')!, given.text('end')!];
  const [low, high] = [boundOf('start', start, 'UTC'), boundOf('end', end, 'UTC')];
  if (low.low >= high.high) throw new Fault('bad-value', 'end must be after start.', { expression: 'http.end' });
  const counted = Number(given.one('_count') ?? defaultCount);
  if (counted < 0) throw new Fault('bad-value', '_count is 0 or more.', { expression: 'http._count' });
  const common = { start, end, count: Math.min(counted, mostCount) };
  const cursor = given.text('_cursor');
  if (cursor !== undefined) return { ...readCursor(cursor, given), ...common };
  return { ...(await readAlternatives(context, asked, given)), ...common, after: undefined };
}

export function boundOf(name: string, text: string, zone: string): DateRange {
  const range = dateRange(text, zone);
  if (range === undefined)
    throw new Fault('bad-value', `${name} takes a date such as 2026-12-01 or 2026-12-01T09:00:00+03:00.`, {
      expression: `http.${name}`,
    });
  return range;
}

type Alternatives = Pick<Wish, 'actors' | 'codes' | 'patient' | 'waiting'>;

async function readAlternatives(context: Context, asked: Asked, given: Arguments): Promise<Alternatives> {
  const all = (name: string) => limited(name, given.all(name));
  const ids = (type: string, name: string) => Promise.all(all(name).map((v) => idsOf(context, asked, type, name, v)));
  const places = (await ids('Location', 'location-reference')).concat(
    await Promise.all(all('location-string').map((text) => locationsAt(context, asked, String(text)))),
  );
  const actors = {
    practitioner: await ids('Practitioner', 'practitioner'),
    organization: await ids('Organization', 'organization'),
  };
  const codes = { specialty: all('specialty').map(String), 'visit-type': all('visit-type').map(String) };
  return {
    actors: some({ ...actors, location: limited('location-string', places) }),
    codes: some(codes),
    patient: patientOf(asked, given),
    waiting: waitingOf(asked, given),
  };
}

/** None is left out in silence. */
function limited<T>(name: string, values: readonly T[]): readonly T[] {
  if (values.length <= mostAlternatives) return values;
  throw new Fault('bad-request', `No more than ${mostAlternatives} of ${name} at a time.`, {
    expression: `http.${name}`,
  });
}

const some = <T>(lists: Record<string, readonly T[]>) =>
  Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));

function patientOf({ base, principal }: Asked, given: Arguments): string | undefined {
  const [one, ...others] = given.all('patient-reference');
  if (others.length > 0)
    throw new Fault('not-supported', 'Appointments of several patients are not served: name one.', {
      expression: 'http.patient-reference',
    });
  return one === undefined ? principal.patient : referencedIdOf(base, 'Patient', 'patient-reference', one);
}

export function waitingOf({ base }: Asked, given: Arguments): string | undefined {
  const one = given.one('waiting-reference');
  return one === undefined ? undefined : referencedIdOf(base, 'Appointment', 'waiting-reference', one);
}

/** The wish of the first page goes along in the link of the next, as ids: identifiers of people stay out of addresses. */
export function cursorOf({ actors, codes, patient, waiting }: Wish, after: Place | undefined): string {
  return Buffer.from(JSON.stringify({ actors, codes, patient, waiting, after })).toString('base64url');
}

/** Whatever it holds, what is read by it is what the viewer may see. */
function readCursor(text: string, given: Arguments): Alternatives & Pick<Wish, 'after'> {
  const others = [
    ...actorKinds,
    ...codeKinds,
    'location-reference',
    'location-string',
    'patient-reference',
    'waiting-reference',
  ];
  const cursor = parseCursor(text);
  if (cursor === undefined || others.some((name) => given.all(name).length > 0))
    throw new Fault('bad-value', 'This page link is not one of ours. Follow the links of the Bundle as they are.', {
      expression: 'http._cursor',
    });
  return cursor;
}

function parseCursor(text: string): (Alternatives & Pick<Wish, 'after'>) | undefined {
  try {
    const { actors, codes, patient, waiting, after } = JSON.parse(Buffer.from(text, 'base64url').toString());
    const lists = actorKinds.flatMap((k) => actors[k] ?? []) as string[][];
    const tokens = codeKinds.flatMap((k) => codes[k] ?? []) as string[];
    const ids = [...lists.flat(), ...[patient, waiting, after?.slot].filter((id) => id !== undefined)];
    const place = after === undefined || (Number.isSafeInteger(after.rank) && !Number.isNaN(Date.parse(after.start)));
    const short = lists.length <= 60 && tokens.length <= 40 && ids.length <= 6000;
    if (short && place && ids.every(isId) && tokens.every((t) => typeof t === 'string'))
      return { actors: pick(actors, actorKinds), codes: pick(codes, codeKinds), patient, waiting, after };
  } catch {
    // the one answer for every text that is no link of ours
  }
  return undefined;
}

const pick = (from: Record<string, never>, names: readonly string[]) =>
  Object.fromEntries(names.filter((n) => from[n] !== undefined).map((n) => [n, from[n]]));
