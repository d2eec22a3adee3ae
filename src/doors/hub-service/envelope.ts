/** A request as bytes → the operation and its parameters. What is no call of the contract is answered by a SOAP fault. */
import { ExchangeError } from '../../connectors/exchange.ts';
import { type HubOperation, hubContract } from '../../connectors/regiz/contract/hub.ts';
import { readXml, type XmlNode } from '../../connectors/xml.ts';
import { type Contract, parseReference } from '../../wcf/contract.ts';
import { envelopeUris, type SoapVersion } from '../../wcf/envelope.ts';
import { readParameters, WcfError } from '../../wcf/read.ts';

/** The reason is told: it holds nothing of the request but names of the contract. */
export class SoapRefusal extends Error {
  override name = 'SoapRefusal';
}

export interface SoapRequest {
  readonly version: SoapVersion;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface SoapCall {
  readonly operation: HubOperation;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A call has a few dozen elements; a referral of «Управление очередями» in it some hundreds. */
const limits = { depth: 40, elements: 5000 };
const mediaTypes: Readonly<Record<SoapVersion, string>> = { '1.1': 'text/xml', '1.2': 'application/soap+xml' };
const decoder = new TextDecoder('utf-8', { fatal: true });
const contract: Contract = hubContract;

/** @throws SoapRefusal */
export function readRequest({ version, headers, body }: SoapRequest): SoapCall {
  const type = String(headers['content-type'] ?? '');
  checkType(version, type, String(headers['content-encoding'] ?? 'identity'));
  const element = elementOf(version, treeOf(body));
  const { name } = element;
  if (element.namespace !== contract.namespace || !Object.hasOwn(contract.operations, name))
    throw new SoapRefusal('The body is no operation of IHubService.');
  const action = version === '1.1' ? headers['soapaction'] : /;\s*action="?([^";]*)"?/i.exec(type)?.[1];
  const stated = String(action ?? '').replace(/^"|"$/g, '');
  if (stated !== '' && stated !== `${contract.namespace}${contract.port}/${name}`)
    throw new SoapRefusal('The SOAPAction is not that of the operation in the body.');
  return { operation: name as HubOperation, parameters: parametersOf(name, element) };
}

function checkType(version: SoapVersion, type: string, encoding: string): void {
  const [media = '', ...parameters] = type.toLowerCase().split(';');
  const charset = parameters.map((p) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(p)?.[1]).find(Boolean) ?? 'utf-8';
  if (media.trim() !== mediaTypes[version])
    throw new SoapRefusal(`SOAP ${version} is sent here as ${mediaTypes[version]}.`);
  if (!/^utf-?8$/.test(charset)) throw new SoapRefusal('The envelope is sent in UTF-8.');
  if (encoding.toLowerCase() !== 'identity') throw new SoapRefusal('The envelope is sent unpacked.');
}

function treeOf(body: unknown): XmlNode {
  if (!Buffer.isBuffer(body)) throw new SoapRefusal('There is no envelope.');
  try {
    return readXml(decoder.decode(body), limits);
  } catch (error) {
    if (error instanceof ExchangeError || error instanceof TypeError)
      throw new SoapRefusal('The envelope is not XML in UTF-8 without DOCTYPE, or too large.', { cause: error });
    throw error;
  }
}

/** The one element in the body. */
function elementOf(version: SoapVersion, root: XmlNode): XmlNode {
  const uri = envelopeUris[version];
  if (root.name !== 'Envelope' || root.namespace !== uri)
    throw new SoapRefusal(`This is no envelope of SOAP ${version}.`);
  const parts = root.children.filter((child) => child.namespace === uri);
  const headers = parts.filter(({ name }) => name === 'Header').flatMap(({ children }) => children);
  // Tokens that gateways put there say nothing here; what insists on being understood is not.
  if (headers.some(isInsisting)) throw new SoapRefusal('A header that must be understood is not.');
  const [body, ...others] = parts.filter(({ name }) => name === 'Body');
  const [element, ...more] = body?.children ?? [];
  if (element === undefined || others.length + more.length > 0)
    throw new SoapRefusal('The envelope must have one Body, with one operation in it.');
  return element;
}

const isInsisting = ({ attributes }: XmlNode): boolean =>
  Object.entries(attributes).some(([name, value]) => /:mustUnderstand$/.test(name) && /^\s*(1|true)\s*$/.test(value));

function parametersOf(operation: string, element: XmlNode): Readonly<Record<string, unknown>> {
  try {
    const parameters = readParameters(contract, operation, element);
    for (const [name, text] of Object.entries(contract.operations[operation]!.parameters))
      if (parseReference(text, '').name === 'int' && !isInt32(parameters[name]))
        throw new WcfError(`${name} is not a value of its type`);
    return parameters;
  } catch (error) {
    if (error instanceof WcfError)
      throw new SoapRefusal(`The parameters are not those of ${operation}.`, { cause: error });
    throw error;
  }
}

const isInt32 = (value: unknown): boolean => value === undefined || (value as number) === ((value as number) | 0);
