/**
 * Consultations in tm-core (protocols/regiz.md §3.4): a process has no key of ours, so our id stands behind its name, by which one whose
 * answer was lost is found. The shape of pages is in no published material: what does not look like one is no answer.
 */
import { z } from 'zod';
import { MisReadError, type MisRecord, type WriteOutcome } from '../../connector.ts';
import type { ConsultationAbility, Stage } from '../../consultation-ability.ts';
import { ExchangeError } from '../../exchange.ts';
import { UnfitRequest } from '../booking-request.ts';
import type { Call } from '../link.ts';
import { unsent } from '../unsent.ts';
import { type ConsultationLink, RefusedByEngine } from './link.ts';
import type { ConsultationSettings, Workflow } from './settings.ts';

const refusedText = 'Система телемедицины региона не приняла консультацию. Проверьте, как она заполнена.';
const notMovedText = 'Система телемедицины региона не меняет статус этой консультации.';

export function consultationsOf(link: ConsultationLink): ConsultationAbility {
  const { workflows, graceMilliseconds, followMilliseconds } = link.settings;
  const known = (workflow: string): Workflow | undefined =>
    Object.hasOwn(workflows, workflow) ? workflows[workflow] : undefined;
  return {
    ...{ graceMilliseconds, followMilliseconds },
    category: 'https://medmost.ru/fhir/CodeSystem/regiz-workflow',
    knows: (workflow) => known(workflow) !== undefined,
    canMove: (workflow, status) => Object.hasOwn(known(workflow)?.moves ?? {}, status),
    unfit: (request) => unfit(request),
    start: (workflow, request, context) => start(link, known(workflow), request, context),
    find: (workflow, request, own, signal) => misRead(() => find(link, known(workflow), request, own, { signal })),
    read: (workflow, reference, signal) => misRead(() => read(link, known(workflow), reference, { signal })),
    move: (workflow, reference, status, request, context) =>
      move(link, known(workflow)?.moves[status as keyof Workflow['moves']], reference, request, {
        ...context,
        workflow: known(workflow),
      }),
  };
}

/** What the mapping makes for a process: what the engine is told, and who tells it. */
const schema = z.object({
  process: z.record(z.string(), z.unknown()).default({}),
  doctor: z.object({ snils: z.string().optional() }).default({}),
  initiator: z.object({ snils: z.string().optional() }).optional(),
});

interface Told {
  readonly context: Readonly<Record<string, unknown>>;
  readonly snils: string;
}

/** @throws UnfitRequest */
function parse(record: MisRecord): Told {
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw new UnfitRequest('Консультация неверно заполнена.');
  const { process, doctor, initiator } = parsed.data;
  const snils = (initiator ?? doctor).snils?.replace(/\D/g, '');
  if (!snils) throw new UnfitRequest('Для консультации нужно указать: СНИЛС врача, который её запрашивает.');
  return { context: process, snils };
}

function unfit(record: MisRecord): string | undefined {
  try {
    parse(record);
    return undefined;
  } catch (error) {
    if (error instanceof UnfitRequest) return error.message;
    throw error;
  }
}

const roleContextOf = ({ organization }: ConsultationSettings, { role }: Workflow, snils: string) => ({
  [role]: { organization, SNILS: snils },
});

async function start(
  link: ConsultationLink,
  workflow: Workflow | undefined,
  record: MisRecord,
  context: Call & { readonly booking: string },
): Promise<WriteOutcome> {
  const text = unfit(record);
  if (workflow === undefined || text !== undefined)
    return { outcome: 'rejected', reason: 'rule', text: text ?? refusedText };
  const { context: processContext, snils } = parse(record);
  const body = {
    ...{ workflowId: workflow.id, name: nameOf(workflow, context.booking), initialTransitionId: workflow.start },
    ...{ processContext, roleContext: roleContextOf(link.settings, workflow, snils) },
  };
  try {
    const answer = started.safeParse(await link.write('Commands/StartNewProcess', body, context));
    if (!answer.success) return { outcome: 'unknown', cause: 'a process without an id' };
    return { outcome: 'confirmed', reference: answer.data.processId };
  } catch (error) {
    return failureOf(error, refusedText);
  }
}

