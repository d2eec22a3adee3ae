/** What every connector must do, whatever its MIS: one suite over each of them, before its sandbox, through its mapping. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Exchange, MisRecord, MisRecords, Operations, WriteOutcome } from '../../src/connectors/connector.ts';
import type { Mappings } from '../../src/connectors/mapping.ts';
import type { Interval } from '../../src/instant.ts';
import { validate } from '../../src/r4/validate.ts';
import { loggedOf } from '../support/exchange.ts';

export type ContractFault = 'write-lost-before' | 'write-lost-after' | 'read-lost' | 'read-garbage';

/** A MIS's sandbox with a connection to it. */
export interface ContractStage {
  /** Opened with settings that do not repeat reads and do not let the breaker open within the suite. */
  readonly operations: Operations;
  /** The same connector pointed at a port where nobody listens. */
  readonly unreachable: Operations;
  readonly mappings: Mappings;
  /** What `operations` have told the message log. */
  readonly exchanges: readonly Exchange[];
  /** Values of the settings that must never be seen. */
  readonly secrets: readonly string[];
  readonly window: Interval;
  /** The person for whom `requestFor` books; no part of the name may be logged. */
  readonly patientWords: readonly string[];
  /** What the mapping makes of an Appointment for that slot. This and the next two: where it books. */
  requestFor?(slot: MisRecord, schedule: MisRecord, booking: string): MisRecord;
  /** The desk books that time behind the hub's back. */
  bookAtDesk?(slot: MisRecord): Promise<void>;
  /** Bookings, not reservations, that the MIS holds at that time. */
  countHeld?(slot: MisRecord): Promise<number>;
  /** Every following call of that kind fails so, until `calm`. */
  fault(kind: ContractFault): Promise<void>;
  calm(): Promise<void>;
  close(): Promise<void>;
}

const soon = () => AbortSignal.timeout(20_000);
const write = (booking: string) => ({ signal: soon(), booking });

export type ContractAbility = 'directory' | 'schedule' | 'booking';

/**
 * @param name of the connector's folder
 * @param open starts the sandbox and connects
 * @param abilities that it has: all of them, unless its MIS lacks one. What is said here must be so
 */
