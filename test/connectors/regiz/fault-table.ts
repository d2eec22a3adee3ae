/**
 * Every fault of the sandbox × every operation that the connector uses: whatever is said for certain agrees with what the
 * clinic holds, a reading gives all or a MisReadError, and the message log tells of nobody.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Exchange, MisRecords, Operations, WriteOutcome } from '../../../src/connectors/connector.ts';
import { heldAt, type Stage, window } from './stage.ts';
import { type FreeTime, freeTimes, noProgress, soon } from './times.ts';

type Outcome = 'good' | 'rejected' | 'unknown' | 'retryable' | 'final';

interface Row {
  readonly fault: string;
  readonly params?: object;
  /** Of SetAppointment, CreateClaimForRefusal, GetPatientHistory in findBooking, GetAvaibleAppointments in the schedule. */
  readonly outcomes: readonly (Outcome | '-')[];
}

const row = (fault: string, outcomes: string, params: object = {}): Row => ({
  fault,
  outcomes: outcomes.split(' ') as Row['outcomes'],
  params,
});

/** No usable answer: the clinic may have done it. */
const lost = 'unknown unknown retryable retryable';
/** Nor will there be one. */
const hopeless = 'unknown unknown final final';
const understood = 'good good good good';
const committed = { commit: true };

const rows: readonly Row[] = [
  row('drop-before', lost),
  row('commit-then-hang', lost),
  row('commit-then-reset', lost),
  row('commit-then-500', lost),
  row('commit-then-empty-200', lost),
  row('late-commit', 'unknown unknown - -'),
  row('slow', 'unknown - - retryable'),
  row('drip', 'unknown - - retryable'),
  row('truncated', lost),
  row('truncated', lost, { variant: 'socket' }),
  row('html-200', lost),
  row('html-200', lost, committed),
  row('html-502', lost),
  row('html-502', lost, committed),
  row('soap-fault-500', lost),
  row('soap-fault-500', lost, committed),
  row('soap-fault-200', lost),
  row('soap-fault-200', lost, { ...committed, text: 'Ошибка пациента Проверкина Аглая Тестовна' }),
  row('soap-fault-html', lost),
  row('session-401', hopeless),
  row('session-401', hopeless, committed),
  row('auth-403', hopeless),
  row('json-exception', lost),
  row('redirect-307', hopeless),
  row('redirect-307', hopeless, committed),
  // The answer to a cancellation has no letter that is not ASCII.
  row('wrong-charset', 'unknown good retryable retryable'),
  row('wrong-charset', 'unknown good retryable retryable', { variant: 'utf-8' }),
  row('wrong-charset', understood, { variant: 'right' }),
  row('utf8-bom', understood),
  row('huge', 'unknown - - final'),
  row('gzip-bomb', 'unknown - - final'),
  row('wrong-element', lost),
  row('wrong-element', lost, { variant: 'return' }),
  row('wrong-namespace', lost),
  row('duplicate-return', lost),
  // The last element of a list of times is one that Hub24 has not, and the connector does not read.
  row('duplicate-element', 'unknown unknown retryable good'),
  row('disordered', understood),
  row('proto-element', understood),
  row('deep-xml', 'unknown unknown retryable retryable', { count: 1000 }),
  row('deep-xml', 'unknown unknown retryable retryable'),
  row('many-elements', 'unknown - - retryable', { count: 250_000 }),
  row('many-elements', 'unknown - - final'),
  row('entity-bomb', lost),
  row('xxe', lost),
  row('business-error', lost),
  row('business-error', lost, committed),
  row('business-error', lost, { code: 616, text: 'Пациент Проверкина А. Т., тел. +7 900 000-00-01' }),
  row('business-error', 'rejected rejected final final', { code: 33 }),
  row('business-error', 'rejected rejected final final', { code: 33, ...committed }),
  row('business-error', 'rejected rejected final final', { code: 1 }),
  row('clinic-timeout', lost),
  row('clinic-timeout', lost, committed),
  row('false-empty-description', lost),
  row('success-with-errors', 'unknown unknown good good'),
  row('missing-success', lost),
  row('empty-list', '- - - good'),
  row('other-patient', '- - - -'),
];

/** What the connector asks before and after; each must hold whatever becomes of it. */
const bookingReads = ['CheckPatient', 'AddNewPatient', 'GetPatientHistory'];
export const directoryReads = ['GetLPUList', 'GetLPUInfo', 'GetSpesialityList', 'GetDoctorList'];
const positionReads = ['GetPositionList', 'GetDoctorList2'];

const quick = {
  timeouts: { connect: 2000, read: 700, write: 700, total: 5000 },
  guard: { readRepeats: 0, breakAfter: 100_000 },
  booking: { historyTries: 1, historyPause: 0 },
};

