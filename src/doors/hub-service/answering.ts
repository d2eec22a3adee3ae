/** A call → its result. Whatever goes wrong is said in the result of the same operation (protocols/regiz.md §1.5, §1.6). */
import type { HubOperation } from '../../connectors/regiz/contract/hub.ts';
import type { RateLimiter } from '../../rate-limit.ts';
import type { Caller, Callers } from './caller.ts';
import type { Call, Ground } from './desk.ts';
import type { SoapCall } from './envelope.ts';
import { errorTexts, HubError } from './error.ts';
import { type Entry, handlers } from './handlers.ts';
import { type Done, eventsOf, findNamed, type Occasion, recordDenied } from './recording.ts';
import { errorOf } from './refusal.ts';

export interface Desk {
  readonly ground: Ground;
  readonly callers: Callers;
  readonly limiterOf: (caller: Caller) => RateLimiter;
  readonly waitSeconds: number;
  readonly onePerDoctor: boolean;
}

type Result = Readonly<Record<string, unknown>>;

/** @throws Fault throttled */
export async function answer(desk: Desk, occasion: Occasion, call: SoapCall): Promise<Result> {
  const { operation, parameters } = call;
  const entry = handlers[operation] as Entry<HubOperation> | undefined;
  const echo = { IdHistory: parameters['idHistory'] as number | undefined };
  const caller = desk.callers.find(parameters['guid'] as string | undefined);
  if (caller === undefined && entry?.open !== true && takesGuid(operation)) {
    await recordDenied(desk.ground, occasion, operation);
    return { ...echo, ...refusal(new HubError(1)) };
  }
  if (caller !== undefined) desk.limiterOf(caller).take('tokenPerMinute', caller.name);
  if (operation === 'GetErrorList') return { ...echo, ErrorList: dictionary, Success: true };
  if (entry === undefined) return { ...echo, ...refusal(new HubError(99, 'Операция не поддерживается')) };
  return { ...echo, ...(await audited(desk, occasion, caller ?? nobody, call, entry)) };
}

/** Two operations of the contract have no guid: GetVersion, and CheckIn, which is not served. */
const takesGuid = (operation: HubOperation): boolean => operation !== 'GetVersion' && operation !== 'CheckIn';

const nobody: Caller = {
  ...{ name: '', perMinute: 0, clinics: [], types: [] },
  principal: { subject: '', role: 'app', clinics: [] },
};

const dictionary = Object.entries(errorTexts).map(([number, text]) => ({
  ErrorDescription: text,
  IdError: Number(number),
}));

const refusal = ({ number, message }: HubError): Result => ({
  ErrorList: [{ ErrorDescription: message, IdError: number }],
  Success: false,
});

const unwritten = new HubError(99, 'Запрос не рассмотрен: журнал доступа сейчас недоступен. Повторите запрос');

/** What cannot be written down as seen is not shown; what was changed is owed, and nothing more is changed until it is written. */
async function audited(
  desk: Desk,
  occasion: Occasion,
  caller: Caller,
  call: SoapCall,
  entry: Entry<HubOperation>,
): Promise<Result> {
  const { ground } = desk;
  const changes = entry.audit !== undefined && entry.audit.action !== 'R';
  if (changes && (await ground.audit.isOwing())) return refusal(unwritten);
  const done: Done = {
    operation: call.operation,
    entry,
    caller,
    touched: new Set(),
    resource: undefined,
    refused: undefined,
  };
  const result = await run(desk, call, done);
  if (entry.audit !== undefined && done.refused !== undefined)
    for (const id of await findNamed(ground.pool, call.parameters).catch(() => [])) done.touched.add(id);
  const events = eventsOf(ground, occasion, done);
  if (changes) {
    await ground.audit.owe(events);
    return result;
  }
  try {
    await ground.audit.record(events);
    return result;
  } catch (err) {
    ground.log.error({ err }, 'a reading could not be written into the audit: it is not answered');
    return refusal(unwritten);
  }
}

async function run(desk: Desk, { parameters }: SoapCall, done: Done): Promise<Result> {
  const { ground, onePerDoctor, waitSeconds } = desk;
  const deadline = performance.now() + waitSeconds * 1000;
  const note = (resource: string) => {
    done.resource = resource;
  };
  const { caller, touched } = done;
  const call = { ground, caller, parameters, deadline, onePerDoctor, touched, note } as unknown as Call<HubOperation>;
  try {
    return { ErrorList: undefined, Success: true, ...(await done.entry.run(call)) };
  } catch (error) {
    const told = errorOf(error);
    if (told === undefined) ground.log.error({ err: error, operation: done.operation }, 'a call of HubService failed');
    const { number } = told ?? unexpected;
    done.refused = number;
    return refusal(told ?? unexpected);
  }
}

const unexpected = new HubError(99);
