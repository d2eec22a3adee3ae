/** The line to one HubService: every operation of the contract, typed by its table (protocols/regiz.md §1). */
import { soapHeaders, writeEnvelope } from '../../wcf/envelope.ts';
import { readResult, WcfError } from '../../wcf/read.ts';
import { escapeXml, writeRequest } from '../../wcf/write.ts';
import type { ConnectionContext, MisHealth } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { type Http, openHttp } from '../http.ts';
import { type Ask, openLine, type Seen } from '../line.ts';
import { postSoap } from '../soap.ts';
import { type HubData, type HubOperation, type HubParameters, type HubResult, hubContract } from './contract/hub.ts';
import { redactBodies } from './redact.ts';
import { RefusedByHub } from './refusal.ts';
import type { RegizSettings } from './settings.ts';

export interface Call {
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  /** Booking that this exchange serves. */
  readonly booking?: string;
  /** Calls that belong together: the service's id of the chain goes from each answer into the next request. */
  readonly chain?: Chain;
}

export interface Chain {
  idHistory?: number;
}

type Sent<O extends HubOperation> = Omit<HubParameters<O>, 'guid' | 'idHistory'>;

export interface Link {
  readonly settings: RegizSettings;
  readonly context: ConnectionContext;
  /** Repeated within its deadline. @throws ExchangeError, RefusedByHub */
  read<O extends HubOperation>(operation: O, parameters: Sent<O>, call: Call): Promise<HubResult<O>>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByHub */
  write<O extends HubOperation>(operation: O, parameters: Sent<O>, call: Call): Promise<HubResult<O>>;
  health(): MisHealth;
  close(): Promise<void>;
}

export function openLink(settings: RegizSettings, context: ConnectionContext): Link {
  const { guard, timeouts, limits } = settings;
  const isRefusal = (error: unknown) => error instanceof RefusedByHub;
  const line = openLine({ guard, total: timeouts.total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive: settings.keepAlive });
  return {
    settings,
    context,
    read: (operation, parameters, call) => line.read(askOf(http, settings, operation, parameters, call, timeouts.read)),
    write: (operation, parameters, call) =>
      line.write(askOf(http, settings, operation, parameters, call, timeouts.write, trustWritten)),
    health: () => line.health(),
    close: () => http.close(),
  };
}

function askOf<O extends HubOperation>(
  http: Http,
  settings: RegizSettings,
  operation: O,
  parameters: Sent<O>,
  { signal, booking, chain = {} }: Call,
  timeout: number,
  trust: (result: HubData<'MethodResult'>) => void = () => {},
): Ask<HubResult<O>> {
  return {
    operation,
    timeout,
    signal,
    booking,
    redact: (seen) => redactBodies(operation, seen),
    async attempt(seen, until) {
      const identified = { ...parameters, guid: settings.guid, idHistory: chain.idHistory };
      const result = await exchange(http, settings, operation, identified, seen, until);
      const { Success, IdHistory, ErrorList }: HubData<'MethodResult'> = result;
      if (IdHistory !== undefined) chain.idHistory = IdHistory;
      if (Success !== true) throw new RefusedByHub(operation, ErrorList?.[0]?.IdError);
      trust(result);
      return result;
    },
  };
}

/** What is both done and refused is not known to be done. @throws ExchangeError */
function trustWritten({ ErrorList = [] }: HubData<'MethodResult'>): void {
  if (ErrorList.length > 0) throw new ExchangeError('untrusted', 'Success stands beside errors');
}

async function exchange<O extends HubOperation>(
  http: Http,
  settings: RegizSettings,
  operation: O,
  parameters: Readonly<Record<string, unknown>>,
  seen: Seen,
  signal: AbortSignal,
): Promise<HubResult<O> & HubData<'MethodResult'>> {
  const { url, soapVersion, soapAction, headerToken } = settings;
  const header = headerToken && `<Authorization>${escapeXml(headerToken)}</Authorization>`;
  const xml = writeEnvelope(soapVersion, writeRequest(hubContract, operation, parameters), header);
  seen.request = xml;
  const headers = { ...soapHeaders(soapVersion, soapAction.replace('{operation}', operation)), ...basic(settings) };
  const { answerBytes: maxBytes } = settings.limits;
  const onResponse = (answer: { text: string; status: number }) =>
    void Object.assign(seen, { response: answer.text, status: answer.status });
  const content = await postSoap(http, { url, headers, xml, maxBytes, signal, onResponse });
  if (content.name !== `${operation}Response` || content.namespace !== hubContract.namespace)
    throw new ExchangeError('untrusted', `the answer is not that of ${operation}`);
  try {
    return readResult(hubContract, operation, content) as HubResult<O> & HubData<'MethodResult'>;
  } catch (error) {
    throw error instanceof WcfError ? new ExchangeError('untrusted', error.message, { cause: error }) : error;
  }
}

function basic({ login, password }: RegizSettings): Record<string, string> {
  if (login === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}` };
}