/** For readings that must succeed, however busy the machine is. */
const patient = { timeouts: {} };

const patientWords = [
  'Проверкин',
  'Аглая',
  'Тестовна',
  '9000000001',
  '000-00-01',
  '1990-02-03',
  '03.02.1990',
  '000-000-600 04',
  '00060004',
];

let stage: Stage;
let take: () => FreeTime;
let memory: number;
const exchanges: Exchange[][] = [];

function open(settings: Record<string, unknown> = {}): Operations {
  const opened = stage.open({ ...quick, ...settings });
  exchanges.push(opened.exchanges);
  return opened.operations;
}

function order({ fault, params = {} }: Row, ...operations: string[]): void {
  stage.sandbox.fault({ fault, times: 100, operations, params });
}

const goodOr = ({ outcome }: WriteOutcome): Outcome => (outcome === 'confirmed' ? 'good' : outcome);

/** @returns what came of a reading that is good when it says what `expected` is */
async function outcomeOf(reading: Promise<unknown>, expected?: unknown): Promise<Outcome> {
  try {
    const read = await reading;
    if (expected !== undefined) expect(read).toEqual(expected);
    return 'good';
  } catch (error) {
    if ((error as Error).name !== 'MisReadError') throw error;
    return (error as { retryable?: boolean }).retryable === true ? 'retryable' : 'final';
  }
}

/** A confirmed booking of a free time. */
async function booked(operations: Operations): Promise<FreeTime & { readonly reference: string }> {
  const time = take();
  const made = await operations.booking!.book(time.request, undefined, noProgress, soon());
  if (made.outcome !== 'confirmed') throw new Error('the sandbox did not book before the fault');
  return { ...time, reference: made.reference };
}

/** Books under a fault; afterwards the books must agree, or be found to by a reading without one. */
async function bookUnder(fault: Row, operation: string): Promise<Outcome> {
  const { booking } = open();
  const { request, slot } = take();
  let reference: string | undefined;
  const keep = async (given: string) => {
    reference = given;
  };
  order(fault, operation);
  const outcome = await booking!.book(request, undefined, keep, soon());
  stage.sandbox.clearFaults();
  const isHeld = heldAt(stage, slot).length === 1;
  if (outcome.outcome === 'confirmed') expect(isHeld).toBe(true);
  if (outcome.outcome === 'rejected' && isHeld) {
    // It is settled as any refusal that left a reference: what is found to stand is cancelled.
    const found = await booking!.findBooking(request, reference, soon().signal);
    expect(found).toMatchObject({ state: 'held' });
    const { reference: standing } = found as { reference: string };
    expect(await booking!.cancel(standing, undefined, soon())).toMatchObject({ outcome: 'confirmed' });
    expect(heldAt(stage, slot)).toEqual([]);
  }
  if (outcome.outcome === 'unknown') {
    expect(outcome.reference).toBeDefined();
    const found = await booking!.findBooking(request, outcome.reference, soon().signal);
    // What comes late may come just now.
    if (fault.fault !== 'late-commit') expect(found.state).toBe(isHeld ? 'held' : 'free');
  }
  return goodOr(outcome);
}

async function cancelUnder(fault: Row): Promise<Outcome> {
  const operations = open();
  const { slot, reference, request } = await booked(operations);
  order(fault, 'CreateClaimForRefusal');
  const outcome = await operations.booking!.cancel(reference, undefined, soon());
  stage.sandbox.clearFaults();
  const isHeld = heldAt(stage, slot).length === 1;
  if (outcome.outcome === 'confirmed') expect(isHeld).toBe(false);
  if (outcome.outcome === 'rejected' && !isHeld)
    expect(await operations.booking!.findBooking(request, reference, soon().signal)).toMatchObject({
      state: 'cancelled',
    });
  // Whatever it was, asking again ends it.
  if (fault.fault !== 'late-commit')
    expect(await operations.booking!.cancel(reference, undefined, soon())).toMatchObject({ outcome: 'confirmed' });
  return goodOr(outcome);
}

async function findUnder(fault: Row): Promise<Outcome> {
  const operations = open();
  const { request, reference } = await booked(operations);
  order(fault, 'GetPatientHistory');
  const finding = operations.booking!.findBooking(request, reference, soon().signal);
  const outcome = await outcomeOf(finding, { state: 'held', reference });
  stage.sandbox.clearFaults();
  return outcome;
}

async function readUnder(fault: Row): Promise<Outcome> {
  const day = { start: window.start, end: window.start + 86_400_000 };
  const read = ({ schedule }: Operations) => schedule!.read(day, undefined, soon().signal);
  const good = fault.fault === 'empty-list' ? undefined : await read(open(patient));
  const operations = open();
  order(fault, 'GetAvaibleAppointments');
  const outcome = await outcomeOf(read(operations), good);
  stage.sandbox.clearFaults();
  return outcome;
}

