/**
 * Requests to addresses that clients give us (RELIABILITY §1.10). Where one may go is checked of the text of the URL, of every
 * address that its name has at the moment of connecting, and of the address that was connected to: a name that leads elsewhere
 * the next time finds the same answer. No redirects, no proxy of the environment, limits in time and size.
 */
import { type LookupAddress, lookup } from 'node:dns';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { withDeadline } from './deadline.ts';
import { isPublicAddress, netsOf } from './public-address.ts';

export interface OutboundSettings {
  /** `http:` too. */
  readonly allowHttp: boolean;
  /** Host names, addresses and networks (`10.1.0.0/16`) inside: they may be called, at any port. */
  readonly allow: readonly string[];
  /** Ports of public hosts. */
  readonly ports: readonly number[];
  /** PEM of an authority that is trusted beside those of Node. */
  readonly ca?: string | undefined;
}

export interface OutboundRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Milliseconds from the beginning to the end of the answer. */
  readonly timeout: number;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Seconds of Retry-After, if it was sent as a number. */
  readonly retryAfter: number | undefined;
}

export interface Outbound {
  /** Whether a request could go there: the URL's text, and every address of its name. @throws OutboundError */
  check(url: string): Promise<void>;
  /** @throws OutboundError when there was no answer */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
  /** For `fetch`: it connects only to where one may go. Ask `check` first, follow no redirects. */
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

export type OutboundFailure = 'address' | 'name' | 'connection' | 'timeout';

/** `message` may be shown to the client: it holds nothing of what was found out about the network. */
export class OutboundError extends Error {
  override name = 'OutboundError';
  readonly failure: OutboundFailure;

  constructor(failure: OutboundFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Like `dns.lookup` with `all`; given by tests. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const resolveByDns: Resolve = (name, done) => lookup(name, { all: true }, done);
/** Connections to one receiver at once, and bytes of an answer that are read. */
const connectionsPerHost = 4;
const answerBytes = 16_384;
const connectMilliseconds = 5000;

const notAllowed = () => new OutboundError('address', 'the address of the endpoint is not one that may be called');

export function openOutbound(settings: OutboundSettings, resolve: Resolve = resolveByDns): Outbound {
  const rules = rulesOf(settings);
  const agent = new Agent({
    connect: guardedConnect(rules, settings, resolve),
    connections: connectionsPerHost,
    pipelining: 1,
    maxResponseSize: answerBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async check(url) {
      const host = bare(checkUrl(url, rules, settings).hostname);
      if (isIP(host) === 0) await addressesOf(host, rules, resolve);
    },
    send: async (request) => send(agent, checkUrl(request.url, rules, settings), request),
    dispatcher: agent,
    close: () => agent.destroy(),
  };
}

interface Rules {
  readonly hosts: ReadonlySet<string>;
  mayCall(address: string): boolean;
  isInside(address: string): boolean;
}

function rulesOf({ allow }: OutboundSettings): Rules {
  const isNet = (text: string) => isIP(text.split('/')[0]!) !== 0;
  const nets = netsOf(allow.filter(isNet));
  const isInside = (address: string) => nets.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return {
    hosts: new Set(allow.filter((text) => !isNet(text)).map((name) => name.toLowerCase())),
    isInside,
    mayCall: (address) => isPublicAddress(address) || isInside(address),
  };
}

/** IPv6 without brackets, a name without the dot at its end. */
const bare = (host: string) => host.replace(/^\[|\]$|\.$/g, '');

/** What can be told from the text alone; `new URL` has normalised `127.1`, `0x7f.1` and their like. @throws OutboundError */
function checkUrl(text: string, rules: Rules, { allowHttp, ports }: OutboundSettings): URL {
  const url = URL.parse(text);
  if (url === null) throw new OutboundError('address', 'the endpoint is not an absolute URL');
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:'))
    throw new OutboundError('address', 'the endpoint must be an address that begins with https://');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('address', 'the endpoint must hold no name and password: send them by a header');
  if (url.hash !== '') throw new OutboundError('address', 'the endpoint must have no part after "#"');
  const host = bare(url.hostname);
  const inside = rules.hosts.has(host) || (isIP(host) !== 0 && rules.isInside(host));
  if (inside) return url;
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notAllowed();
  if (/^localhost$|\.(localhost|local|internal|home\.arpa)$/i.test(host)) throw notAllowed();
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (!ports.includes(port))
    throw new OutboundError('address', `the endpoint must be at one of the ports ${ports.join(', ')}`);
  return url;
}

/** Every address of a name must be one that may be called: a receiver with one address inside is not called at another. */
function addressesOf(host: string, rules: Rules, resolve: Resolve): Promise<readonly LookupAddress[]> {
  return new Promise((done, fail) => {
    resolve(host, (error, addresses) => {
      if (error !== null || addresses.length === 0)
        return fail(new OutboundError('name', 'the host name of the endpoint cannot be found'));
      const allowed = rules.hosts.has(host) || addresses.every((a) => rules.mayCall(a.address));
      return allowed ? done(addresses) : fail(notAllowed());
    });
  });
}

type LookupDone = (error: Error | null, addresses?: readonly LookupAddress[] | string, family?: number) => void;

/** The name is resolved here, and the connection goes to what was checked. */
function guardedConnect(rules: Rules, settings: OutboundSettings, resolve: Resolve): buildConnector.connector {
  const find = (host: string, options: { all?: boolean }, done: LookupDone) => {
    addressesOf(bare(host), rules, resolve).then(
      (found) => (options.all === true ? done(null, found) : done(null, found[0]!.address, found[0]!.family)),
      (error: Error) => done(error),
    );
  };
  const ca = settings.ca === undefined ? {} : { ca: [...rootCertificates, settings.ca] };
  const connect = buildConnector({ timeout: connectMilliseconds, lookup: find as never, ...ca });
  return (options, callback) => {
    const host = bare(options.hostname);
    // The system connects to an address without asking for a name.
    if (isIP(host) !== 0 && !rules.mayCall(host) && !rules.hosts.has(host)) return callback(notAllowed(), null);
    return connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null || socket === null) return callback(...result);
      const peer = socket.remoteAddress ?? '';
      if (rules.mayCall(peer) || rules.hosts.has(host)) return callback(...result);
      socket.destroy();
      return callback(notAllowed(), null);
    });
  };
}

async function send(agent: Agent, url: URL, request: OutboundRequest): Promise<OutboundAnswer> {
  const { method, headers, body, timeout } = request;
  try {
    return await withDeadline(timeout, async (signal) => {
      const path = url.pathname + url.search;
      const answer = await agent.request({ origin: url.origin, path, method, headers, body: body ?? null, signal });
      await answer.body.dump({ limit: answerBytes, signal });
      return { status: answer.statusCode, retryAfter: retryAfterOf(answer) };
    });
  } catch (error) {
    throw failureOf(error);
  }
}

function retryAfterOf({ headers }: Dispatcher.ResponseData): number | undefined {
  const text = String(headers['retry-after'] ?? '');
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function failureOf(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'UND_ERR_CONNECT_TIMEOUT')
    return new OutboundError('timeout', 'the endpoint did not answer in time');
  if (/CERT|TLS|SSL|SIGNED/.test(code ?? ''))
    return new OutboundError('connection', 'the certificate of the endpoint is not trusted');
  return new OutboundError('connection', 'no connection to the endpoint, or it broke');
}
