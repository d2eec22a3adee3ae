/** The absolute URL under which a client sees the hub's FHIR API. */
import { Fault } from '../fault.ts';

const hostPattern = /^[\w.:[\]-]{1,255}$/;
const prefixPattern = /^(?:\/[\w.~-]+)*\/?$/;

export interface Called {
  readonly protocol: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Of what we define ourselves: operations, search parameters, code systems. It names them and need not answer. */
export const canonicalBase = 'https://medmost.ru/fhir';

/**
 * As configured, else as the client has called it. The URL becomes a part of JSON that is not escaped any more, so a Host
 * that is none is refused.
 * @param trustProxy whether there is always a proxy before the hub that says what it was called (Forwarded, X-Forwarded-*)
 * @throws Fault bad-request
 */
export function baseOf(request: Called, publicUrl: string | undefined, trustProxy = false): string {
  if (publicUrl !== undefined) return `${publicUrl}/fhir`;
  const { protocol, host, prefix } = trustProxy ? forwarded(request) : asCalled(request);
  if (!hostPattern.test(host))
    throw new Fault('bad-request', 'The header Host names no host.', { expression: 'http.host' });
  return `${protocol}://${host}${prefix}/fhir`;
}

const asCalled = ({ protocol, host }: Called) => ({ protocol, host, prefix: '' });

/** RFC 7239, and the older headers that say the same. The first of several proxies is the one that the client has called. */
function forwarded({ protocol, host, headers = {} }: Called): { protocol: string; host: string; prefix: string } {
  const first = (name: string) =>
    String(headers[name] ?? '')
      .split(',')[0]!
      .trim();
  const pairs = first('forwarded')
    .split(';')
    .map((pair) => pair.trim().split('=', 2));
  const said = new Map(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')]));
  const scheme = (said.get('proto') || first('x-forwarded-proto') || protocol).toLowerCase();
  const prefix = first('x-forwarded-prefix');
  if (!/^https?$/.test(scheme) || !prefixPattern.test(prefix))
    throw new Fault('bad-request', 'The headers of the proxy before the hub cannot be read.', {
      expression: 'http.x-forwarded-proto',
    });
  const name = said.get('host') || first('x-forwarded-host') || host;
  return {
    protocol: scheme,
    host: withPort(scheme, name, first('x-forwarded-port')),
    prefix: prefix.replace(/\/$/, ''),
  };
}

/** The port of the host goes before the port that is said besides; the one that everybody means is not written. */
function withPort(scheme: string, host: string, port: string): string {
  const [, name = host, own] = /^(.*?[^:])(?::(\d{1,5}))?$/.exec(host) ?? [];
  const bare = host.startsWith('[') && own === undefined ? host : name;
  const number = own ?? (/^\d{1,5}$/.test(port) ? port : '');
  return number === '' || number === (scheme === 'https' ? '443' : '80') ? bare : `${bare}:${number}`;
}
