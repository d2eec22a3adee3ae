/**
 * Plays every fault of the sandbox × the operations that a booking and a schedule need, against the connector: each ends in exactly one
 * of confirmed, rejected, unknown, a reading that may be repeated and one that may not, whatever the profile.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreeTime, heldAt, openStage, type ProfileSettings, type Stage, window } from './stage.ts';

type Outcome = 'good' | 'rejected' | 'unknown' | 'retryable' | 'final';

interface Row {
  readonly fault: string;
  readonly params?: object;
  /** Of GetReserve, Book, Cancel, GetAppointmentStatus, GetSchedule20; `-` where the fault makes no sense. */
  readonly outcomes: readonly (Outcome | '-')[];
}

const row = (fault: string, outcomes: string, params?: object): Row => ({
  fault,
  outcomes: outcomes.split(' ') as Row['outcomes'],
  ...(params !== undefined && { params }),
});

const lostUndone = 'unknown unknown unknown retryable retryable';
const lostDone = 'unknown good good retryable retryable';
const hopeless = 'unknown unknown unknown final final';
const tooMuch = 'unknown good good final final';

const rows: readonly Row[] = [
  row('drop-before', lostUndone),
  row('commit-then-hang', lostDone),
  row('commit-then-reset', lostDone),
  row('commit-then-500', lostDone),
  row('commit-then-empty-200', lostDone),
  row('late-commit', lostUndone, { milliseconds: 5000 }),
  row('slow', lostDone, { milliseconds: 5000 }),
  row('drip', lostDone),
  row('truncated', lostDone),
  row('truncated', lostDone, { variant: 'socket' }),
  row('html-200', lostUndone),
  row('html-200', lostDone, { commit: true }),
  row('html-502', lostUndone),
  row('html-502', lostDone, { commit: true }),
  row('soap-fault-500', lostUndone),
  row('soap-fault-500', lostDone, { commit: true }),
  row('soap-fault-200', lostUndone),
  row('soap-fault-html', lostUndone),
  row('licence-exhausted', lostUndone),
  row('licence-exhausted', lostUndone, { variant: '406' }),
  row('session-401', hopeless),
  row('auth-403', hopeless),
  row('json-exception', lostUndone),
  row('redirect-307', hopeless),
  row('redirect-307', 'unknown good good final final', { commit: true }),
  row('wrong-charset', lostDone),
  row('wrong-charset', lostDone, { variant: 'utf-8' }),
  row('wrong-charset', 'good good good good good', { variant: 'right' }),
  row('utf8-bom', 'good good good good good'),
  row('huge', tooMuch),
  row('gzip-bomb', tooMuch),
  row('wrong-root', lostDone),
  row('wrong-element', lostDone),
  row('wrong-element', lostDone, { variant: 'return' }),
  row('duplicate-return', lostDone),
  row('duplicate-return', lostDone, { variant: 'response' }),
  row('proto-element', lostDone),
  row('proto-element', 'good good good good retryable', { layer: 'inner' }),
  row('deep-xml', 'unknown good good final retryable'),
  row('deep-xml', 'unknown good good final retryable', { layer: 'inner' }),
  row('many-elements', tooMuch),
  row('many-elements', 'unknown good good final retryable', { count: 250_000 }),
  row('entity-bomb', lostDone),
  row('entity-bomb', lostDone, { layer: 'inner' }),
  row('xxe', lostDone),
  row('xxe', lostDone, { layer: 'inner' }),
  row('error-text', 'unknown unknown unknown retryable retryable'),
  row('plain-sentence', 'rejected rejected rejected final final'),
  row('plain-sentence', 'unknown unknown rejected retryable retryable', { text: 'Что-то пошло не так' }),
  row('false-empty-description', 'unknown unknown rejected retryable retryable'),
  row('success-without-id', 'unknown - - - -'),
  row('success-without-id', 'unknown - - - -', { variant: 'empty' }),
  row('success-without-id', 'unknown - - - -', { variant: 'zero' }),
  row('other-guid', 'unknown - - - retryable'),
  row('empty-schedule', '- - - - retryable'),
  row('params-error', '- - - - final'),
];

