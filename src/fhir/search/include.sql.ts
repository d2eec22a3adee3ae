/** Statements that read what is included: what resources refer to, and what refers to them; visible ones only. */
import type { ParameterIds } from '../../store/parameters.ts';
import type { Include } from './include-request.ts';
import { slotColumn } from './slot-row.ts';
import { rowsOf, type SearchContext, type Statement } from './statement.ts';

/** Resources from which includes lead on. */
export interface Sources {
  readonly ids: readonly string[];
  /** Of slots, where they are known. */
  readonly schedules: readonly string[] | undefined;
}

/** Columns `type`, `id` and, where bodies are wanted, `content`. @param sources of the type `from` */
export function includeStatements(
  s: Statement,
  include: Include,
  from: string,
  { ids, schedules }: Sources,
  bodies: boolean,
  c: SearchContext,
): string[] {
  if (schedules !== undefined && !include.reverse && from === include.source)
    return include.targets.includes('Schedule') ? [scheduleStatement(s, schedules, bodies)] : [];
  const list = s.value(ids, 'uuid[]');
  const wanted = { s, include, list, bodies, c };
  return include.reverse ? referring(wanted, from) : referredTo(wanted, from);
}

interface Wanted {
  readonly s: Statement;
  readonly include: Include;
  /** The ids, as SQL. */
  readonly list: string;
  readonly bodies: boolean;
  readonly c: SearchContext;
}

function referredTo(wanted: Wanted, from: string): string[] {
  const { s, include, list, c } = wanted;
  if (from !== include.source) return [];
  const [slots, documents] = [true, false].map((kind) =>
    include.targets.filter((t) => rowsOf(t, '', c).slots === kind),
  );
  if (rowsOf(from, '', c).slots)
    return documents!.includes('Schedule')
      ? [
          `select ${documentColumns(wanted)} from document d where d.type = 'Schedule' and d.id in (select slot.schedule from slot
          where slot.id = any(${list}) and ${s.visibleSlot('slot')}) and ${s.visible('d')}`,
        ]
      : [];
  const only = include.narrowed ? `and v.type in (${include.targets.map((t) => `'${t}'`).join(', ')})` : '';
  const referring = `document source join search_reference v on v.doc = source.doc and ${referencing(include, c.parameters)} ${only}`;
  const which = `source.type = '${from}' and source.id = any(${list}) and ${s.visible('source')}`;
  const texts: string[] = [];
  if (documents!.length > 0)
    texts.push(`select distinct on (d.doc) ${documentColumns(wanted)} from ${referring}
      join document d on d.type = v.type and d.id = v.target where ${which} and ${s.visible('d')}`);
  if (slots!.length > 0)
    texts.push(`select distinct on (s.id) ${slotColumns(wanted)} from ${referring}
      join slot s on v.type = 'Slot' and s.id = v.target where ${which} and ${s.visibleSlot('s')}`);
  return texts;
}

const documentColumns = ({ bodies }: Pick<Wanted, 'bodies'>) => `d.type, d.id${bodies ? ', d.body as content' : ''}`;
const slotColumns = ({ bodies }: Pick<Wanted, 'bodies'>) =>
  `'Slot' as type, s.id${bodies ? `, ${slotColumn.replace(/ as slot$/, ' as content')}` : ''}`;

/** A page of slots is mostly of one schedule: an equation is planned by the key, whatever the statistics say. */
function scheduleStatement(s: Statement, schedules: readonly string[], bodies: boolean): string {
  const [only, ...others] = schedules;
  const which = others.length === 0 && only ? `= ${s.value(only, 'uuid')}` : `= any(${s.value(schedules, 'uuid[]')})`;
  return `select ${documentColumns({ bodies })} from document d where d.type = 'Schedule' and d.id ${which} and ${s.visible('d')}`;
}

function referring(wanted: Wanted, from: string): string[] {
  const { s, include, list, c } = wanted;
  if (!include.targets.includes(from)) return [];
  if (rowsOf(include.source, '', c).slots)
    return [`select ${slotColumns(wanted)} from slot s where s.schedule = any(${list}) and ${s.visibleSlot('s')}`];
  return [
    `select distinct on (d.doc) ${documentColumns(wanted)} from search_reference v join document d on d.doc = v.doc
      where v.target = any(${list}) and v.type = '${from}' and ${referencing(include, c.parameters)} and ${s.visible('d')}`,
  ];
}

/** The resources with these ids. */
export function selectByIds(s: Statement, type: string, ids: readonly string[], c: SearchContext): string {
  const list = s.value(ids, 'uuid[]');
  return rowsOf(type, '', c).slots
    ? `select ${slotColumns({ bodies: true })} from slot s where s.id = any(${list}) and ${s.visibleSlot('s')}`
    : `select ${documentColumns({ bodies: true })} from document d
       where d.type = '${type}' and d.id = any(${list}) and ${s.visible('d')}`;
}

/** Rows `v` by the parameters. A part of a parameter has the rows of the whole that lead to its type. */
function referencing({ source, codes }: Include, parameters: ParameterIds): string {
  const stored = codes.map((code) => parameters.of(source, code));
  const whole = stored.filter((p) => p.wider === undefined).map((p) => p.id);
  const parts = stored.flatMap((p) => (p.wider === undefined || whole.includes(p.wider.id) ? [] : [p.wider]));
  const tests = [
    ...(whole.length === 0 ? [] : [`v.parameter = any('{${whole.join(',')}}'::smallint[])`]),
    ...parts.map((p) => `(v.parameter = ${p.id}::smallint and v.type = '${p.target}')`),
  ];
  return `(${tests.join(' or ')})`;
}
