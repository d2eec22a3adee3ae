/** Templates of schedules: changed where they are kept, and read at once, so that the Slots show it (FEATURES B5). */
import type { Clinic, Clinics } from '../connectors/clinic.ts';
import { MisReadError } from '../connectors/connector.ts';
import type { Template, TemplateChange, TemplateOutcome } from '../connectors/template-ability.ts';
import { Fault } from '../fault.ts';
import { mirroredTime, type SyncContext, syncSome } from './sync.ts';
import { readClock, type SchedulePlace } from './templates.sql.ts';

type Done = Extract<TemplateOutcome, { outcome: 'done' }>;

export interface Templating {
  /** @throws Fault business-rule `no-templates`, transient */
  list(place: SchedulePlace): Promise<readonly Template[]>;
  /** @param id undefined: a new one. @throws Fault business-rule, missing-element */
  set(place: SchedulePlace, id: string | undefined, change: TemplateChange): Promise<Done>;
  /** @throws Fault business-rule */
  remove(place: SchedulePlace, id: string): Promise<Done>;
}

const patience = 10_000;

export function createTemplating(context: SyncContext, clinics: Clinics): Templating {
  function open({ clinic: number }: SchedulePlace) {
    const clinic = clinics.byNumber(number);
    const templates = clinic?.operations.templates;
    if (clinic === undefined || templates === undefined)
      throw new Fault('business-rule', "This clinic's own system makes its timetable: it is changed there.", {
        code: 'no-templates',
      });
    return { clinic, templates };
  }

  async function settle(clinic: Clinic, { key }: SchedulePlace, outcome: TemplateOutcome): Promise<Done> {
    if (outcome.outcome === 'refused') throw faultOf(outcome);
    await show(context, clinic, key);
    return outcome;
  }

  return {
    list: (place) => open(place).templates.list(place.key, AbortSignal.timeout(patience)).catch(asTransient),
    async set(place, id, change) {
      const { clinic, templates } = open(place);
      return settle(clinic, place, await templates.put(place.key, id, change, AbortSignal.timeout(patience)));
    },
    async remove(place, id) {
      const { clinic, templates } = open(place);
      return settle(clinic, place, await templates.remove(place.key, id, AbortSignal.timeout(patience)));
    },
  };
}

/** What was changed stands, whether it can be shown now or with the next reading. */
async function show(context: SyncContext, clinic: Clinic, schedule: string): Promise<void> {
  try {
    const began = await readClock(context.pool);
    const signal = AbortSignal.timeout(patience);
    await syncSome(context, clinic, mirroredTime(context, clinic), [schedule], began, signal);
  } catch (err) {
    context.log.warn({ err, clinic: clinic.key }, 'a changed schedule is shown with the next reading only');
  }
}

function faultOf({ reason, element, text }: Extract<TemplateOutcome, { outcome: 'refused' }>): Fault {
  const expression = element === undefined ? {} : { expression: `http.${parameters[element]}` };
  if (reason === 'missing') return new Fault('missing-element', text, expression);
  if (reason === 'no-template')
    return new Fault('business-rule', text, { expression: 'http.id', code: 'template-unknown' });
  if (reason === 'no-schedule') return new Fault('business-rule', text, { code: 'schedule-closed' });
  return new Fault('business-rule', text, { ...expression, code: 'template-refused' });
}

/** By which clients know what a template is made of. */
const parameters: Readonly<Record<keyof TemplateChange, string>> = {
  name: 'name',
  active: 'active',
  firstDay: 'period',
  lastDay: 'period',
  weekdays: 'day',
  first: 'first',
  last: 'last',
  cells: 'cell',
  minutes: 'minutes',
};

function asTransient(error: unknown): never {
  if (!(error instanceof MisReadError)) throw error;
  throw new Fault('transient', 'The templates cannot be read now.', { retryAfter: 5, cause: error });
}