/** Operation → column of the table. */
type Columns = Readonly<Record<string, number>>;

const rest = { CancelBookAnAppointment: 2, GetAppointmentStatus: 3, GetSchedule20: 4 };
export const reserving: Columns = { GetReserve: 0, BookAnAppointmentWithParams: 1, ...rest };
/** Without a reservation the booking is the first write: nothing that came before tells whose it is. */
export const atOnce: Columns = { BookAnAppointmentWithParams: 0, ...rest };

const guard = { readRepeats: 0, breakAfter: 1000 };
/** Only where nothing comes is a deadline short: a busy machine must not miss the others. */
const hanging = new Set(['commit-then-hang', 'late-commit', 'slow', 'drip']);
const settingsFor = (fault: string) => ({
  guard,
  ...(hanging.has(fault) && { timeouts: { request: 500, schedule: 500 } }),
});

const soon = () => ({ signal: AbortSignal.timeout(10_000), booking: 'b' });
const noProgress = async () => {};

async function play(
  stage: Stage,
  { fault, params }: Row,
  operation: string,
): Promise<{ outcome: Outcome; held: boolean; named: boolean; time: FreeTime }> {
  const { sandbox } = stage;
  const time = stage.freeTime();
  const { booking, schedule } = stage.open(settingsFor(fault)).operations;
  const order = () => sandbox.fault({ fault, times: 100, operations: [operation], params: params ?? {} });
  const isHeld = () => heldAt(sandbox, time).some(({ status }) => ['1', '2', '3', '4'].includes(String(status)));
  try {
    if (operation === 'GetReserve' || operation.startsWith('Book')) {
      order();
      const kept: string[] = [];
      const keep = async (guid: string) => void kept.push(guid);
      const { outcome } = await booking!.book(time.request, undefined, keep, soon());
      return { outcome: outcome === 'confirmed' ? 'good' : outcome, held: isHeld(), named: kept.length > 0, time };
    }
    const made = await stage.open({ guard }).operations.booking!.book(time.request, undefined, noProgress, soon());
    if (made.outcome !== 'confirmed') throw new Error('the sandbox did not book before the fault');
    order();
    if (operation === 'CancelBookAnAppointment') {
      const { outcome } = await booking!.cancel(made.reference, undefined, soon());
      return { outcome: outcome === 'confirmed' ? 'good' : outcome, held: isHeld(), named: true, time };
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
    return { outcome, held: isHeld(), named: true, time };
  } finally {
    sandbox.clearFaults();
  }
}

/** Each fault × each operation: the outcome is the one told, and whatever was said agrees with what 1С holds. */
export function describeFaults(profile: ProfileSettings, columns: Columns = reserving): void {
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

  describe.each(Object.entries(columns).map(([operation, i]) => ({ operation, i })))(
    '$operation',
    ({ operation, i }) => {
      const cases = rows.filter(({ outcomes }) => outcomes[i] !== '-');
      test.each(cases.map((one) => ({ ...one, expected: one.outcomes[i]!, as: JSON.stringify(one.params ?? {}) })))(
        '$fault $as → $expected',
        async ({ expected, ...one }) => {
          const { outcome, held, named, time } = await play(stage, one, operation);
          expect(outcome).toBe(expected);
          const cancelling = operation === 'CancelBookAnAppointment';
          if (operation.startsWith('Get') && operation !== 'GetReserve') return;
          // What was said for certain is what 1С holds.
          if (outcome === 'good') expect(held).toBe(!cancelling);
          if (outcome === 'rejected') expect(held).toBe(cancelling);
          // A booking that stands and that nobody could name is found, and not taken for another's.
          if (outcome !== 'unknown' || named || columns !== atOnce || one.fault === 'late-commit') return;
          const found = await stage
            .open({ guard })
            .operations.booking!.findBooking(time.request, undefined, soon().signal);
          expect(found).toEqual(held ? { state: 'taken', doubtful: true } : { state: 'free' });
        },
      );
    },
  );

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
