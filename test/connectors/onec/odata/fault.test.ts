/** Every fault of the sandbox × three kinds of reading: each is good, may be repeated or may not; and nothing that came is shown. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { echo } from '../../../../sandbox/onec-odata/faults.ts';
import { type OdataStage, openOdataStage, soon } from './stage.ts';

type Outcome = 'good' | 'retryable' | 'final';

/** Of $metadata, and of a list, outside of a session. */
const outcomes: Readonly<Record<string, readonly [metadata: Outcome, list: Outcome]>> = {
  'drop-before': ['retryable', 'retryable'],
  reset: ['retryable', 'retryable'],
  hang: ['retryable', 'retryable'],
  late: ['retryable', 'retryable'],
  drip: ['retryable', 'retryable'],
  'empty-200': ['retryable', 'retryable'],
  truncated: ['retryable', 'retryable'],
  'truncated-socket': ['retryable', 'retryable'],
  'html-200': ['retryable', 'retryable'],
  'html-502': ['retryable', 'retryable'],
  'session-401': ['final', 'final'],
  'auth-403': ['final', 'final'],
  'licence-406': ['retryable', 'retryable'],
  'handler-500': ['retryable', 'retryable'],
  'good-500': ['retryable', 'retryable'],
  'error-200': ['retryable', 'retryable'],
  'filter-400': ['final', 'final'],
  'redirect-307': ['final', 'final'],
  'wrong-charset': ['retryable', 'retryable'],
  'utf8-bom': ['good', 'good'],
  huge: ['final', 'final'],
  'deep-json': ['retryable', 'retryable'],
  'entity-bomb': ['retryable', 'retryable'],
  'null-row': ['retryable', 'retryable'],
  'no-list': ['retryable', 'retryable'],
  'empty-list': ['retryable', 'retryable'],
};

const hanging = new Set(['hang', 'drip']);

let stage: OdataStage;
beforeAll(async () => {
  stage = await openOdataStage();
});
afterAll(() => stage.close());

test('the table names every fault of the sandbox', () => {
  expect(Object.keys(outcomes).toSorted()).toEqual(stage.sandbox.faultNames.toSorted());
});

const open = (fault: string) =>
  stage.open({
    sessions: false,
    limits: { answerBytes: 2_000_000, metadataBytes: 2_000_000 },
    ...(hanging.has(fault) && { timeouts: { request: 500, metadata: 500 } }),
  });

const outcomeOf = (reading: Promise<unknown>): Promise<Outcome> =>
  reading.then(
    () => 'good' as const,
    (error: Error & { retryable?: boolean }) => {
      expect(error.name).toBe('MisReadError');
      expect(error.message).not.toContain(echo);
      return error.retryable === true ? 'retryable' : 'final';
    },
  );

describe.each(Object.entries(outcomes))('%s', (fault, [metadata, list]) => {
  test(`$metadata → ${metadata}, a list → ${list}; the next reading is good`, async () => {
    const { sandbox } = stage;
    const fresh = open(fault);
    sandbox.fault(fault, 1);
    expect(await outcomeOf(fresh.operations.directory!(soon()))).toBe(metadata);
    sandbox.calm();
    await open('').operations.ping!(soon());

    const warm = stage.open({
      sessions: false,
      limits: { answerBytes: 2_000_000 },
      timeouts: { request: hanging.has(fault) ? 500 : 20_000 },
    });
    await warm.operations.ping!(soon());
    sandbox.fault(fault, 1);
    expect(await outcomeOf(warm.operations.directory!(soon()))).toBe(list);
    sandbox.calm();
    expect((await warm.operations.directory!(soon()))['employee']).toHaveLength(10);
    expect(JSON.stringify([fresh.exchanges, warm.exchanges])).not.toContain(echo);
  });
});

test('no redirect was followed', () => {
  expect(stage.sandbox.canaryHits()).toBe(0);
});
