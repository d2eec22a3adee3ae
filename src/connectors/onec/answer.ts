/** What the answers of 1С have alike, whatever wire they came over: trees of elements (protocols/onec.md §1.3–§1.5). */
import { ExchangeError } from '../exchange.ts';
import { textOf, type XmlNode } from '../xml.ts';

/** The whole of what 1С says of some failures; it does not say whose. */
export const bareError = 'Error';

/** 1С understood the request and said no, in words. Not to be shown: it may hold module names and names of people. */
export class RefusedByOnec extends Error {
  readonly sentence: string;

  constructor(sentence: string) {
    super('1С refused');
    this.name = 'RefusedByOnec';
    this.sentence = sentence;
  }
}

export function untrusted(message: string, retryable = true): ExchangeError {
  return new ExchangeError('untrusted', message, { retryable });
}

/** @throws RefusedByOnec when `Результат` is false, ExchangeError `untrusted` when it is neither true nor false */
export function refuseIfFalse(root: XmlNode): void {
  const result = textOf(root, 'Результат')?.toLowerCase();
  if (result === 'false') throw new RefusedByOnec(textOf(root, 'ОписаниеОшибки') ?? '');
  if (result !== 'true') throw untrusted('the answer says neither true nor false');
}

/** УИД of a fresh reservation, or of a booking that was made without one. @throws RefusedByOnec, ExchangeError `untrusted` */
export function readReserved(root: XmlNode): string {
  refuseIfFalse(root);
  return requiredGuidOf(root, 'УИД');
}

/** Whether 1С says that it booked. @throws RefusedByOnec, ExchangeError `untrusted`, also when it is another booking */
export function checkBooked(root: XmlNode, guid: string): void {
  refuseIfFalse(root);
  const answered = textOf(root, 'УИД')?.toLowerCase();
  if (answered !== undefined && answered !== guid) throw untrusted('the answer is about another booking');
}

/** Code of a booking's state. @throws ExchangeError `untrusted` when it is no code */
export function readStatus(root: XmlNode): string {
  const status = textOf(root, 'Результат') ?? '';
  if (!/^\d{1,2}$/.test(status)) throw untrusted('the status is not a number');
  return status;
}

/** The schedule itself; a wrong parameter inside a good answer makes all of it wrong. @throws ExchangeError `untrusted` */
export function checkSchedule(root: XmlNode): XmlNode {
  // 1С answers a wrong filter with everything it has, unfiltered, and this element at the end.
  if (root.children.some((child) => child.name === 'ОшибкаПараметров')) throw untrusted('wrong parameters', false);
  if (root.children.some((child) => child.name !== 'ГрафикДляСайта')) throw untrusted('a stranger among schedules');
  return root;
}

const guidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** A GUID in small letters; absent, empty and zero are undefined. @throws ExchangeError `untrusted` for anything else */
export function guidOf(node: XmlNode, name: string): string | undefined {
  const text = textOf(node, name)?.toLowerCase();
  if (text === undefined || text === emptyGuid) return undefined;
  if (!guidPattern.test(text)) throw untrusted(`${name} is not a GUID`);
  return text;
}

/** @throws ExchangeError `untrusted` when it is absent */
export function requiredGuidOf(node: XmlNode, name: string): string {
  const guid = guidOf(node, name);
  if (guid === undefined) throw untrusted(`${node.name} has no ${name}`);
  return guid;
}

/** A number with a decimal comma or point and spaces between thousands; undefined when it is not a number. */
export function numberOf(node: XmlNode, name: string): number | undefined {
  const text = textOf(node, name)
    ?.replace(/[\s\u00A0]/g, '')
    .replace(',', '.');
  return text !== undefined && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Minutes of a duration written as `0001-01-01Thh:mm:ss`; zero and absent are "not set". @throws ExchangeError */
export function minutesOf(node: XmlNode, name: string): number | undefined {
  const text = textOf(node, name);
  if (text === undefined) return undefined;
  const match = /^0001-01-01T([01]\d|2[0-3]):([0-5]\d):[0-5]\d$/.exec(text);
  if (match === null) throw untrusted(`${name} is not a duration`);
  return Number(match[1]) * 60 + Number(match[2]) || undefined;
}

/** Elements that this connector does not know, kept as text or as trees, for the clinic's own mapping. */
export function extrasOf(node: XmlNode, known: ReadonlySet<string>): { extra?: Record<string, unknown> } {
  const entries = node.children.filter((child) => !known.has(child.name) && !isBlank(child));
  if (entries.length === 0) return {};
  const extra: Record<string, unknown> = Object.create(null);
  for (const [name, same] of Map.groupBy(entries, (child) => child.name))
    extra[name] = same.length === 1 ? plainOf(same[0]!) : same.map(plainOf);
  return { extra: { ...extra } };
}

const isBlank = (node: XmlNode): boolean => node.children.length === 0 && node.text.trim() === '';

function plainOf(node: XmlNode): unknown {
  return node.children.length === 0 ? node.text.trim() : (extrasOf(node, new Set()).extra ?? {});
}
