/** `_include` and `_include:iterate`. https://hl7.org/fhir/R4/search.html#include. Included documents are visible ones only. */

import { Fault } from '../../fault.ts';
import { documentVisible, slotVisible, viewerValues } from '../../store/visibility.ts';
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { entryOf } from './entry.ts';
import type { Include, SearchRequest } from './request.ts';
import { idOfSlot, slotColumn } from './slot.ts';

interface Found {
  type: string;
  id: string;
  body: string;
}

/** More than this is refused rather than cut in silence. */
const limit = 5000;
const rounds = 5;

/** @returns entries as JSON text joined by commas, empty when there are none */
export async function includeDocuments(
  context: Context,
  asked: Asked,
  request: SearchRequest,
  ids: readonly string[],
): Promise<string> {
  if (request.includes.length === 0 || ids.length === 0) return '';
  const found = new Map<string, Found>();
  let sources = new Map([[request.type, ids]]);
  for (let round = 0; round < rounds && sources.size > 0; round++) {
    const fresh: Found[] = [];
    for (const include of request.includes) {
      const from = sources.get(include.source);
      if (from === undefined || (round > 0 && !include.iterate)) continue;
      for (const row of await readTargets(context, asked, include, from)) {
        const key = `${row.type}/${row.id}`;
        if (found.has(key) || (row.type === request.type && ids.includes(row.id))) continue;
        found.set(key, row);
        fresh.push(row);
      }
    }
    if (found.size > limit)
      throw new Fault('too-large', `More than ${limit} resources would be included. Ask for fewer matches by _count.`, {
        expression: 'http._include',
      });
    sources = new Map([...Map.groupBy(fresh, (f) => f.type)].map(([type, list]) => [type, list.map((f) => f.id)]));
  }
  return [...found.values()].map((f) => entryOf(asked.base, f.type, f.id, f.body, 'include')).join(',');
}

async function readTargets(context: Context, asked: Asked, include: Include, ids: readonly string[]): Promise<Found[]> {
  const documents = await readDocumentTargets(context, asked, include, ids);
  const { targets } = include.parameter;
  const maySlots = include.source !== 'Slot' && targets.includes('Slot') && (include.target ?? 'Slot') === 'Slot';
  return maySlots ? [...documents, ...(await readSlotTargets(context, asked, include, ids))] : documents;
}

async function readSlotTargets(
  context: Context,
  asked: Asked,
  { source, parameter }: Include,
  ids: readonly string[],
): Promise<Found[]> {
  const { rows } = await context.db.query<{ slot: string }>({
    name: 'include_slot_of_document',
    text: slotsOfDocuments,
    values: [...viewerValues(asked.viewer), ids, numberOf(context, source, parameter.code), source],
  });
  const body = async (slot: string) => textOf(await context.slots.resource(slot));
  return Promise.all(rows.map(async ({ slot }) => ({ type: 'Slot', id: idOfSlot(slot), body: await body(slot) })));
}

async function readDocumentTargets(
  context: Context,
  asked: Asked,
  include: Include,
  ids: readonly string[],
): Promise<Found[]> {
  const text = include.source === 'Slot' ? targetsOfSlots : targetsOfDocuments;
  const { id: own, wider } = context.parameters.of(include.source, include.parameter.code);
  const { id, target } = wider ?? { id: own, target: undefined };
  if (include.target !== undefined && target !== undefined && include.target !== target) return [];
  const values = [...viewerValues(asked.viewer), ids, include.target ?? target ?? null];
  const { rows } = await context.db.query<Found>({
    name: `include_${include.source === 'Slot' ? 'slot' : 'document'}`,
    text,
    values: include.source === 'Slot' ? values : [...values, id, include.source],
  });
  return rows;
}

function numberOf({ parameters }: Context, type: string, code: string): number {
  const { id, wider } = parameters.of(type, code);
  return wider?.id ?? id;
}

const slotsOfDocuments = `select distinct on (s.id) ${slotColumn}
  from document source join search_reference v on v.doc = source.doc and v.parameter = $4::smallint
  join slot s on v.type = 'Slot' and s.id = v.target
  where source.type = $5 and source.id = any($3::uuid[])
  and ${documentVisible('source', 1)} and ${slotVisible('s', 1)}`;

const targetsOfSlots = `select d.type, d.id, d.body from document d where d.type = 'Schedule'
  and d.id in (select s.schedule from slot s where s.id = any($3::uuid[])) and ($4::text is null or d.type = $4)
  and ${documentVisible('d', 1)}`;

const targetsOfDocuments = `select distinct on (d.doc) d.type, d.id, d.body
  from document source join search_reference v on v.doc = source.doc and v.parameter = $5::smallint
  join document d on d.type = v.type and d.id = v.target
  where source.type = $6 and source.id = any($3::uuid[]) and ($4::text is null or d.type = $4)
  and ${documentVisible('source', 1)} and ${documentVisible('d', 1)}`;
