/**
 * Slots: typed rows in, bytes out. The page is assembled from constant fragments kept as bytes and a short ASCII text per
 * row that SQL has formatted; nothing is parsed, stringified or encoded per slot (PERFORMANCE.md §"What follows").
 */
import type { Database } from '../../postgres.ts';
import { slotReasons, slotStatuses } from '../../store/slot.ts';
import { blame, type Filter } from './request.ts';
import {
  documentCondition,
  idCondition,
  instantCondition,
  type SearchContext,
  type Statement,
  valueCondition,
} from './sql.ts';

export interface SlotStorage {
  readonly parameters: ReadonlySet<string>;
  /** SQL condition on the slot aliased `s`. */
  condition(statement: Statement, filter: Filter, context: SearchContext): string;
}

export const slotStorage: SlotStorage = {
  parameters: new Set([
    '_id',
    '_lastUpdated',
    'schedule',
    'start',
    'status',
    'specialty',
    'service-type',
    'service-category',
    'appointment-type',
  ]),
  condition(s, filter, c) {
    switch (filter.parameter.code) {
      case '_id':
        return idCondition(s, 's.id', filter);
      case '_lastUpdated':
        return instantCondition(s, 's.updated', filter, c);
      case 'start':
        return instantCondition(s, 's.start_at', filter, c);
      case 'status':
        return statusCondition(s, filter);
      case 'schedule':
        return scheduleCondition(s, filter, c);
      default:
        return fragmentCondition(s, filter, c);
    }
  },
};

/** A literal and not a parameter for `free` alone: the partial index is chosen by it at planning time. */
function statusCondition(s: Statement, filter: Filter): string {
  if (filter.modifier !== undefined && filter.modifier !== 'not')
    throw blame(filter.name, 'takes no modifier but :not');
  const numbers = filter.values.map((v) =>
    slotStatuses.indexOf(v.replace(/^.*\|/, '') as (typeof slotStatuses)[number]),
  );
  const known = numbers.filter((n) => n >= 0);
  if (filter.modifier === undefined && known.length === 1 && known[0] === 0) return 's.status = 0';
  const test = `s.status = any(${s.value(known, 'smallint[]')})`;
  return filter.modifier === 'not' ? `not ${test}` : test;
}

function scheduleCondition(s: Statement, filter: Filter, c: SearchContext): string {
  if (filter.modifier !== undefined && filter.modifier !== 'Schedule') throw blame(filter.name, 'takes no modifier');
  if (filter.chain !== undefined) {
    const deeper = documentCondition(s, 'd', filter.chain.filterOf('Schedule')!, 'Schedule', c);
    return `s.schedule = any(array(select d.id from document d where d.type = 'Schedule' and ${s.visible('d')} and ${deeper}))`;
  }
  const ids = filter.values.map((v) => v.replace(`${c.base}/`, '').replace(/^Schedule\//, ''));
  const valid = ids.filter((id) => /^[0-9a-f-]{36}$/.test(id));
  return valid.length === 1 && ids.length === 1
    ? `s.schedule = ${s.value(valid[0], 'uuid')}`
    : `s.schedule = any(${s.value(valid, 'uuid[]')})`;
}

/** Specialty and services are the fragment's: its search values have the number of the fragment, negative, for `doc`. */
function fragmentCondition(s: Statement, filter: Filter, c: SearchContext): string {
  const found = valueCondition(s, filter, 'Slot', c);
  const test = `s.fragment in (select f.id from slot_fragment f where ${found('-f.id::bigint')})`;
  return filter.modifier === 'not' ? `not ${test}` : test;
}

/** The instant of `column` as FHIR writes it, in UTC. */
const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/**
 * The members that vary, as ASCII text that follows `"id":"`. `reason` is a URL-coded extension for slots not free.
 * Starts and ends have whole seconds; `updated` keeps milliseconds.
 */
export const slotColumns = `s.id::text || '","meta":{"versionId":"' || s.version || '","lastUpdated":"'
  || to_char(s.updated at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"},"status":"'
  || ${choose('s.status', slotStatuses)} || '","start":"' || ${instant('s.start_at')} || '","end":"' || ${instant('s.end_at')}
  || '"' || case when s.reason = 0 then '' else ',"extension":[{"url":"https://medmost.ru/fhir/StructureDefinition/slot-reason","valueCode":"'
  || ${choose('s.reason', slotReasons)} || '"}]' end as varying, s.fragment`;

function choose(column: string, names: readonly string[]): string {
  return `case ${column} ${names.map((n, i) => `when ${i} then '${n}'`).join(' ')} end`;
}

export interface SlotRow {
  readonly varying: string;
  readonly fragment: number;
}

/** Length of a UUID: every varying text begins with one. */
const idLength = 36;

/** Bytes of slots. Fragments never change, so they are cached for ever; the limit only bounds memory. */
export interface SlotRenderer {
  /** `{"fullUrl":…,"resource":{…},"search":{…}}` of each row, joined by commas. */
  entries(rows: readonly SlotRow[], base: string): Promise<Buffer>;
  /** One Slot. */
  resource(row: SlotRow): Promise<Buffer>;
}

const fragmentLimit = 100_000;

export function createSlotRenderer(pool: Database): SlotRenderer {
  const fragments = new Map<number, Buffer>();
  const load = async (rows: readonly SlotRow[]): Promise<void> => {
    const absent = [...new Set(rows.map((r) => r.fragment).filter((f) => !fragments.has(f)))];
    if (absent.length === 0) return;
    if (fragments.size > fragmentLimit) fragments.clear();
    const { rows: found } = await pool.query<{ id: number; body: string }>(
      'select id, body from slot_fragment where id = any($1::integer[])',
      [absent],
    );
    for (const { id, body } of found) fragments.set(id, Buffer.from(body === '' ? '' : `,${body}`));
  };
  const needsLoad = (rows: readonly SlotRow[]) => rows.some((r) => !fragments.has(r.fragment));
  return {
    async entries(rows, base) {
      if (needsLoad(rows)) await load(rows);
      return render(rows, fragments, `{"fullUrl":"${base}/Slot/`);
    },
    async resource(row) {
      if (needsLoad([row])) await load([row]);
      const head = Buffer.from(`{"resourceType":"Slot","id":"${row.varying}`);
      return Buffer.concat([head, fragments.get(row.fragment)!, Buffer.from('}')]);
    },
  };
}

const middle = '","resource":{"resourceType":"Slot","id":"';
const tail = '},"search":{"mode":"match"}}';

/** Everything but the fragments is ASCII, so it is written as latin1: one byte a character, no encoding. */
function render(rows: readonly SlotRow[], fragments: ReadonlyMap<number, Buffer>, head: string): Buffer {
  let size = Math.max(0, rows.length - 1);
  for (const { varying, fragment } of rows)
    size += head.length + idLength + middle.length + varying.length + fragments.get(fragment)!.length + tail.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const { varying, fragment } = rows[i]!;
    const text = `${i === 0 ? '' : ','}${head}${varying.slice(0, idLength)}${middle}${varying}`;
    at += bytes.write(text, at, 'latin1');
    at += fragments.get(fragment)!.copy(bytes, at);
    at += bytes.write(tail, at, 'latin1');
  }
  return bytes;
}
