/** The line to EMKService and to PixService beside it: writes alone, whose answers are empty and whose errors are SOAP faults (protocols/regiz.md §3.1, §3.2). */
import type { Contract } from '../../../wcf/contract.ts';
import { soapHeaders, writeEnvelope } from '../../../wcf/envelope.ts';
import { writeRequest } from '../../../wcf/write.ts';
import type { ConnectionContext, WriteContext } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { type Http, openHttp } from '../../http.ts';
import { openLine, type Seen } from '../../line.ts';
import { postSoap } from '../../soap.ts';
import { emkContract } from '../contract/emk.ts';
import { pixContract } from '../contract/pix.ts';
import { redactSoap } from '../patient-index/redact.ts';
import { isWarning, RefusedByIndex, refusalIn } from '../request-fault.ts';
import type { RegizSettings } from '../settings.ts';
import type { CaseSettings } from './settings.ts';

type Operation = 'AddPatient' | 'UpdatePatient' | 'AddCase' | 'UpdateCase' | 'CancelCase';

export interface CaseLink {
  readonly settings: CaseSettings;
  /**
   * Sent once or not at all.
   * @param personal values that no log may keep
   * @throws ExchangeError, RefusedByIndex
   */
  write(operation: Operation, parameters: object, personal: readonly string[], context: WriteContext): Promise<void>;
  close(): Promise<void>;
}

export function openCaseLink(
  settings: CaseSettings,
  { guard, timeouts, limits, keepAlive }: RegizSettings,
  context: ConnectionContext,
): CaseLink {
  const isRefusal = (error: unknown) => error instanceof RefusedByIndex;
  const line = openLine({ guard, total: timeouts.total, logCharacters: limits.logCharacters, isRefusal }, context);
  const http = openHttp({ connectTimeout: timeouts.connect, keepAlive });
  return {
    settings,
    write(operation, parameters, personal, { signal, booking }) {
      const target = targetOf(settings, operation);
      return line.write({
        operation: `${target.name}.${operation}`,
        timeout: timeouts.write,
        signal,
        booking,
        redact: (seen) => redactSoap(seen, personal),
        attempt: (seen, until) => exchange(http, settings, target, parameters, limits.answerBytes, seen, until),
      });
    },
    close: () => http.close(),
  };
}

interface Target {
  readonly name: 'Pix' | 'Emk';
  readonly contract: Contract;
  readonly operation: Operation;
  readonly url: string;
  readonly action: string;
}

function targetOf({ url, patients, soapAction, patientAction }: CaseSettings, operation: Operation): Target {
  const isPatient = operation === 'AddPatient' || operation === 'UpdatePatient';
  const action = (isPatient ? patientAction : soapAction).replace('{operation}', operation);
  if (isPatient) return { name: 'Pix', contract: pixContract, operation, url: patients, action };
  return { name: 'Emk', contract: emkContract, operation, url, action };
}

/** @throws ExchangeError, RefusedByIndex */
async function exchange(
  http: Http,
  { guid, soapVersion, warnings }: CaseSettings,
  { name: service, contract, operation, url, action }: Target,
  parameters: object,
  maxBytes: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const xml = writeEnvelope(soapVersion, writeRequest(contract, operation, { ...parameters, guid }));
  seen.request = xml;
  const onResponse = (answer: { text: string; status: number }) =>
    void Object.assign(seen, { response: answer.text, status: answer.status });
  try {
    const headers = soapHeaders(soapVersion, action);
    const { name, namespace, children } = await postSoap(http, { url, headers, xml, maxBytes, signal, onResponse });
    if (name !== `${operation}Response` || namespace !== contract.namespace || children.length > 0)
      throw new ExchangeError('untrusted', `the answer is not that of ${operation}`);
  } catch (error) {
    if (isWarning(error)) {
      if (warnings === 'accepted') return;
      throw new RefusedByIndex([{ code: undefined, property: 'RequestWarning' }], service);
    }
    throw refusalIn(error, service) ?? error;
  }
}
