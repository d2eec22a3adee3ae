/** The contract's templates: kept in Postgres, and what a change leaves without a template is told. */
import { type Queryable, violatedConstraint } from '../../postgres.ts';
import type { BookedTime, Template, TemplateAbility, TemplateChange, TemplateOutcome } from '../template-ability.ts';
import { readComing } from './booking.sql.ts';
import { isOffered } from './grid.ts';
import type { Link } from './link.ts';
import { deleteTemplate, insertTemplate, lockTemplate, readTemplates, updateTemplate } from './template.sql.ts';
import { changed } from './template.ts';

/** Nobody has so many weeks, and a reading looks at all of them. */
const mostTemplates = 50;

export function templatesOf(link: Link): TemplateAbility {
  const { clinic } = link.context;
  const isKnown = (schedule: string) => link.places.some(({ key }) => key === schedule);
  return {
    async list(schedule, signal) {
      const rows = await link.read({ operation: 'templates', request: { schedule }, signal }, (db) =>
        readTemplates(db, clinic, [schedule]),
      );
      return rows.map(({ schedule: _, ...template }) => template);
    },
    async put(schedule, id, change, signal) {
      if (!isKnown(schedule)) return noSchedule;
      const ask = { operation: 'set template', request: { schedule, id, change }, signal };
      try {
        return await link.change(ask, (db) => put(link, db, schedule, id, change));
      } catch (error) {
        if (violatedConstraint(error) !== 'standalone_template_clinic_schedule_name_key') throw error;
        const text = 'Another template of this schedule has this name.';
        return { outcome: 'refused', reason: 'wrong', element: 'name', text };
      }
    },
    remove(schedule, id, signal) {
      const ask = { operation: 'delete template', request: { schedule, id }, signal };
      return link.change(ask, async (db): Promise<TemplateOutcome> => {
        if (!(await deleteTemplate(db, clinic, schedule, id))) return noTemplate;
        return { outcome: 'done', outside: await findOutside(link, db, schedule) };
      });
    },
  };
}

const noTemplate: TemplateOutcome = {
  outcome: 'refused',
  reason: 'no-template',
  text: 'This schedule has no such template.',
};
const noSchedule: TemplateOutcome = {
  outcome: 'refused',
  reason: 'no-schedule',
  text: 'Nobody works by this schedule any more.',
};

async function put(
  link: Link,
  db: Queryable,
  schedule: string,
  id: string | undefined,
  change: TemplateChange,
): Promise<TemplateOutcome> {
  const { clinic } = link.context;
  const old = id === undefined ? undefined : await lockTemplate(db, clinic, schedule, id);
  if (id !== undefined && old === undefined) return noTemplate;
  const next = changed(old, change, link.settings.visitMinutes);
  if ('outcome' in next) return next;
  if (old === undefined && (await readTemplates(db, clinic, [schedule])).length >= mostTemplates)
    return { outcome: 'refused', reason: 'wrong', text: `A schedule has ${mostTemplates} templates at most.` };
  const template: Template = { ...next, id: old?.id ?? (await insertTemplate(db, clinic, schedule, next)) };
  if (old !== undefined) await updateTemplate(db, template);
  return { outcome: 'done', template, outside: await findOutside(link, db, schedule) };
}

/** Visits to come for which nothing offers time. */
async function findOutside(link: Link, db: Queryable, schedule: string): Promise<BookedTime[]> {
  const { clinic, clock, zone } = link.context;
  const templates = await readTemplates(db, clinic, [schedule]);
  const coming = await readComing(db, clinic, schedule, clock());
  return coming.filter((time) => !isOffered(time, templates, zone));
}
