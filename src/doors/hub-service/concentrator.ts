/** Calls of a concentrator's own HubService. An answer that is not plainly a yes is none. */
import type { Http } from '../../connectors/http.ts';
import { type HubOperation, type HubResult, hubContract } from '../../connectors/regiz/contract/hub.ts';
import { childOf, readXml } from '../../connectors/xml.ts';
import { withDeadline } from '../../deadline.ts';
import type { NotifySettings } from '../../hub-service-settings.ts';
import { envelopeUris, soapHeaders, writeEnvelope } from '../../wcf/envelope.ts';
import { readResult } from '../../wcf/read.ts';
import { writeRequest } from '../../wcf/write.ts';

/** It was heard and not accepted, or it is not known what became of it: to be told again. The message quotes nothing. */
export class NotAccepted extends Error {
  override name = 'NotAccepted';
}

const maxBytes = 256 * 1024;

/** @throws NotAccepted */
export async function tell<O extends HubOperation>(
  http: Http,
  { url, soap, action, timeoutSeconds }: NotifySettings,
  operation: O,
  parameters: object,
): Promise<HubResult<O>> {
  const named = action.replace('{namespace}', hubContract.namespace).replace('{operation}', operation);
  const body = writeEnvelope(soap, writeRequest(hubContract, operation, parameters as Record<string, unknown>));
  const headers = soapHeaders(soap, named);
  const result = await withDeadline(timeoutSeconds * 1000, async (signal) => {
    const { status, text } = await http.post({ url, headers, body, maxBytes, signal });
    if (status !== 200) throw new NotAccepted(`the concentrator answered with HTTP status ${status}`);
    return understood(operation, soap, text);
  }).catch((cause: unknown) => {
    if (cause instanceof NotAccepted) throw cause;
    throw new NotAccepted('the concentrator gave no answer that is understood', { cause });
  });
  if (result.Success === true) return result as unknown as HubResult<O>;
  const numbers = (result.ErrorList ?? []).map((e) => e.IdError).join(', ');
  throw new NotAccepted(`the concentrator did not accept it: error ${numbers || 'without number'}`);
}

interface Answered {
  readonly Success?: boolean;
  readonly ErrorList?: readonly { readonly IdError?: number }[];
}

function understood(operation: HubOperation, soap: NotifySettings['soap'], text: string): Answered {
  const envelope = readXml(text.trim());
  const body = envelope.namespace === envelopeUris[soap] ? childOf(envelope, 'Body') : undefined;
  const [response, ...others] = body?.children ?? [];
  if (response?.name !== `${operation}Response` || others.length > 0)
    throw new NotAccepted('the concentrator answered with something else');
  return readResult(hubContract, operation, response) as Answered;
}
