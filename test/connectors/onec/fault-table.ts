/** Plays every fault of the sandbox against the connector: a table of what each must end in, for one profile. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldAt, openStage, type ProfileSettings, type Stage, window } from './stage.ts';

type Outcome = 'good' | 'rejected' | 'unknown' | 'retryable' | 'final';

export interface Row {
  readonly fault: string;
  readonly params?: object;
  /** Of GetReserve, Book, Cancel, GetAppointmentStatus, GetSchedule20; `-` where the fault makes no sense. */
  readonly outcomes: readonly (Outcome | '-')[];
}

export const row = (fault: string, outcomes: string, params?: object): Row => ({
  fault,
  outcomes: outcomes.split(' ') as Row['outcomes'],
  ...(params !== undefined && { params }),
});

export const lostUndone = 'unknown unknown unknown retryable retryable';
export const lostDone = 'unknown good good retryable retryable';
export const hopeless = 'unknown unknown unknown final final';
export const tooMuch = 'unknown good good final final';

const operations = [
  'GetReserve',
  'BookAnAppointmentWithParams',
  'CancelBookAnAppointment',
  'GetAppointmentStatus',
  'GetSchedule20',
];

const quick = {
  timeouts: { connect: 1000, request: 250, schedule: 400, total: 5000 },
  guard: { readRepeats: 0, breakAfter: 1000 },
};

const soon = () => ({ signal: AbortSignal.timeout(10_000), booking: 'b' });
const noProgress = async () => {};

async function play(
  stage: Stage,
  { fault, params }: Row,
  operation: string,
): Promise<{ outcome: Outcome; held: boolean }> {
  const { sandbox } = stage;
  const time = stage.freeTime();
  const { booking, schedule } = stage.open(quick).operations;
  const order = () => sandbox.fault({ fault, times: 100, operations: [operation], params: params ?? {} });
  const isHeld = () => heldAt(sandbox, time).some(({ status }) => ['1', '2', '3', '4'].includes(String(status)));
  try {
    if (operation === 'GetReserve' || operation.startsWith('Book')) {
      order();
      const { outcome } = await booking!.book(time.request, undefined, noProgress, soon());
      return { outcome: outcome === 'confirmed' ? 'good' : outcome, held: isHeld() };
    }
    const made = await booking!.book(time.request, undefined, noProgress, soon());
    if (made.outcome !== 'confirmed') throw new Error('the sandbox did not book before the fault');
    order();
    if (operation === 'CancelBookAnAppointment') {
      const { outcome } = await booking!.cancel(made.reference, undefined, soon());
      return { outcome: outcome === 'confirmed' ? 'good' : outcome, held: isHeld() };
    }
    const reading =
      operation === 'GetSchedule20'
        ? schedule!.read(
            { start: window.start, end: window.start + 86_400_000 },
            [String(time.slot['schedule'])],
            soon().signal,
          )
        : booking!.findBooking(time.request, made.reference, soon().signal);
    const outcome: Outcome = await reading.then(
      () => 'good',
      (error: Error & { retryable?: boolean }) => {
        expect(error.name).toBe('MisReadError');
        return error.retryable ? 'retryable' : 'final';
      },
    );
    return { outcome, held: isHeld() };
  } finally {
    sandbox.clearFaults();
  }
}

/** Each fault × five operations: the outcome is the one told, and whatever was said agrees with what 1С holds. */
export function describeFaults(profile: ProfileSettings, rows: readonly Row[]): void {
  let stage: Stage;
  let memory: number;
  beforeAll(async () => {
    stage = await openStage({}, profile);
    memory = process.resourceUsage().maxRSS;
  });
  afterAll(() => stage.close());

  test('the table names every fault of the sandbox', () => {
    const listed = new Set(rows.map(({ fault }) => fault));
    const unlisted = stage.sandbox.faults().filter(({ name }) => !listed.has(name));
    expect(unlisted.map(({ name }) => name)).toEqual([]);
  });

  describe.each(operations.map((operation, i) => ({ operation, i })))('$operation', ({ operation, i }) => {
    const cases = rows.filter(({ outcomes }) => outcomes[i] !== '-');
    test.each(cases.map((one) => ({ ...one, expected: one.outcomes[i]!, as: JSON.stringify(one.params ?? {}) })))(
      '$fault $as → $expected',
      async ({ expected, ...one }) => {
        const { outcome, held } = await play(stage, one, operation);
        expect(outcome).toBe(expected);
        const cancelling = operation === 'CancelBookAnAppointment';
        if (operation.startsWith('Get') && operation !== 'GetReserve') return;
        // What was said for certain is what 1С holds.
        if (outcome === 'good') expect(held).toBe(!cancelling);
        if (outcome === 'rejected') expect(held).toBe(cancelling);
      },
    );
  });

  test('none of it followed a redirect or an entity, changed a prototype, or took much memory', () => {
    expect(stage.sandbox.canaryHits()).toBe(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((process.resourceUsage().maxRSS - memory) / 1024).toBeLessThan(300);
  });

  test('no fault changed a document of another patient', () => {
    const seeded = stage.sandbox.bookings({ source: 'seed' });
    expect(seeded.filter(({ comment }) => comment.startsWith('medmost'))).toEqual([]);
  });
}
