/** What every pretend system does with a port of its own, on loopback. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** @param port 0 = any free one @returns the port @throws when it is taken */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** At once: open connections are cut. */
export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The body as UTF-8; undefined when the client broke off or sent more than that many bytes. */
export async function bodyOf(request: IncomingMessage, most = 1_000_000): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > most) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What the web server before 1С or IIS answers for a wrong base or service. */
export function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
  response.end('<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>');
}
