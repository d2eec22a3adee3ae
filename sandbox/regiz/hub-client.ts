/** The concentrator as the caller of a MIS, or of a hub that plays one: one operation of IHubService at an address. */
import { z } from 'zod';
import { type Data, type DataObject, listOf, numberOf, objectOf, textOf } from './data.ts';
import { createDataReader, DeserializationError } from './data-reader.ts';
import { createDataWriter } from './data-writer.ts';
import { hub24, hub25, onecAction, wcfAction } from './hub-service.ts';
import { contentTypeOf, readSoapRequest, SoapFault, writeEnvelope, writeWrapper } from './soap.ts';
import { childOf, type Element } from './xml.ts';

export const targetSchema = z.strictObject({
  url: z.url(),
  /** Token for the one who is called. */
  guid: z.string().default(''),
  contract: z.enum(['hub24', 'hub25']).default('hub25'),
  soap: z.enum(['1.1', '1.2']).default('1.1'),
  style: z.enum(['wcf', '1c']).default('wcf'),
  /** `refuse` tells of every element of the answer that stands in a wrong place. */
  strictOrder: z.enum(['drop', 'refuse', 'off']).default('refuse'),
  milliseconds: z.number().int().positive().default(30_000),
});

export type Target = z.input<typeof targetSchema>;

export interface Outcome {
  operation: string;
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** The answer's own word; undefined when it could not be understood. */
  success: boolean | undefined;
  errors: { code: number; text: string }[];
  idHistory: number | undefined;
  /** `<Op>Result` as data. */
  result: DataObject;
  /** SOAP fault, or why no answer came or was understood. */
  problem: string | undefined;
  milliseconds: number;
}

/** @throws RangeError for an operation that the contract does not have; anything that goes wrong later is in the outcome */
export async function callHub(given: Target, operation: string, ask: DataObject): Promise<Outcome> {
  const target = targetSchema.parse(given);
  const contract = target.contract === 'hub24' ? hub24 : hub25;
  const type = contract.operation(operation);
  if (type === undefined) throw new RangeError(`no operation ${operation} in ${target.contract}`);
  const { style, soap } = target;
  const writer = createDataWriter(contract, { style, emptyLists: 'empty', nulls: 'absent' });
  const members = writer.writeMembers(type, { guid: target.guid, ...ask });
  const body = writeEnvelope(soap, style, writeWrapper(style, operation, members));
  const action = `${style === '1c' ? onecAction : wcfAction}${operation}`;
  const plain = contentTypeOf(soap);
  const headers = {
    'content-type': soap === '1.1' ? plain : `${plain}; action="${action}"`,
    soapaction: `"${action}"`,
  };
  const started = performance.now();
  const outcome: Outcome = {
    ...{ operation, status: 0, success: undefined, errors: [], idHistory: undefined, result: {}, problem: undefined },
    milliseconds: 0,
  };
  try {
    const signal = AbortSignal.timeout(target.milliseconds);
    const response = await fetch(target.url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    outcome.status = response.status;
    Object.assign(outcome, understand(target, operation, await response.text()));
  } catch (error) {
    outcome.problem = problemOf(error);
  }
  outcome.milliseconds = Math.round(performance.now() - started);
  return outcome;
}

function problemOf(error: unknown): string {
  if (error instanceof SoapFault || error instanceof DeserializationError) return error.message;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${String(error)}${cause}`;
}

/** @throws SoapFault, DeserializationError */
function understand(target: z.output<typeof targetSchema>, operation: string, text: string): Partial<Outcome> {
  const contract = target.contract === 'hub24' ? hub24 : hub25;
  const { call } = readSoapRequest(text);
  if (call.name === 'Fault') return { problem: `SOAP fault: ${faultText(call)}` };
  const type = contract.find(`${operation}Response`, 'http://tempuri.org/');
  if (type?.kind !== 'class' || call.name !== type.name || call.namespace !== type.namespace)
    throw new DeserializationError(`{${call.namespace}}${call.name} instead of ${operation}Response`);
  const result = objectOf(createDataReader(contract, target.strictOrder).readClass(type, call), `${operation}Result`);
  if (result === undefined) throw new DeserializationError(`no ${operation}Result`);
  const success = result['Success'];
  return {
    result,
    success: typeof success === 'boolean' ? success : undefined,
    idHistory: numberOf(result, 'IdHistory'),
    errors: listOf(result, 'ErrorList').map((one: Data) => ({
      code: numberOf(one as DataObject, 'IdError') ?? 0,
      text: textOf(one as DataObject, 'ErrorDescription'),
    })),
  };
}

function faultText(fault: Element): string {
  return childOf(fault, 'faultstring')?.text ?? childOf(childOf(fault, 'Reason'), 'Text')?.text ?? '';
}
