/** What doctors and the laboratory have written, read for a booking. protocols/onec.md §5. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faults } from '../../../../sandbox/onec-odata/faults.ts';
import { packCda, packXml, paperSets } from '../../../../sandbox/onec-odata/papers.ts';
import { guidOf, nothing, type Row } from '../../../../sandbox/onec-odata/row.ts';
import { MisReadError, type MisRecords } from '../../../../src/connectors/connector.ts';
import { connect, now } from '../connect.ts';
import { requestOf } from '../stage.ts';
import { type OdataStage, openOdataStage, papered, soon } from './stage.ts';

const patient = guidOf('e', 1);
const doctor = guidOf('c', 2);
const at = '2026-12-01T11:00:00';
const sections = { Жалобы: ['Кашель.'], Заключение: ['Здорова.', 'Рекомендован отдых.'] };
const blood = [
  { kind: 1, value: 131.5, unit: 1, low: 120, high: 150 },
  { kind: 2, value: '4,1', unit: 2, high: 9 },
  { kind: 3, value: 'A (II)' },
  { kind: 4, value: true },
];

let stage: OdataStage;
let opened: ReturnType<OdataStage['open']>;
let reference: string;
beforeEach(async () => {
  stage = await openOdataStage();
  opened = stage.open(papered);
  reference = await book(opened);
});
afterEach(() => stage.close());

/** A visit of the second doctor on the first day. */
async function book({ operations }: ReturnType<OdataStage['open']>): Promise<string> {
  const day = { start: now, end: now + 86_400_000 };
  const { schedule, slot } = await operations.schedule!.read(day, undefined, soon());
  const free = slot!.find(({ status, employee }) => status === 'free' && employee === doctor)!;
  const request = requestOf({ slot: free, schedule: schedule!.find(({ key }) => key === free['schedule'])! }, 'b-1');
  const context = { signal: soon(), booking: 'b-1' };
  const outcome = await operations.booking!.book(request, undefined, async () => {}, context);
  if (outcome.outcome !== 'confirmed') throw new Error(JSON.stringify(outcome));
  return outcome.reference;
}

const openFaults = () => Object.keys(faults).map((name) => [name] as const);
const read = (one = opened) => one.operations.papers!.read(reference, now, soon()) as Promise<MisRecords>;
const rowsOf = (set: keyof typeof paperSets) => stage.sandbox.base.get(paperSets[set])!.rows;
const write = (more: object = {}) => stage.sandbox.desk.write({ patient, date: at, ...more });

describe('what is read', () => {
  test('a text by its sections, whose it is, and that the doctor of the visit has written it', async () => {
    const key = write({ employee: doctor, template: 1, sections });
    const text = 'Жалобы\nКашель.\n\nЗаключение\nЗдорова.\nРекомендован отдых.';
    expect(await read()).toEqual({
      document: [
        {
          ...{ key, guid: key, number: '000000001', date: '2026-12-01T08:00:00Z' },
          ...{ template: guidOf('1', 1), title: 'Осмотр терапевта' },
          ...{ employee: doctor, doctor: 'Торопов Савва Ильич', visit: true },
          ...{ text, data: Buffer.from(text).toString('base64') },
        },
      ],
      indicator: [],
    });
  });

  test('results with units and usual values, in the order of their lines', async () => {
    const key = write({ template: 2, results: blood });
    rowsOf('indicators').reverse();
    const { document, indicator } = await read();
    const of = (line: number, name: string) => ({
      document: key,
      key: `${key};${line}`,
      kind: guidOf('2', line),
      name,
    });
    const date = '2026-12-01T08:00:00Z';
    expect(document![0]).toMatchObject({
      title: 'Общий анализ крови',
      indicators: [1, 2, 3, 4].map((line) => ({ key: `${key};${line}` })),
    });
    expect(document![0]).not.toHaveProperty('visit');
    expect(indicator).toEqual([
      { ...of(1, 'Гемоглобин'), date, amount: 131.5, unit: 'г/л', low: 120, high: 150 },
      { ...of(2, 'Лейкоциты'), date, amount: 4.1, unit: '10^9/л', low: 0, high: 9 },
      { ...of(3, 'Группа крови'), date, words: 'A (II)' },
      { ...of(4, 'Резус-фактор'), date, words: 'да' },
    ]);
  });

  test('what is not posted is not there yet; what is deleted says so, though it is posted no more', async () => {
    write({ sections, more: { Posted: false } });
    const gone = write({ sections, results: blood, more: { Posted: false, DeletionMark: true } });
    const { document, indicator } = await read();
    expect(document).toMatchObject([{ key: gone, deleted: true }]);
    expect(indicator!.map(({ deleted }) => deleted)).toEqual([true, true, true, true]);
    const all = { ...papered.entities, documents: { ...papered.entities.documents, posted: false } };
    expect((await read(stage.open({ ...papered, entities: all }))).document).toHaveLength(2);
  });

  test('another doctor’s, and one of another day, are not of the visit; nor is anything from before it there', async () => {
    write({ sections, employee: guidOf('c', 1) });
    write({ sections, employee: doctor, date: '2026-12-02T09:00:00' });
    write({ sections, employee: doctor, date: '2026-11-30T23:59:59' });
    const { document } = await read();
    expect(document!.map(({ visit }) => visit)).toEqual([undefined, undefined]);
  });

  test('nobody’s template, unit and doctor; a result of a kind that is not there', async () => {
    write({
      template: 77,
      employee: guidOf('c', 77),
      results: [
        { kind: 1, value: 5, unit: 77 },
        { kind: 77, value: 5 },
      ],
    });
    const { document, indicator } = await read();
    expect(document![0]).not.toHaveProperty('title');
    expect(document![0]).not.toHaveProperty('employee');
    expect(indicator).toHaveLength(1);
    expect(indicator![0]).not.toHaveProperty('unit');
  });

  test('small pages: everything all the same', async () => {
    for (let i = 0; i < 30; i++)
      write({ sections, results: blood, date: `2026-12-01T10:${String(i).padStart(2, '0')}:00` });
    const { document, indicator } = await read(stage.open({ ...papered, paging: { rows: 20 } }));
    expect([document!.length, indicator!.length]).toEqual([30, 120]);
  });
});

