/**
 * A bare HTTP server that answers each operation (of an envelope, else the last part of the address) as a test says: for
 * answers no sandbox would give.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly operation: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export type Handler = (response: ServerResponse, received: Received) => void;

export interface PlainServer {
  readonly url: string;
  readonly received: Received[];
  /** Answers to come, by operation; the last one given stays. */
  on(operation: string, ...handlers: Handler[]): void;
  close(): Promise<void>;
}

export async function startPlainServer(): Promise<PlainServer> {
  const handlers = new Map<string, Handler[]>();
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const operation = /:?Body[^>]*><(?:\w+:)?(\w+)/.exec(body)?.[1] ?? request.url?.split('/').at(-1) ?? '';
      const one = { operation, body, headers: request.headers };
      received.push(one);
      const list = handlers.get(operation) ?? [];
      const handler = list.length > 1 ? list.shift() : list[0];
      if (handler === undefined) response.writeHead(404).end('no such operation');
      else handler(response, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/umc`,
    received,
    on: (operation, ...list) => void handlers.set(operation, list),
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A whole SOAP 1.2 answer whose `return` holds `text`. */
export const envelope = (operation: string, text: string, namespace = 'ru.umc'): string =>
  `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><m:${operation}Response xmlns:m="${namespace}"><m:return xmlns:xs="http://www.w3.org/2001/XMLSchema">${escapeXml(text)}</m:return></m:${operation}Response></soap:Body></soap:Envelope>`;

/** Answers 200 with `text` in `return`. */
export const returning =
  (text: string): Handler =>
  (response, { operation }) =>
    void response
      .writeHead(200, { 'content-type': 'application/soap+xml; charset=utf-8' })
      .end(envelope(operation, text));

/** Answers with these bytes. */
export const raw =
  (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Handler =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8', ...headers }).end(body);

export const reserved = (guid: string): string =>
  `<ОтветНаЗаписьССайта xmlns="S1"><Результат>true</Результат><ОписаниеОшибки> </ОписаниеОшибки><УИД>${guid}</УИД></ОтветНаЗаписьССайта>`;
export const refused = (sentence: string, root = 'ОтветНаЗаписьССайта'): string =>
  `<${root} xmlns="S1"><Результат>false</Результат><ОписаниеОшибки>${sentence}\n</ОписаниеОшибки></${root}>`;
export const status = (code: number | string): string =>
  `<ОтветНаЗапросСтатусаЗаявки xmlns="S1"><Результат>${code}</Результат><ОписаниеРезультата>Состояние</ОписаниеРезультата></ОтветНаЗапросСтатусаЗаявки>`;
export const cancelled = `<РезультатВыполнения xmlns="S1"><Результат>true</Результат><ОписаниеОшибки> </ОписаниеОшибки></РезультатВыполнения>`;