export function describeConnector(
  name: string,
  open: () => Promise<ContractStage>,
  abilities: readonly ContractAbility[] = ['directory', 'schedule', 'booking'],
): void {
  const [schedules, books] = [abilities.includes('schedule'), abilities.includes('booking')];
  const whereItSchedules = test.runIf(schedules);
  const whereItBooks = test.runIf(books);
  describe(`connector ${name}`, () => {
    let stage: ContractStage;
    let directory: MisRecords;
    let schedule: MisRecords;
    let free: IterableIterator<MisRecord>;
    beforeAll(async () => {
      stage = await open();
      directory = (await stage.operations.directory?.(soon())) ?? {};
      schedule = (await stage.operations.schedule?.read(stage.window, undefined, soon())) ?? {};
      free = everyOther((schedule['slot'] ?? []).filter((slot) => slot['status'] === 'free'));
    });
    afterAll(() => stage.close());

    const take = () => free.next().value as MisRecord;
    const scheduleOf = (slot: MisRecord) => schedule['schedule']!.find((s) => s['key'] === slot['schedule'])!;
    const requestFor = (slot: MisRecord, booking: string) => stage.requestFor!(slot, scheduleOf(slot), booking);
    const readAgain = async (slot: MisRecord): Promise<MisRecord | undefined> => {
      const start = Date.parse(String(slot['start']));
      const read = await stage.operations.schedule!.read(
        { start, end: start + 60_000 },
        [String(slot['schedule'])],
        soon(),
      );
      return read['slot']!.find((s) => s['key'] === slot['key']);
    };
    const book = (slot: MisRecord, reference?: string, booking = 'b-1'): Promise<WriteOutcome> =>
      stage.operations.booking!.book(requestFor(slot, booking), reference, async () => {}, write(booking));
    const bookWell = async (slot: MisRecord): Promise<string> => {
      const outcome = await book(slot);
      if (outcome.outcome !== 'confirmed') throw new Error(`not booked: ${JSON.stringify(outcome)}`);
      return outcome.reference;
    };

    test('it has the abilities that this suite was told of, no more and no less', () => {
      const { operations, unreachable } = stage;
      for (const ability of ['directory', 'schedule', 'booking'] as const) {
        expect(operations[ability] !== undefined, ability).toBe(abilities.includes(ability));
        expect(unreachable[ability] !== undefined, ability).toBe(abilities.includes(ability));
      }
    });

    test('records are plain, have a key of their own and no empty values', () => {
      for (const [kind, records] of [...Object.entries(directory), ...Object.entries(schedule)]) {
        expect(new Set(records.map((r) => r['key'])).size, kind).toBe(records.length);
        for (const record of records) {
          expect(typeof record['key'], kind).toBe('string');
          expect(JSON.parse(JSON.stringify(record)), kind).toEqual(record);
          expect(
            Object.values(record).filter((v) => v === null || v === undefined || v === ''),
            kind,
          ).toEqual([]);
        }
      }
    });

    test('every record maps to valid FHIR, and every reference leads somewhere', () => {
      const made = [directory, schedule].flatMap((records) =>
        Object.entries(records).flatMap(([kind, list]) =>
          list.flatMap((record) => stage.mappings.mirror(kind, record).map(({ resource }) => resource)),
        ),
      );
      expect(made.length).toBeGreaterThan(0);
      const known = new Set(made.map((resource) => `${resource.resourceType}/${resource.id}`));
      expect(known.size).toBe(made.length);
      for (const resource of made) expect(validate(resource).filter((p) => p.severity === 'error')).toEqual([]);
      const references = new Set(JSON.stringify(made).match(/(?<="reference":")[^"]+/g));
      expect([...references].filter((reference) => !known.has(reference))).toEqual([]);
    });

    test('two readings in a row are the same', async () => {
      expect(await stage.operations.directory?.(soon())).toEqual(stage.operations.directory && directory);
      if (schedules) expect(await stage.operations.schedule!.read(stage.window, undefined, soon())).toEqual(schedule);
    });

    whereItSchedules('slots lie within the window and belong to a schedule; only those wanted are read', async () => {
      const keys = new Set(schedule['schedule']!.map((s) => s['key']));
      for (const slot of schedule['slot']!) {
        const [start, end] = [Date.parse(String(slot['start'])), Date.parse(String(slot['end']))];
        expect(start).toBeGreaterThanOrEqual(stage.window.start);
        expect(start).toBeLessThan(stage.window.end);
        expect(end).toBeGreaterThan(start);
        expect(keys).toContain(slot['schedule']);
      }
      const [one] = keys;
      const some = await stage.operations.schedule!.read(stage.window, [String(one)], soon());
      expect(some['slot']).toEqual(schedule['slot']!.filter((s) => s['schedule'] === one));
    });

    whereItBooks('book, find, cancel: the MIS holds it once, then not at all', async () => {
      const { booking } = stage.operations;
      const slot = take();
      const reference = await bookWell(slot);
      expect(await stage.countHeld!(slot)).toBe(1);
      expect((await readAgain(slot))?.['status']).not.toBe('free');
      const request = requestFor(slot, 'b-1');
      expect(await booking!.findBooking(request, reference, soon())).toEqual({ state: 'held', reference });
      expect(await booking!.findBooking(request, undefined, soon())).not.toEqual({ state: 'free' });
      expect(await booking!.cancel(reference, 'Не могу прийти', write('b-1'))).toEqual({
        outcome: 'confirmed',
        reference,
      });
      expect(await stage.countHeld!(slot)).toBe(0);
      expect((await readAgain(slot))?.['status']).toBe('free');
      const found = await booking!.findBooking(request, reference, soon());
      expect(['cancelled', 'free']).toContain(found.state);
      expect(await booking!.cancel(reference, undefined, write('b-1'))).toMatchObject({ outcome: 'confirmed' });
    });

    whereItBooks('booking what is booked already by its reference changes nothing', async () => {
      const slot = take();
      const reference = await bookWell(slot);
      expect(await book(slot, reference)).toEqual({ outcome: 'confirmed', reference });
      expect(await stage.countHeld!(slot)).toBe(1);
    });

    whereItBooks('one time is not sold twice, neither by us nor by the desk', async () => {
      const [ours, desks] = [take(), take()];
      await bookWell(ours);
      expect(await book(ours, undefined, 'b-2')).toMatchObject({ outcome: 'rejected', reason: 'taken' });
      expect(await stage.countHeld!(ours)).toBe(1);
      await stage.bookAtDesk!(desks);
      expect(await book(desks, undefined, 'b-3')).toMatchObject({ outcome: 'rejected', reason: 'taken' });
      expect(await stage.countHeld!(desks)).toBe(1);
      expect((await readAgain(desks))?.['status']).not.toBe('free');
    });

    whereItBooks('of eight bookings at once one is confirmed', async () => {
      const slot = take();
      const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => book(slot, undefined, `b-${10 + i}`)));
      const names = outcomes.map(({ outcome }) => outcome);
      expect(names.filter((outcome) => outcome === 'confirmed')).toHaveLength(1);
      expect(names.filter((outcome) => outcome === 'rejected')).toHaveLength(7);
      expect(await stage.countHeld!(slot)).toBe(1);
    });

    whereItBooks('a write lost on its way is never confirmed', async () => {
      const slot = take();
      await stage.fault('write-lost-before');
      const outcome = await book(slot);
      await stage.calm();
      expect(outcome.outcome).toBe('unknown');
      expect(await stage.countHeld!(slot)).toBe(0);
    });

    whereItBooks('an answer lost on its way back leaves one booking, which is found or resumed', async () => {
      const slot = take();
      let reference: string | undefined;
      await stage.fault('write-lost-after');
      const keep = async (given: string) => {
        reference = given;
      };
      const first = await stage.operations.booking!.book(requestFor(slot, 'b-4'), undefined, keep, write('b-4'));
      await stage.calm();
      expect(['unknown', 'confirmed']).toContain(first.outcome);
      if (first.outcome === 'unknown') {
        reference = first.reference ?? reference;
        const found = await stage.operations.booking!.findBooking(requestFor(slot, 'b-4'), reference, soon());
        // Without a reference the MIS shows the time occupied by nobody we could name: never "free", never "held". What stands there
        // as a booking may be ours for good, and must not pass for a rival's.
        if (reference === undefined)
          return expect(found).toEqual({
            state: 'taken',
            ...((await stage.countHeld!(slot)) > 0 && { doubtful: true }),
          });
        if (found.state === 'unfinished')
          expect(await book(slot, found.reference)).toMatchObject({ outcome: 'confirmed' });
        // By now the MIS may tell more of it than the attempt has heard.
        else expect(found).toEqual({ state: 'held', reference: expect.any(String) });
      }
      expect(await stage.countHeld!(slot)).toBe(1);
    });

    whereItBooks('a lost cancellation is unknown or proven, and can be asked for again', async () => {
      const slot = take();
      const reference = await bookWell(slot);
      await stage.fault('write-lost-before');
      const outcome = await stage.operations.booking!.cancel(reference, undefined, write('b-5'));
      await stage.calm();
      expect(outcome).toMatchObject({ outcome: 'unknown' });
      expect(await stage.countHeld!(slot)).toBe(1);
      expect(await stage.operations.booking!.cancel(reference, undefined, write('b-5'))).toMatchObject({
        outcome: 'confirmed',
      });
      expect(await stage.countHeld!(slot)).toBe(0);
    });

    test.each(['read-lost', 'read-garbage'] as const)('%s: a reading gives all or a MisReadError', async (kind) => {
      const request = books ? requestFor(take(), 'b-6') : {};
      await stage.fault(kind);
      const { operations } = stage;
      const readings = [
        operations.directory?.(soon()),
        operations.schedule?.read(stage.window, undefined, soon()),
        operations.booking?.findBooking(request, undefined, soon()),
        operations.ping?.(soon()),
      ].filter((reading) => reading !== undefined);
      expect(readings.length).toBeGreaterThanOrEqual(abilities.length);
      const results = await Promise.allSettled(readings);
      await stage.calm();
      for (const result of results) {
        expect(result.status).toBe('rejected');
        expect((result as PromiseRejectedResult).reason).toMatchObject({ name: 'MisReadError', retryable: true });
      }
    });

    test('a MIS that does not listen is told as such by every reading', async () => {
      const { directory, schedule: reading, ping } = stage.unreachable;
      const readings = [directory?.(soon()), reading?.read(stage.window, undefined, soon()), ping?.(soon())];
      for (const result of await Promise.allSettled(readings.filter((one) => one !== undefined)))
        expect((result as PromiseRejectedResult).reason).toMatchObject({ name: 'MisReadError', retryable: true });
    });

    whereItBooks('a MIS that does not listen: nothing is sent, and that is said', async () => {
      const request = requestFor(take(), 'b-7');
      const outcome = await stage.unreachable.booking!.book(request, undefined, async () => {}, write('b-7'));
      expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    });

    test('the message log has every kind of exchange, without secrets and without the patient', () => {
      const seen = loggedOf(stage.exchanges);
      const has = (access: Exchange['access'], outcome: Exchange['outcome']) =>
        stage.exchanges.filter((e) => e.access === access && e.outcome === outcome);
      expect(has('write', 'ok').some((e) => e.booking !== undefined)).toBe(books);
      expect(has('write', 'rejected').length > 0).toBe(books);
      expect(has('write', 'unknown').length > 0).toBe(books);
      expect(has('read', 'ok').length).toBeGreaterThan(0);
      expect(has('read', 'failed').length).toBeGreaterThan(0);
      for (const word of [...stage.secrets, ...stage.patientWords]) expect(seen).not.toContain(word);
    });

    test('health is told without asking the MIS', () => {
      expect(stage.operations.health()).toEqual({ reads: 'closed', writes: 'closed' });
    });
  });
}

/** Neighbours of a booked time stay free, so that a booking of a wrong length shows. */
function* everyOther<T>(items: readonly T[]): Generator<T> {
  for (let i = 0; i < items.length; i += 2) yield items[i]!;
  throw new Error('the sandbox has no free time left');
}
