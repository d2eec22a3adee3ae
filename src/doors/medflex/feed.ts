/**
 * What MedFlex is told: everything at times, and the changes between. The door keeps nothing on a disk: after a start everything
 * is sent first. How far the changes are told moves on only when MedFlex has taken them, so that nothing is missed.
 */
import type { Logger } from 'pino';
import { type Clock, fhirInstant, localOf, startOfDay } from '../../instant.ts';
import { type Aggregator, AggregatorFailure } from './aggregator.ts';
import { changedDays, wholeSchedule } from './cells.ts';
import { type Hub, HubRefusal } from './hub.ts';
import { type Place, readPlaces } from './places.ts';
import { resourcesIn, type Slot, slot } from './resources.ts';
import type { MedflexSettings } from './settings.ts';

export interface FeedContext {
  readonly hub: Hub;
  readonly aggregator: Aggregator;
  readonly settings: MedflexSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Round {
  readonly sent: 'everything' | 'changes' | 'nothing';
  /** Requests that MedFlex has taken. */
  readonly requests: number;
  readonly problem?: Error;
}

export interface Feed {
  /** Everything when that is due, else what has changed. One at a time. Never throws. */
  round(): Promise<Round>;
  /** Whether the hub answered in the last round. */
  readsHub(): boolean;
}

interface Told {
  readonly places: readonly Place[];
  /** By slot, the version that MedFlex has: a walk of changes tells some of them twice. */
  readonly versions: Map<string, string>;
  /** Of the hub's walk of changes. */
  readonly since: string;
  readonly wholeAt: number;
}

export function createFeed(context: FeedContext): Feed {
  const { settings, clock } = context;
  let told: Told | undefined;
  let reads = true;

  const isDue = () => told === undefined || clock() - told.wholeAt >= settings.push.everyMinutes * 60_000;

  async function round(): Promise<Round> {
    let problem: Error | undefined;
    if (isDue())
      try {
        told = await sendEverything(context);
        return { sent: 'everything', requests: 1 };
      } catch (error) {
        problem = error as Error;
      }
    // Changes go on while the whole is refused.
    if (told === undefined) throw problem;
    const { since, requests } = await sendChanges(context, told);
    told = { ...told, since };
    return { sent: requests > 0 ? 'changes' : 'nothing', requests, ...(problem && { problem }) };
  }

  return {
    readsHub: () => reads,
    async round() {
      try {
        const done = await round();
        reads = true;
        return done;
      } catch (error) {
        // Its walk has been undone by a restore: from the beginning (docs/interactions.md).
        if (error instanceof HubRefusal && error.status === 410) told = undefined;
        reads = error instanceof AggregatorFailure;
        return { sent: 'nothing', requests: 0, problem: error as Error };
      }
    },
  };
}

async function sendEverything({ hub, aggregator, settings, clock }: FeedContext): Promise<Told> {
  const wholeAt = clock();
  const places = await readPlaces(hub, settings);
  // A hub that has not read its clinic yet, or a token of another clinic: sent, it would erase everything.
  if (places.length === 0) throw new Error('the hub shows no doctor who can be booked: nothing is sent');
  const { slots, since } = await readSlots(hub, settings, wholeAt);
  const sent = await aggregator.sendSchedule(wholeSchedule(places, slots, settings));
  if (sent.outcome === 'refused') throw new AggregatorFailure(`MedFlex refuses the schedule: ${sent.status}`);
  return { places, versions: new Map(slots.map((s) => [s.id, s.meta.versionId])), since, wholeAt };
}

async function sendChanges({ hub, aggregator, settings, clock, log }: FeedContext, told: Told) {
  const { slots, since } = await readSlots(hub, settings, clock(), told.since);
  const news = slots.filter((s) => told.versions.get(s.id) !== s.meta.versionId);
  let requests = 0;
  for (const day of changedDays(told.places, news, settings, settings.push.freedByChanges)) {
    const sent = await aggregator.sendChange(day.body);
    // One that can never be taken must not keep back the others; the next sending of everything mends it.
    if (sent.outcome === 'refused') log.error({ status: sent.status }, 'MedFlex refuses a change');
    else requests++;
    for (const { id, meta } of day.slots) told.versions.set(id, meta.versionId);
  }
  return { since, requests };
}

/** From now on to the end of the last day. @param since as the walk before has told; those that changed from then on. @throws HubRefusal, Error */
async function readSlots(
  hub: Hub,
  { zone, push }: MedflexSettings,
  now: number,
  since?: string,
): Promise<{ slots: Slot[]; since: string }> {
  const query = new URLSearchParams([
    ['start', `ge${fhirInstant(now)}`],
    ['start', `lt${fhirInstant(endOf(now, push.days, zone))}`],
    ['_sort', '_lastUpdated'],
    ['_count', '1000'],
  ]);
  if (since !== undefined) query.set('_lastUpdated', `ge${since}`);
  const slots = new Map<string, Slot>();
  let end: string | undefined;
  for await (const page of hub.search('Slot', query)) {
    // One that changes meanwhile comes again, later.
    for (const one of resourcesIn(page, 'Slot', slot)) slots.set(one.id, one);
    end = page.meta?.lastUpdated ?? end;
  }
  if (end === undefined) throw new Error('the hub does not tell how far its walk of changes has come');
  return { slots: [...slots.values()], since: end };
}

const day = 86_400_000;

/** Midnight at the clinic after so many days, today included. A day may have 25 hours, so its middle is looked at. */
function endOf(now: number, days: number, zone: string): number {
  const today = startOfDay(localOf(now, zone).slice(0, 10), zone);
  return startOfDay(localOf(today + days * day + day / 2, zone).slice(0, 10), zone);
}