const columns = [
  ['SetAppointment', (fault: Row) => bookUnder(fault, 'SetAppointment')],
  ['CreateClaimForRefusal', cancelUnder],
  ['GetPatientHistory of findBooking', findUnder],
  ['GetAvaibleAppointments of the schedule', readUnder],
] as const;

/** They end before the answer is looked at: one of a kind is enough for operations that share the line. */
const transport = ['slow', 'drip', 'late-commit', 'huge', 'gzip-bomb', 'many-elements', 'deep-xml'];
const others = rows
  .filter(({ fault }) => !transport.includes(fault))
  .map((one) => ({ ...one, as: JSON.stringify(one.params) }));

const applies = (fault: string, operation: string): boolean =>
  stage.sandbox.faults().some(({ name, operations }) => name === fault && operations.includes(operation));

const directories = new Map<string, Promise<MisRecords>>();

/** It does not change while this file runs. */
function goodDirectory(by: string): Promise<MisRecords> {
  const read = directories.get(by) ?? open({ directory: { by }, ...patient }).directory!(soon().signal);
  directories.set(by, read);
  return read;
}

/** Of a row, the same for all tables. */
const nameOf = ({ fault, params }: Row) => `${fault} ${JSON.stringify(params)}`;

/**
 * @param openSandbox the service, by whoever it is published
 * @param lists what of the directory it has
 * @param differing rows, as `fault {"param":…}`, that end otherwise there
 */
export function describeFaults(
  openSandbox: () => Promise<Stage>,
  lists: readonly string[] = [...directoryReads, ...positionReads],
  differing: Readonly<Record<string, string>> = {},
): void {
  beforeAll(async () => {
    stage = await openSandbox();
    take = await freeTimes(stage);
    memory = process.resourceUsage().maxRSS;
  });
  afterAll(() => stage.close());

  test('the table names every fault of the service', () => {
    expect(Object.keys(differing).filter((name) => !rows.some((one) => nameOf(one) === name))).toEqual([]);
    const named = new Set(rows.map(({ fault }) => fault));
    const used = ['SetAppointment', 'CheckPatient'];
    const ours = stage.sandbox.faults().filter(({ operations }) => used.some((name) => operations.includes(name)));
    expect(ours.filter(({ name }) => !named.has(name)).map(({ name }) => name)).toEqual([]);
  });

  describe.each(columns.map(([name, play], i) => ({ name, play, i })))('$name', ({ play, i }) => {
    const own = rows.map((one) => row(one.fault, differing[nameOf(one)] ?? one.outcomes.join(' '), one.params));
    const named = own.filter(({ outcomes }) => outcomes[i] !== '-');
    test.each(named.map((one) => ({ ...one, expected: one.outcomes[i]!, as: JSON.stringify(one.params) })))(
      '$fault $as → $expected',
      async ({ expected, ...fault }) => expect(await play(fault)).toBe(expected),
    );
  });

  describe.each(bookingReads)('%s while booking', (operation) => {
    test.each(others)('$fault $as', async (fault) => {
      if (!applies(fault.fault, operation)) return;
      const outcome = await bookUnder(fault, operation);
      // The card is looked for before anything is written, the history after it was.
      if (operation === 'GetPatientHistory') expect(outcome).toBe('good');
      else expect(outcome).not.toBe('unknown');
    });
  });

  describe.each(lists)('%s of the directory', (operation) => {
    const by = positionReads.includes(operation) ? 'position' : 'speciality';
    test.each(others)('$fault $as', async (fault) => {
      if (!applies(fault.fault, operation)) return;
      const good = fault.fault === 'empty-list' ? undefined : await goodDirectory(by);
      const operations = open({ directory: { by } });
      order(fault, operation);
      const outcome = await outcomeOf(operations.directory!(soon().signal), good);
      stage.sandbox.clearFaults();
      if (['drop-before', 'html-200', 'wrong-element', 'missing-success'].includes(fault.fault))
        expect(outcome).toBe('retryable');
    });
  });

  test('none of it followed a redirect or an entity, changed a prototype, or took much memory', () => {
    expect(stage.sandbox.canaryHits()).toBe(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((process.resourceUsage().maxRSS - memory) / 1024).toBeLessThan(800);
  });

  /** Of every test, as soon as it is over: all of them together would be much to keep. */
  afterEach(() => {
    const all = exchanges.splice(0).flat();
    // Milliseconds have many digits: any number might be among them.
    const seen = JSON.stringify(all.map(({ milliseconds: _, ...told }) => told));
    for (const word of [...patientWords, stage.sandbox.guid]) {
      const at = seen.indexOf(word);
      expect(at < 0 ? '' : seen.slice(at - 300, at + 50), 'what the message log may not keep').toBe('');
    }
  });
}
