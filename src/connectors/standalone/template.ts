/** What a template may be. */
import type { Template, TemplateChange, TemplateOutcome } from '../template-ability.ts';
import { cellMinutes, timeOf } from './grid.ts';

type Refused = Extract<TemplateOutcome, { outcome: 'refused' }>;
type Element = keyof TemplateChange;

const refuse = (reason: Refused['reason'], element: Element, text: string): Refused => ({
  outcome: 'refused',
  reason,
  element,
  text,
});

const needed = ['name', 'firstDay', 'weekdays', 'first', 'last', 'cells'] as const satisfies readonly Element[];
const longestName = 100;
/** A doctor's working day, and more than any visit. */
const longestVisit = 480;

/** A template as it becomes, or why it cannot be that. @param old undefined: a new one, which people switch on when it is finished */
export function changed(
  old: Template | undefined,
  change: TemplateChange,
  visitMinutes: number,
): Omit<Template, 'id'> | Refused {
  const lacking = old === undefined ? needed.find((element) => change[element] === undefined) : undefined;
  if (lacking !== undefined) return refuse('missing', lacking, 'A new template needs it.');
  const { lastDay: oldEnd, ...kept } = old ?? {};
  const { lastDay = oldEnd, ...rest } = change;
  const merged = { active: false, minutes: visitMinutes, ...kept, ...rest } as Omit<Template, 'lastDay'>;
  const template = {
    ...merged,
    name: merged.name.trim(),
    weekdays: inOrder(merged.weekdays),
    cells: inOrder(merged.cells),
    ...(lastDay !== null && lastDay !== undefined && { lastDay }),
  };
  return problemOf(template) ?? template;
}

const inOrder = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b);

/** Others are mistakes in typing, and not every year is one to Postgres. */
function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^2\d{3}-\d{2}-\d{2}$/.test(text) && Number.isFinite(at.getTime()) && at.toISOString().startsWith(text);
}

function problemOf(t: Omit<Template, 'id'>): Refused | undefined {
  const wrong = (element: Element, text: string) => refuse('wrong', element, text);
  const off = [t.first, t.last, ...t.cells].find((at) => at % cellMinutes !== 0 || at < 0 || at >= 1440);
  if (off !== undefined)
    return wrong('cells', `Times are whole quarters of an hour; ${timeOf(off).slice(0, 5)} is none.`);
  if (t.name === '' || t.name.length > longestName) return wrong('name', `A name has 1 to ${longestName} characters.`);
  const [noDay] = (['firstDay', 'lastDay'] as const).filter(
    (element) => t[element] !== undefined && !isDay(t[element]),
  );
  if (noDay !== undefined) return wrong(noDay, 'It is no day of the years 2000 to 2999.');
  if (t.lastDay !== undefined && t.lastDay < t.firstDay) return wrong('lastDay', 'It ends before it begins.');
  if (t.weekdays.some((day) => !Number.isInteger(day) || day < 1 || day > 7))
    return wrong('weekdays', 'Days of the week are 1 to 7.');
  if (t.weekdays.length === 0) return wrong('weekdays', 'It has no day of the week.');
  if (t.last < t.first) return wrong('last', 'The last visit begins before the first one.');
  if (t.cells.length === 0) return wrong('cells', 'It offers no time at all.');
  if (t.cells.some((at) => at < t.first || at > t.last))
    return wrong('cells', 'A quarter of an hour lies before the first visit or after the last one.');
  if (t.minutes < cellMinutes || t.minutes > longestVisit || t.minutes % cellMinutes !== 0)
    return wrong('minutes', `A visit takes ${cellMinutes} to ${longestVisit} minutes, a multiple of ${cellMinutes}.`);
  return undefined;
}