const started = z.object({ processId: z.string().min(1).max(100) });
const nameOf = ({ name }: Workflow, own: string): string => `${name} medmost ${own}`;

/** @throws what is no answer of the service */
function failureOf(error: unknown, text: string): WriteOutcome {
  if (error instanceof RefusedByEngine) return { outcome: 'rejected', reason: 'rule', text };
  if (!(error instanceof ExchangeError)) throw error;
  return error.failure === 'unsent' ? unsent : { outcome: 'unknown', cause: error.message };
}

const perPage = 100;
const page = z.object({
  result: z.object({
    total: z.number().int().min(0),
    items: z.array(z.object({ processId: z.string().min(1).max(100), name: z.string().nullish() })),
  }),
});

/** Page by page, until all are seen. @throws ExchangeError, RefusedByEngine, UnfitRequest */
async function find(
  link: ConsultationLink,
  workflow: Workflow | undefined,
  record: MisRecord,
  own: string,
  call: Call,
): Promise<string | undefined> {
  if (workflow === undefined) throw new ExchangeError('untrusted', 'the workflow is not configured any more');
  const roleContext = roleContextOf(link.settings, workflow, parse(record).snils);
  for (let n = 0; n < link.settings.pages; n++) {
    const body = { roleContext, skip: n * perPage, take: perPage };
    const read = page.safeParse(await link.read('Queries/GetReadAvailableProcesses', body, call));
    if (!read.success) throw new ExchangeError('untrusted', 'a page of processes cannot be read');
    const { items, total } = read.data.result;
    const found = items.find(({ name }) => name === nameOf(workflow, own));
    if (found !== undefined) return found.processId;
    if (n * perPage + items.length >= total) return undefined;
    if (items.length === 0) throw new ExchangeError('untrusted', 'a page of processes is empty before the end');
  }
  throw new ExchangeError('untrusted', 'there are more processes than are looked through');
}

const processAnswer = z.object({ result: z.object({ currentStageId: z.string().min(1).max(100) }) });

/** @throws ExchangeError, RefusedByEngine */
async function read(
  link: ConsultationLink,
  workflow: Workflow | undefined,
  reference: string,
  call: Call,
): Promise<Stage> {
  const answer = processAnswer.safeParse(
    await link.read(`Queries/GetProcess/${encodeURIComponent(reference)}`, undefined, call),
  );
  if (!answer.success) throw new ExchangeError('untrusted', 'a process without a stage');
  const id = answer.data.result.currentStageId.toLowerCase();
  const stages = Object.entries(workflow?.stages ?? {});
  return { id, status: stages.find(([stage]) => stage.toLowerCase() === id)?.[1] };
}

async function move(
  link: ConsultationLink,
  transitionId: string | undefined,
  processId: string,
  record: MisRecord,
  { workflow, ...context }: Call & { readonly workflow: Workflow | undefined },
): Promise<WriteOutcome> {
  const text = unfit(record);
  if (transitionId === undefined || workflow === undefined || text !== undefined)
    return { outcome: 'rejected', reason: 'rule', text: text ?? notMovedText };
  const { context: processContext, snils } = parse(record);
  const body = { processId, transitionId, processContext, roleContext: roleContextOf(link.settings, workflow, snils) };
  try {
    await link.write('Commands/MoveToStage', body, context);
    return { outcome: 'confirmed', reference: processId };
  } catch (error) {
    return failureOf(error, notMovedText);
  }
}

/** @throws MisReadError; an error of our own passes as it is */
async function misRead<T>(reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof ExchangeError) throw new MisReadError(`tm-core: ${error.message}`, error.retryable, error);
    if (error instanceof RefusedByEngine || error instanceof UnfitRequest)
      throw new MisReadError(`tm-core: ${error instanceof UnfitRequest ? 'unfit' : error.message}`, false, error);
    throw error;
  }
}
