/** The HTTP twin's answers: the XML of the SOAP service turned into JSON, with all that is lost on the way. protocols/onec.md §2. */
import type { Settings } from '../settings.ts';
import type { JsonWire, Reply } from '../wire.ts';
import { childOf, type Element, readXml } from '../xml.ts';

export type Json = string | { readonly [name: string]: Json | readonly Json[] };

/** Roots of the SOAP service that the twin answers under one name. */
const roots = new Set([
  ...['СписокКлиник', 'Сотрудники', 'Каталоги', 'ГрафикиДляСайта'],
  ...['ОтветНаЗаписьССайта', 'ОтветНаЗапросСтатусаЗаявки', 'РезультатВыполнения'],
]);

const json = 'application/json';
const plain = 'text/plain; charset=utf-8';

/** @param flat free time directly in the employee, as for OnlyFreeTime */
export function jsonWire(settings: Settings, now: string, flat: boolean): JsonWire {
  return {
    kind: 'json',
    type: (charset = '; charset=utf-8') => `${json}${charset}`,
    reply: (text) => replyTo(text, settings, now, flat),
    exception: (text, raw = false) => ({ status: 500, type: raw ? 'text/html; charset=utf-8' : plain, body: text }),
    roomIn: (body) => body.length - 1,
  };
}

function replyTo(text: string, settings: Settings, now: string, flat: boolean): Reply {
  const bare = text.replace(/^\ufeff/, '');
  if (!bare.startsWith('<')) return replyWithSentence(bare, settings);
  const document = readXml(bare);
  const refusal =
    childOf(document, 'Результат')?.text === 'false' ? childOf(document, 'ОписаниеОшибки')?.text : undefined;
  if (refusal?.startsWith('Не удалось записать документ')) return { status: 500, type: plain, body: conflict(now) };
  const [name, value] = contentOf(document, settings, flat);
  return { status: 200, type: `${json}; charset=utf-8`, body: wrapped(name, value, settings) };
}

/** Where the SOAP service gives a bare sentence, nobody has told what its twin gives. */
function replyWithSentence(sentence: string, settings: Settings): Reply {
  if (settings.jsonSentence === 'text') return { status: 200, type: plain, body: sentence };
  const value = settings.jsonSentence === 'string' ? sentence : { Результат: 'false', ОписаниеОшибки: sentence };
  return { status: 200, type: `${json}; charset=utf-8`, body: wrapped('Ответ', value, settings) };
}

/** A slot that is taken ends as an unhandled exception: text, with the time as 1С writes it and the place in the module. */
function conflict(now: string): string {
  const [, year, month, day, hour, rest] = /^(\d+)-(\d+)-(\d+)T(\d+)(.*)$/.exec(now)!;
  const time = `${day}.${month}.${year} ${Number(hour)}${rest}`;
  return `Не удалось записать документ. ${time} - {ОбщийМодуль.ВебИнтеграция.Модуль(358)}: Ошибка при вызове метода контекста (Записать): Не удалось записать: "Заявка"!`;
}

/** Name and value of the root, for a document in this wire. */
export function contentOf(document: Element, settings: Settings, flat = false): [name: string, value: Json] {
  const value = jsonOf(flat ? flattened(document) : document);
  const name = roots.has(document.name) ? 'Ответ' : document.name;
  return [name, value === '' && settings.jsonNone === 'object' ? {} : value];
}

/** One item ⇒ object, several ⇒ list, none ⇒ ""; every scalar is a text. */
export function jsonOf(element: Element): Json {
  if (element.children.length === 0) return element.text.trim();
  const named = Map.groupBy(element.children, (child) => child.name);
  return Object.fromEntries(
    [...named].map(([name, same]) => [name, same.length === 1 ? jsonOf(same[0]!) : same.map(jsonOf)]),
  );
}

/** OnlyFreeTime: `ПериодГрафика` sits directly in the employee. */
function flattened(document: Element): Element {
  const lift = (child: Element): Element[] =>
    child.name === 'ПериодыГрафика' ? (childOf(child, 'СвободноеВремя')?.children ?? []) : [child];
  const children = document.children.map((entry) => ({ ...entry, children: entry.children.flatMap(lift) }));
  return { ...document, children };
}

function wrapped(name: string, value: Json, { jsonRoot }: Settings): string {
  if (jsonRoot === 'data' || jsonRoot === 'data-list') {
    const data = { data: JSON.stringify({ [name]: value }) };
    return JSON.stringify(jsonRoot === 'data' ? data : [data]);
  }
  return JSON.stringify({ [name === 'Ответ' ? jsonRoot : name]: value });
}
