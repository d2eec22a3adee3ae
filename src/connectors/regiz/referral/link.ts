/** The line to УО: every operation of `IMqService`, typed by its table; its errors are SOAP faults (protocols/regiz.md §3.3). */
import { localOf } from '../../../instant.ts';
import { soapHeaders, writeEnvelope } from '../../../wcf/envelope.ts';
import { readData, readResult, WcfError } from '../../../wcf/read.ts';
import { writeRequest } from '../../../wcf/write.ts';
import type { ConnectionContext } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { type Http, openHttp } from '../../http.ts';
import { type Ask, openLine, type Seen } from '../../line.ts';
import { postSoap, SoapFault } from '../../soap.ts';
import { type MqFaultData, type MqOperation, type MqParameters, type MqResult, mqContract } from '../contract/mq.ts';
import type { Call } from '../link.ts';
import type { RegizSettings } from '../settings.ts';
import { redactReferral } from './redact.ts';
import type { ReferralSettings } from './settings.ts';

/** What УО finds wrong, without its words: those may hold names of people. */
export interface Complaint {
  readonly code: number | undefined;
  readonly property: string | undefined;
}

/** УО understood and said no. */
export class RefusedByQueue extends Error {
  readonly complaints: readonly Complaint[];

  constructor(operation: MqOperation, complaints: readonly Complaint[]) {
    super(`${operation} refused: ${complaints.map(({ code }) => code ?? 'without a number').join(', ')}`);
    this.name = 'RefusedByQueue';
    this.complaints = complaints;
  }
}

type Sent<O extends MqOperation> = Omit<MqParameters<O>, 'credentials'>;

export interface ReferralLink {
  readonly settings: ReferralSettings;
  /** IANA zone of the clinic. */
  readonly zone: string;
  /** Local time of the clinic, as `dateTime`. */
  now(): string;
  /** Repeated within its deadline. @throws ExchangeError, RefusedByQueue */
  read<O extends MqOperation>(operation: O, parameters: Sent<O>, call: Call): Promise<MqResult<O>>;
  /** Sent once or not at all. @throws ExchangeError, RefusedByQueue */
  write<O extends MqOperation>(operation: O, parameters: Sent<O>, call: Call): Promise<MqResult<O>>;
  close(): Promise<void>;
}

export function openReferralLink(
  settings: ReferralSettings,
  { guard, timeouts, limits, keepAlive }: RegizSettings,
  context: ConnectionContext,
): ReferralLink {
  const isRefusal = (error: unknown) => error instanceof RefusedByQueue;
  const line = openLine({ guard, total: timeouts.total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive });
  function askOf<O extends MqOperation>(operation: O, parameters: Sent<O>, call: Call, timeout: number) {
    const ask: Ask<MqResult<O>> = {
      operation: `Mq.${operation}`,
      timeout,
      signal: call.signal,
      booking: call.booking,
      redact: redactReferral,
      attempt: (seen, until) => exchange(http, settings, operation, parameters, limits.answerBytes, seen, until),
    };
    return ask;
  }
  return {
    settings,
    zone: context.zone,
    now: () => localOf(context.clock(), context.zone),
    read: (operation, parameters, call) => line.read(askOf(operation, parameters, call, timeouts.read)),
    write: (operation, parameters, call) => line.write(askOf(operation, parameters, call, timeouts.write)),
    close: () => http.close(),
  };
}

async function exchange<O extends MqOperation>(
  http: Http,
  { url, organization, token, soapVersion, soapAction }: ReferralSettings,
  operation: O,
  parameters: Sent<O>,
  maxBytes: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<MqResult<O>> {
  const credentials = { Organization: organization, Token: token };
  const xml = writeEnvelope(soapVersion, writeRequest(mqContract, operation, { ...parameters, credentials }));
  seen.request = xml;
  const headers = soapHeaders(soapVersion, soapAction.replace('{operation}', operation));
  const onResponse = (answer: { text: string; status: number }) =>
    void Object.assign(seen, { response: answer.text, status: answer.status });
  try {
    const content = await postSoap(http, { url, headers, xml, maxBytes, signal, onResponse });
    if (content.name !== `${operation}Response` || content.namespace !== mqContract.namespace)
      throw new ExchangeError('untrusted', `the answer is not that of ${operation}`);
    return readResult(mqContract, operation, content) as MqResult<O>;
  } catch (error) {
    if (error instanceof WcfError) throw new ExchangeError('untrusted', error.message, { cause: error });
    throw error instanceof SoapFault ? (refusalOf(operation, error) ?? error) : error;
  }
}

/** Undefined: the fault is not one of the contract. */
function refusalOf(operation: MqOperation, { detail }: SoapFault): RefusedByQueue | undefined {
  const { uri } = mqContract.namespaces.f;
  const found = detail?.children.find(({ name, namespace }) => name === 'MqFault' && namespace === uri);
  if (found === undefined) return undefined;
  try {
    return new RefusedByQueue(operation, complaintsOf(readData(mqContract, 'f:MqFault', found) as MqFaultData));
  } catch (error) {
    if (error instanceof WcfError) return undefined;
    throw error;
  }
}

/** A fault stands around others, to any depth. */
function complaintsOf({ ErrorCode, PropertyName, MqFaults = [] }: MqFaultData): Complaint[] {
  const inner = MqFaults.flatMap(complaintsOf);
  const property = PropertyName !== undefined && /^[\w.[\]]{1,200}$/.test(PropertyName) ? PropertyName : undefined;
  const own = { code: ErrorCode, property };
  return property === undefined && inner.length > 0 ? inner : [own, ...inner];
}
