/** The list of the журнал отложенной записи against answers no sandbox would give (protocols/regiz.md §4, appendix A.6). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JournalAbility } from '../../../src/connectors/waitlist-ability.ts';
import { validate } from '../../../src/r4/validate.ts';
import { type PlainServer, startPlainServer } from '../onec/plain-server.ts';
import { answering, card, contradicting, history, refusing } from './answers.ts';
import { type Connected, connect, mappings } from './stage.ts';
import { noProgress, soon } from './times.ts';

let server: PlainServer;
let connected: Connected;
let journal: JournalAbility;
beforeAll(async () => {
  server = await startPlainServer();
  const settings = { url: server.url, lpu: 44, guid: 'g-secret', guard: { readRepeats: 0, breakAfter: 1000 } };
  connected = connect({ ...settings, booking: { historyPause: 1 } });
  journal = connected.operations.waitlist!.journal!;
});
afterAll(async () => {
  await connected.operations.close();
  await server.close();
});
beforeEach(() => {
  server.received.length = 0;
});

const namespace = 'http://schemas.datacontract.org/2004/07/HubService2.ContractsClasses.PostAppointment';
const element = (name: string, content: string) => `<p:${name}>${content}</p:${name}>`;

interface Given {
  readonly number?: string;
  readonly lpu?: string;
  readonly place?: string;
  readonly patient?: string;
  readonly info?: string;
  readonly intervals?: string;
  readonly status?: number;
}

const whole = element('BirthDate', '1990-02-03T00:00:00') + element('FirstName', 'Аглая') + element('IdPatient', 'п1');
const requestOf = ({ number = '78-1', lpu = '44', place = '', patient = whole, info = '', ...rest }: Given = {}) =>
  element('CreatedDate', '2026-12-01T09:00:00') +
  (number === '' ? '' : element('IdPar', number)) +
  element('PARequest', (lpu === '' ? '' : element('IdLpu', lpu)) + place) +
  element('PARequestInfo', element('Claim', '1') + (info === '' ? '' : element('Info', info))) +
  element('PARequestPatient', patient) +
  element('PreferredIntervals', rest.intervals ?? '') +
  (rest.status === undefined ? '' : element('PARequestStatus', String(rest.status)));

const listing = (requests: readonly Given[], count?: number) =>
  answering(
    `<p:ActivePARequests xmlns:p="${namespace}">${requests.map((r) => element('ActivePARequestInfo', requestOf(r))).join('')}</p:ActivePARequests>` +
      (count === undefined ? '' : `<p:Count xmlns:p="${namespace}">${count}</p:Count>`),
  );
const found = (...requests: readonly Given[]) =>
  answering(
    `<p:PARequests xmlns:p="${namespace}">${requests.map((r) => element('SearchPARequestInfo', requestOf(r))).join('')}</p:PARequests>`,
  );

const read = (only?: string) => journal.read(only, soon().signal);
const resourcesOf = (records: Awaited<ReturnType<typeof read>>) =>
  Object.entries(records).flatMap(([kind, list]) =>
    list.flatMap((record) => mappings.mirror(kind, record).map(({ resource }) => resource)),
  );

describe('the list', () => {
  test('has what is told and nothing of what is not', async () => {
    const booking = '0e5f4c2a-1111-4222-8333-444455556666';
    const interval = (start: string, end: string) =>
      element('PARequestInterval', element('EndDate', end) + element('StartDate', start));
    server.on(
      'SearchActivePARequests',
      listing(
        [
          { number: '1', info: `medmost ${booking}. после 17:00`, place: element('IdDoc', 'д1') },
          { number: '2', info: 'medmost и другие' },
          {
            number: '3',
            patient: element('BirthDate', '0001-01-01T00:00:00') + element('LastName', 'Безкартная'),
            intervals:
              interval('2026-12-10T17:00:00', '2026-12-17T20:00:00') +
              interval('2026-12-17T20:00:00', '2026-12-10T17:00:00') +
              interval('0001-01-01T00:00:00', '0001-01-01T00:00:00'),
          },
          { number: '4', lpu: '45' },
          { number: '5', lpu: '' },
        ],
        5,
      ),
    );
    const records = await read();
    expect(server.received[0]!.body).toMatch(/<filter[^>]*><\w+:IdLpu>44<\/\w+:IdLpu><\/filter>/);
    expect(records['waiting']!.map((r) => [r['key'], r['booking'], r['patient']])).toEqual([
      ['1', booking, 'п1'],
      ['2', undefined, 'п1'],
      ['3', undefined, 'request 3'],
      ['5', undefined, 'п1'],
    ]);
    expect(records['waiting']![2]!['intervals']).toEqual([
      { start: '2026-12-10T14:00:00Z', end: '2026-12-17T17:00:00Z' },
    ]);
    expect(records['waiting-patient']).toEqual([
      { key: 'п1', clinic: '44', card: 'п1', Name: 'Аглая', Birthday: '1990-02-03' },
      { key: 'request 3', clinic: '44', Surname: 'Безкартная' },
    ]);
    for (const resource of resourcesOf(records))
      expect(validate(resource).filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  test.each([
    ['that counts more than it lists', () => listing([{}], 2)],
    ['with a request without a number', () => listing([{ number: '' }])],
    ['with Success beside an error is none', () => refusing(99)],
    ['that is not XML', () => (response: { end(text: string): void }) => response.end('Извините')],
  ])('%s is not believed', async (_what, answer) => {
    server.on('SearchActivePARequests', answer() as never);
    await expect(read()).rejects.toMatchObject({ name: 'MisReadError' });
  });

  test('that is empty, or not there, is empty', async () => {
    for (const answer of [listing([], 0), answering()]) {
      server.on('SearchActivePARequests', answer);
      expect(await read()).toEqual({ 'waiting-patient': [], waiting: [] });
    }
  });

  test('of one number: that which waits, and nothing of what has ended or has another number', async () => {
    server.on('SearchPARequests', found({ number: '78-2', status: 1 }, { status: 1 }));
    expect((await read('78-1'))['waiting']!.map((r) => r['key'])).toEqual(['78-1']);
    for (const answer of [found({ status: 2 }), found({ status: 3 }), found({ number: '78-2', status: 1 }), found()]) {
      server.on('SearchPARequests', answer);
      expect((await read('78-1'))['waiting']).toEqual([]);
    }
  });
});

test('a person of whom the clinic has several cards, or whom a rule hides, is nobody', async () => {
  const patient = { patient: { Surname: 'Проверкина', Name: 'Аглая', Birthday: '1990-02-03' } };
  const find = () => journal.findPatient(patient, soon().signal);
  for (const [answer, id] of [
    [card, 'p1'],
    [refusing(20), undefined],
    [refusing(21), undefined],
    [refusing(22), undefined],
  ] as const) {
    server.on('CheckPatient', answer);
    expect(await find()).toBe(id);
  }
  server.on('CheckPatient', card);
  expect(await journal.findPatient({ patient: { Surname: 'Проверкина' } }, soon().signal)).toBeUndefined();
  server.on('CheckPatient', refusing(99));
  await expect(find()).rejects.toMatchObject({ name: 'MisReadError' });
});

test('times: none is told as an error, too; of what does not wait nobody is asked', async () => {
  const times = () => journal.findTimes('78-1', soon().signal);
  server.on('SearchPARequests', found({ status: 1 }));
  for (const answer of [answering(), refusing(37), refusing(39)]) {
    server.on('GetAvailableAppointmentsByPARequest', answer);
    expect(await times()).toEqual([]);
  }
  const { body } = server.received.at(-1)!;
  expect(body).toMatch(/<attachedPARequest[^>]*>.*<\w+:IdPar>78-1<\/\w+:IdPar>.*<\w+:IdPatient>п1</s);
  expect(body).not.toContain('PARequestStatus');
  server.received.length = 0;
  server.on('SearchPARequests', found({ status: 2 }));
  expect(await times()).toBeUndefined();
  expect(server.received.map(({ operation }) => operation)).toEqual(['SearchPARequests']);
});

describe('booking by a request', () => {
  const start = '2026-12-01T09:00:00';
  const request = {
    ...{ idAppointment: 's1', idDoc: 'd1', start, idPar: '78-1' },
    // All that the request has told of her: the clinic wants more of those whom it does not know.
    patient: { Surname: 'Проверкина' },
  };
  const book = (reference?: string) => connected.operations.booking!.book(request, reference, noProgress, soon());
  const operations = () => server.received.map(({ operation }) => operation);

  test('is for the card that the request names, whatever else fits the patient', async () => {
    server.on('SearchPARequests', found({ status: 1 }));
    server.on('CheckPatient', refusing(21));
    server.on('SetAppointmentByPARequest', answering());
    server.on('GetPatientHistory', history([{ id: 'b1', start, doctor: 'd1' }]));
    const reference = JSON.stringify(['п1', 'd1', start, 's1', 'b1']);
    expect(await book()).toEqual({ outcome: 'confirmed', reference });
    expect(operations()).toEqual(['SearchPARequests', 'SetAppointmentByPARequest', 'GetPatientHistory']);
    server.received.length = 0;
    expect(await book(reference)).toEqual({ outcome: 'confirmed', reference });
    expect(operations()).toEqual(['GetPatientHistory']);
  });

  test('that names no card is for one who is told as the clinic demands', async () => {
    server.on('SearchPARequests', found({ status: 1, patient: element('LastName', 'Проверкина') }));
    server.on('CheckPatient', card);
    expect(await book()).toMatchObject({
      outcome: 'rejected',
      reason: 'rule',
      text: expect.stringMatching(/имя, дата/),
    });
    const patient = { Surname: 'Проверкина', Name: 'Аглая', Birthday: '1990-02-03' };
    const whole = connected.operations.booking!.book({ ...request, patient }, undefined, noProgress, soon());
    expect(await whole).toMatchObject({ outcome: 'confirmed', reference: expect.stringMatching(/^\["p1"/) });
    expect(operations().slice(0, 3)).toEqual(['SearchPARequests', 'SearchPARequests', 'CheckPatient']);
  });

  test('is refused when the request does not wait; nothing is written', async () => {
    server.on('SearchPARequests', found({ status: 3 }));
    expect(await book()).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect(operations()).toEqual(['SearchPARequests']);
  });

  test.each([
    ['39', () => refusing(39), { outcome: 'rejected', reason: 'taken' }],
    ['36', () => refusing(36), { outcome: 'rejected', reason: 'rule' }],
    ['99, as of one that has just been booked by', () => refusing(99), { outcome: 'unknown' }],
    ['Success beside an error', () => contradicting(99), { outcome: 'unknown' }],
  ])('%s', async (_what, answer, outcome) => {
    server.on('SearchPARequests', found({ status: 1 }));
    server.on('GetAvaibleAppointments', refusing(39));
    server.on('SetAppointmentByPARequest', answer());
    expect(await book()).toMatchObject(outcome);
  });
});
