/** tm-core, the process engine of the telemedicine consultations: JSON, not FHIR. protocols/regiz.md §3.4. */
import { randomUUID } from 'node:crypto';
import type { Data, DataObject } from './data.ts';
import { at, merge, missingIn } from './queue.ts';
import { keepRecord, readRecord, readRecords } from './record.ts';
import { dictionary } from './referral.ts';
import { Refusal } from './refusal.ts';
import type { RestAsk, RestRoute, Told } from './rest-service.ts';
import type { State } from './state.ts';
import { conceptsOf } from './terminology.ts';
import { type Transition, transitions, workflowId } from './workflow.ts';

export interface Process {
  name: string;
  currentStageId: string;
  processContext: DataObject;
  /** By role: who has taken part. */
  roleContext: DataObject;
  createdDate: string;
  stageDate: string;
}

const overdueMilliseconds = 24 * 3_600_000;
/** Codes inside processContext that are looked up. */
const coded = [['serviceRequest.urgency.code', `${dictionary}.30`]] as const;

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const object = (value: unknown): DataObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as DataObject) : {};
const said = (result: unknown): Told => ({
  status: 200,
  body: { success: true, result, message: null, errorCode: null },
});

/** @throws Refusal with the texts of the engine */
function check(state: State, transition: Transition, roleContext: DataObject, processContext: Data): void {
  if (Object.keys(roleContext).length === 0)
    throw new Refusal(4, `For transition ${transition.id} Role context is required.`);
  if (roleContext[transition.role] === undefined) throw new Refusal(4, 'Invalid role context');
  const { SNILS, organization, idMPI } = object(roleContext[transition.role]);
  if (text(idMPI) === '' && (text(SNILS) === '' || text(organization) === ''))
    throw new Refusal(4, 'Role context not found or is not a role schema');
  const missing = missingIn(object(processContext), transition.required);
  if (missing.length > 0) throw new Refusal(4, `Следующие поля отсутствуют или не заполнены: ${missing.join(', ')}`);
  for (const [path, system] of coded) {
    const code = at(processContext, path);
    if (code === undefined || conceptsOf(state, system)?.some((concept) => concept[0] === code) === true) continue;
    throw new Refusal(4, `Значение ${String(code)} отсутствует в справочнике ${system}`);
  }
}

function processOf(state: State, id: string): Process {
  const process = readRecord<Process>(state, 'process', id);
  if (process === undefined) throw new Refusal(20, `Процесс ${id} не найден`);
  return process;
}

function start({ state, body }: RestAsk): Told {
  if (text(body['workflowId']) !== workflowId) throw new Refusal(4, 'Workflow not found');
  const transition = transitions.find((t) => t.id === body['initialTransitionId'] && t.from.length === 0);
  if (transition === undefined) throw new Refusal(4, 'Initial transition not found');
  const [roleContext, processContext] = [object(body['roleContext']), object(body['processContext'])];
  check(state, transition, roleContext, processContext);
  const processId = randomUUID();
  const now = state.now();
  const process: Process = {
    ...{ name: text(body['name']), currentStageId: transition.to, processContext, roleContext },
    ...{ createdDate: now, stageDate: now },
  };
  keepRecord(state, 'process', processId, process);
  return { status: 200, body: { success: true, processId, message: null, errorCode: null } };
}

function move({ state, body }: RestAsk): Told {
  const process = processOf(state, text(body['processId']));
  const transition = transitions.find((t) => t.id === body['transitionId']);
  if (transition === undefined || !transition.from.includes(process.currentStageId))
    throw new Refusal(4, `Transition ${text(body['transitionId'])} is not available at the current stage`);
  const processContext = merge(process.processContext, object(body['processContext'])) as DataObject;
  check(state, transition, object(body['roleContext']), processContext);
  keepRecord(state, 'process', text(body['processId']), {
    ...process,
    currentStageId: transition.to,
    processContext,
    roleContext: { ...process.roleContext, ...object(body['roleContext']) },
    stageDate: state.now(),
  });
  return { status: 200, body: { success: true, message: null, errorCode: null } };
}

/** One page, in the order of their beginning. */
function page({ state, body }: RestAsk, fits: (process: Process, roles: string[]) => boolean): Told {
  const roles = Object.keys(object(body['roleContext']));
  const found = readRecords<Process>(state, 'process').filter((one) => fits(one.body, roles));
  const [skip, take] = [Number(body['skip'] ?? 0), Number(body['take'] ?? 10)];
  const items = found.slice(skip, skip + take).map(({ id, body: { name, currentStageId, createdDate } }) => ({
    ...{ processId: id, name, currentStageId, createdDate },
  }));
  return said({ items, total: found.length });
}

const mayMove = (process: Process, roles: string[]) =>
  transitions.some((t) => t.from.includes(process.currentStageId) && roles.includes(t.role));

const refuse = (code: number, message: string): Told => ({
  status: code === 1 ? 401 : 200,
  body: { success: false, result: null, message, errorCode: code },
});

function route(access: 'read' | 'write', method: 'GET' | 'POST', path: string, answer: RestRoute['answer']): RestRoute {
  const name = /\/(\w+)(?:\/|$)/.exec(path.replace(/^(Commands|Queries)/, ''))?.[1] ?? path;
  const pattern = new RegExp(`^/tm-core/api/${path.replace('{id}', '(?<id>[^/]+)')}$`);
  return {
    access,
    method,
    operation: `Tm.${name}`,
    path: pattern,
    contentType: 'application/json; charset=utf-8',
    answer,
    refuse,
  };
}

export const processRoutes: readonly RestRoute[] = [
  route('write', 'POST', 'Commands/StartNewProcess', start),
  route('write', 'POST', 'Commands/MoveToStage', move),
  route('read', 'GET', 'Queries/GetProcess/{id}', ({ state, path }) => {
    const { name, currentStageId, createdDate } = processOf(state, path['id']!);
    return said({ id: path['id'], name, workflowId, currentStageId, createdDate });
  }),
  route('read', 'POST', 'Queries/GetProcessContext', ({ state, body }) => {
    const process = processOf(state, text(body['ProcessId']));
    const roles = Object.keys(object(body['RoleContext']));
    if (!roles.some((role) => transitions.some((t) => t.role === role))) throw new Refusal(4, 'Invalid role context');
    return said(process.processContext);
  }),
  route('read', 'POST', 'Queries/GetTransitionAvailableProcesses', (ask) => page(ask, mayMove)),
  route('read', 'POST', 'Queries/GetReadAvailableProcesses', (ask) =>
    page(ask, (process, roles) => mayMove(process, roles) || roles.some((r) => process.roleContext[r] !== undefined)),
  ),
  route('read', 'POST', 'Queries/GetOverdueStages', ({ state, body }) => {
    const asked = Array.isArray(body['ProcessIds']) ? (body['ProcessIds'] as unknown[]) : [];
    const now = Date.parse(`${state.now()}Z`);
    const found = readRecords<Process>(state, 'process')
      .filter(({ id }) => asked.length === 0 || asked.includes(id))
      .filter(({ body: one }) => transitions.some((t) => t.from.includes(one.currentStageId)))
      .filter(({ body: one }) => now - Date.parse(`${one.stageDate}Z`) > overdueMilliseconds);
    return said({ total: found.length, items: found.map(({ id }) => id) });
  }),
  route('read', 'GET', '_version', () => ({ status: 200, body: { version: '1.0.0' } })),
];