describe('whose it is', () => {
  test('a namesake’s is not read', async () => {
    stage.sandbox.desk.write({ patient: guidOf('e', 2), date: at, sections });
    expect(await read()).toEqual({ document: [], indicator: [] });
  });

  test('a base that does not heed the filter gives nothing of others: the reading fails', async () => {
    write({ sections });
    stage.sandbox.desk.write({ patient: guidOf('e', 2), date: at, sections });
    for (const set of [paperSets.documents, paperSets.bodies, paperSets.templates]) {
      stage.sandbox.traps.deaf = [set];
      const fresh = stage.open(papered);
      write({ template: 1, sections });
      await expect(read(fresh), set).rejects.toThrow(`${set} does not heed the filter`);
    }
  });

  test('the desk has given the visit to somebody else, or cancelled it', async () => {
    const visit = reference.split(';')[2]!;
    write({ sections });
    stage.sandbox.desk.change(visit, { Пациент_Key: guidOf('e', 2) });
    expect(await read()).toBeUndefined();
    stage.sandbox.desk.change(visit, { Пациент_Key: patient, Состояние: 'Отменена' });
    expect(await read()).toBeUndefined();
  });

  test('a booking that was never confirmed tells nothing', async () => {
    const [card, mark] = reference.split(';');
    expect(await opened.operations.papers!.read(`${card};${mark}`, now, soon())).toBeUndefined();
  });
});

