/** Which schedules fit a wish, how well, and when their time may be taken. */
import { Fault } from '../../fault.ts';
import { dateRange } from '../../r4/values.ts';
import type { Reference, Resource } from '../../store/resource.ts';
import { nobody } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { type Lookup, readActors, readSchedules, type ScheduleRow, type Window } from './offers.sql.ts';
import { type ActorKind, actorKinds, boundOf, type CodeKind, codeKinds, mostAlternatives, type Wish } from './wish.ts';

export interface Fitting {
  readonly schedule: Resource;
  readonly clinic: number;
  /** Smaller is preferred: places in the lists of alternatives, kind after kind. */
  readonly rank: number;
}

/** A polyclinic has a few hundred; who sees a region names a doctor, a place, an organization or a specialty. */
const mostSchedules = 1000;

type ActorLists = Partial<Record<ActorKind, readonly ReadonlySet<string>[]>>;

/** @throws Fault wish-too-wide */
export async function findFitting(context: Context, asked: Asked, wish: Wish): Promise<Fitting[]> {
  const actors: ActorLists = {};
  for (const kind of actorKinds)
    if (wish.actors[kind] !== undefined)
      actors[kind] = await Promise.all(wish.actors[kind].map((ids) => readActors(context, asked, ids)));
  const rows = await readSchedules(context, asked, lookupOf(wish, actors), mostSchedules + 1);
  if (rows.length > mostSchedules)
    throw new Fault('business-rule', 'Too many schedules: name a practitioner, location, organization or specialty.', {
      code: 'wish-too-wide',
    });
  return rows.flatMap((row) => fit(context, wish, actors, row));
}

/** By that kind which names the fewest. */
function lookupOf(wish: Wish, actors: ActorLists): Lookup {
  const sets = Object.values(actors).map((alternatives) => [...new Set(alternatives.flatMap((set) => [...set]))]);
  const [fewest] = sets.sort((a, b) => a.length - b.length);
  if (fewest !== undefined) return { by: 'actor', values: fewest };
  const [specialty, service] = [wish.codes.specialty, wish.codes['visit-type']];
  if (specialty !== undefined) return { by: 'specialty', values: specialty.map((t) => partsOf(t).code) };
  if (service !== undefined) return { by: 'service-type', values: service.map((t) => partsOf(t).code) };
  return { by: 'all' };
}

function fit(context: Context, wish: Wish, actors: ActorLists, { clinic, body }: ScheduleRow): Fitting[] {
  const schedule = JSON.parse(body) as Resource;
  if (schedule['active'] === false || context.clinics.byNumber(clinic)?.booking === undefined) return [];
  const standing = ((schedule['actor'] ?? []) as Reference[]).map((a) => a.reference?.split('/')[1] ?? '');
  const places = [
    ...actorKinds.map((kind) => placeOf(actors[kind], (set) => standing.some((id) => set.has(id)))),
    ...codeKinds.map((kind) => placeOf(wish.codes[kind], (token) => hasCode(schedule, kind, token))),
  ];
  if (places.includes(-1)) return [];
  return [{ schedule, clinic, rank: places.reduce((rank, place) => rank * mostAlternatives + place, 0) }];
}

/** The first alternative that fits; -1: none does; 0 when nothing is wished for. */
function placeOf<T>(alternatives: readonly T[] | undefined, fits: (alternative: T) => boolean): number {
  return alternatives === undefined ? 0 : alternatives.findIndex(fits);
}

function partsOf(token: string): { system: string | undefined; code: string } {
  const bar = token.lastIndexOf('|');
  return bar === -1 ? { system: undefined, code: token } : { system: token.slice(0, bar), code: token.slice(bar + 1) };
}

const elements: Readonly<Record<CodeKind, string>> = { specialty: 'specialty', 'visit-type': 'serviceType' };

interface Concept {
  readonly coding?: readonly { readonly system?: string; readonly code?: string }[];
}

function hasCode(schedule: Resource, kind: CodeKind, token: string): boolean {
  const { system, code } = partsOf(token);
  const codings = ((schedule[elements[kind]] ?? []) as Concept[]).flatMap((c) => c.coding ?? []);
  return codings.some((c) => c.code === code && (system === undefined || system === (c.system ?? '')));
}

/** Postgres and JavaScript write what is later differently; many mean an open end by the last day of 9999. */
const latest = Date.parse('9999-12-31T00:00:00Z');

/** The time of a schedule that is looked at: as wished, not past, within its planning horizon; days are the clinic's. */
export function windowsOf(context: Context, wish: Wish, fitting: readonly Fitting[]): Window[] {
  return fitting.flatMap(({ schedule, clinic, rank }) => {
    const { zone } = context.clinics.byNumber(clinic)!;
    const [start, end] = [boundOf('start', wish.start, zone), boundOf('end', wish.end, zone)];
    const horizon = (schedule['planningHorizon'] ?? {}) as { start?: string; end?: string };
    const opens = horizon.start === undefined ? start.low : (dateRange(horizon.start, zone)?.low ?? start.low);
    // A day is meant whole, a time is where it ends.
    const wished = wish.end.includes('T') ? end.low : end.high;
    const closes = horizon.end === undefined ? wished : (dateRange(horizon.end, zone)?.high ?? wished);
    const [low, high] = [Math.max(start.low, context.clock() + 1, opens), Math.min(wished, closes, latest)];
    if (low >= high) return [];
    return [{ schedule: schedule.id!, rank, low: new Date(low), high: new Date(high), after: nobody }];
  });
}

/** What comes after the place where a page ended. */
export function windowsAfter(windows: readonly Window[], { after }: Wish): Window[] {
  if (after === undefined) return [...windows];
  const left = windows.filter((w) => w.rank >= after.rank);
  const from = new Date(after.start);
  return left.map((w) => (w.rank === after.rank && from >= w.low ? { ...w, low: from, after: after.slot } : w));
}