describe('hostile', () => {
  const bodies: readonly (readonly [what: string, body: string])[] = [
    ['no base64', '!!!!'],
    ['base64 of no text', Buffer.from([0xff, 0xfe, 0x00, 0x01]).toString('base64')],
    ['no XML', Buffer.from('просто текст').toString('base64')],
    ['cut', packCda(sections).slice(0, 200)],
    ['another XML', packXml('<a xmlns="urn:hl7-org:v3"><section><text>нет</text></section></a>')],
    ['another namespace', packXml('<ClinicalDocument><section><text>нет</text></section></ClinicalDocument>')],
    [
      'a DOCTYPE',
      packXml('<!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>'),
    ],
    ['100,000 levels', packXml(`<ClinicalDocument xmlns="urn:hl7-org:v3">${'<a>'.repeat(100_000)}`)],
    [
      '200,000 elements',
      packXml(`<ClinicalDocument xmlns="urn:hl7-org:v3">${'<a/>'.repeat(200_000)}</ClinicalDocument>`),
    ],
    ['6 MB', packCda({ Много: ['м'.repeat(3_000_000)] })],
    ['no narrative', packCda({})],
  ];

  test.each(bodies)('a body that is %s: the document comes without a text', async (_what, body) => {
    write({ template: 1, sections: body });
    const good = write({ sections });
    const { document } = await read();
    expect(document!.map(({ key, text }) => [key === good, text !== undefined])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  test('text in mixed content keeps its order; cells and lists are told apart', async () => {
    const narrative =
      '<paragraph>Давление <content>120/80</content> мм</paragraph><list><item>раз</item><item>два</item></list>' +
      '<table><tr><td>Пульс</td><td>72</td></tr></table>';
    write({
      sections: packXml(
        `<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Скрытое</title><section><text>${narrative}</text></section></ClinicalDocument>`,
      ),
    });
    expect((await read()).document![0]!['text']).toBe('Давление 120/80 мм\nраз\nдва\nПульс 72');
  });

  test('10,000 results of one document: it comes without them, the next one with its own', async () => {
    write({ sections, results: Array.from({ length: 10_000 }, () => ({ kind: 1, value: 5 })) });
    write({ results: blood });
    const { document, indicator } = await read();
    expect([document!.length, indicator!.length]).toEqual([2, 4]);
  });

  test('a key, or a line, that comes twice: nothing is believed', async () => {
    write({ sections, results: blood });
    rowsOf('indicators').push(rowsOf('indicators')[0]!);
    await expect(read()).rejects.toThrow(/comes twice/);
    rowsOf('indicators').pop();
    rowsOf('documents').push(rowsOf('documents')[0]!);
    await expect(read()).rejects.toThrow(/comes twice/);
  });

  const odd: readonly unknown[] = [
    ...[null, true, -1, 1e300, '', ' ', 'нет', '0001-01-01T00:00:00', '9999-12-31T23:59:59', '2026-02-30T10:00:00'],
    ...[nothing, [], {}, [[]], 'x'.repeat(100_000), '\u0000', '\ud800', '__proto__'],
  ];
  const fields = (['documents', 'indicators', 'bodies', 'templates', 'kinds', 'units'] as const).flatMap((set) =>
    ({
      documents: [
        'Ref_Key',
        'Number',
        'Date',
        'Posted',
        'DeletionMark',
        'Пациент_Key',
        'CDAДокумент_Key',
        'Сотрудник_Key',
      ],
      indicators: ['Ref_Key', 'LineNumber', 'Показатель_Key', 'Значение', 'ЗначениеМинимум', 'ЕдиницаИзмерения_Key'],
      bodies: ['Ref_Key', 'ТелоДокумента_Base64Data'],
      ...{ templates: ['Description'], kinds: ['Description'], units: ['Description'] },
    })[set].map((field) => [set, field] as const),
  );

  test.each(fields)('whatever stands in %s.%s, a reading gives records or fails as one', async (set, field) => {
    write({ employee: doctor, template: 1, sections, results: blood });
    const rows = rowsOf(set);
    const [first] = rows;
    for (const value of odd) {
      rows[0] = { ...first, [field]: value } as Row;
      const fresh = stage.open(papered);
      const came = await read(fresh).catch((error: unknown) => error);
      if (came instanceof Error) expect(came).toBeInstanceOf(MisReadError);
      else expect(JSON.stringify(came)).not.toMatch(/\\u0000|\\ud800/);
      await fresh.operations.close();
    }
  });

  test.each(openFaults())('%s, in whichever call of a reading: it fails as one or gives all', async (fault) => {
    write({ employee: doctor, template: 1, sections, results: blood });
    const whole = await read();
    const isHanging = ['hang', 'drip'].includes(fault);
    const limits = { answerBytes: 2_000_000 };
    let failed = 0;
    for (let after = 0; after < 7; after++) {
      const fresh = stage.open({
        ...papered,
        sessions: false,
        limits,
        ...(isHanging && { timeouts: { request: 300 } }),
      });
      await fresh.operations.ping!(soon());
      stage.sandbox.fault(fault, 1, 'reads', after);
      const came = await read(fresh).catch((error: unknown) => error);
      stage.sandbox.calm();
      if (came instanceof Error) {
        expect(came).toBeInstanceOf(MisReadError);
        failed++;
      }
      // One that says that nothing is there cannot be told from a base in which nothing is; one text, or section, that is too long is left out.
      else if (!['empty-list', 'huge'].includes(fault)) expect(came).toEqual(whole);
      await fresh.operations.close();
    }
    if (!['utf8-bom', 'empty-list', 'huge'].includes(fault)) expect(failed).toBeGreaterThan(4);
  });

  test('neither what was written nor who wrote it stands in the message log', async () => {
    write({ employee: doctor, sections, results: [{ kind: 3, value: 'AB (IV)' }] });
    await read();
    const log = JSON.stringify(opened.exchanges);
    expect(log).toContain(paperSets.documents);
    for (const secret of ['AB (IV)', packCda(sections).slice(0, 40), 'Кашель', '000000001"'])
      expect(log).not.toContain(secret);
  });
});

describe('configuration', () => {
  test.each([
    ['entities.templates', { templates: undefined }],
    ['entities.bodies', { bodies: undefined }],
    ['entities.indicatorKinds', { indicatorKinds: undefined }],
    ['entities.units', { units: undefined }],
    ['entities.documents', { documents: undefined }],
  ])('%s is needed', (path, without) => {
    const settings = { profile: 'odata', url: 'http://127.0.0.1:9', ...papered };
    const wrong = { ...settings, entities: { ...papered.entities, ...without } };
    expect(() => connect(wrong)).toThrow(new RegExp(path.replace('entities.', '')));
    expect(() => connect(settings)).not.toThrow();
  });

  test('documents are of bookings: without any there are none', () => {
    const { booking: _, ...rest } = papered;
    expect(() => connect({ profile: 'odata', url: 'http://127.0.0.1:9', ...rest })).toThrow(/set booking/);
  });

  test('a field that is not published is told at once, by its path', async () => {
    const { documents } = papered.entities;
    const entities = {
      ...papered.entities,
      documents: { ...documents, fields: { ...documents.fields, patient: 'Нет' } },
    };
    const wrong = stage.open({ ...papered, entities });
    await expect(wrong.operations.ping!(soon())).rejects.toThrow('entities.documents.fields.patient');
  });
});
