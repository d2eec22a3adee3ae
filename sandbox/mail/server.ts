/** A pretend mail server: takes every letter over SMTP, delivers none, shows them on a page. For the demo and for tests. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { type ReceivedLetter, readLetter } from './letter.ts';

export interface MailSandbox {
  /** `smtp://127.0.0.1:…` */
  readonly server: string;
  /** Of the page; `letters.json` below it. */
  readonly url: string;
  /** The newest last. */
  readonly letters: readonly ReceivedLetter[];
  /** The next so many letters are refused, for a time (4xx) or for good (5xx). */
  refuse(count: number, code: 421 | 450 | 550): void;
  close(): Promise<void>;
}

export interface MailSandboxOptions {
  /** 0: any free one. */
  readonly smtpPort?: number;
  readonly httpPort?: number;
}

/** Letters that are kept. */
const most = 1000;

export async function startMailSandbox({ smtpPort = 0, httpPort = 0 }: MailSandboxOptions = {}): Promise<MailSandbox> {
  const letters: ReceivedLetter[] = [];
  let refusing = { count: 0, code: 450 };
  let number = 0;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    size: 1_000_000,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refusing.count > 0) {
          refusing = { ...refusing, count: refusing.count - 1 };
          return done(Object.assign(new Error('Not now'), { responseCode: refusing.code }));
        }
        const { mailFrom, rcptTo } = session.envelope;
        letters.push({
          number: ++number,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((r) => r.address),
          ...readLetter(Buffer.concat(chunks)),
          at: new Date().toISOString(),
        });
        if (letters.length > most) letters.shift();
        done();
      });
    },
  });
  // A client that leaves in the middle of a sentence is none of ours to mend.
  smtp.on('error', () => {});
  await new Promise<void>((listening) => smtp.listen(smtpPort, '127.0.0.1', listening));
  const http = createServer((request, response) => show(letters, request.url ?? '/', response));
  await new Promise<void>((listening) => http.listen(httpPort, '127.0.0.1', listening));
  return {
    server: `smtp://127.0.0.1:${portOf(smtp.server as Server)}`,
    url: `http://127.0.0.1:${portOf(http)}`,
    letters,
    refuse(count, code) {
      refusing = { count, code };
    },
    async close() {
      http.closeAllConnections();
      await Promise.all([
        new Promise<void>((closed) => smtp.close(() => closed())),
        new Promise((closed) => http.close(closed)),
      ]);
    },
  };
}

const portOf = (server: Pick<Server, 'address'>) => (server.address() as AddressInfo).port;

function show(letters: readonly ReceivedLetter[], url: string, response: ServerResponse): void {
  const isJson = url.startsWith('/letters.json');
  response.setHeader('content-type', isJson ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8');
  response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  response.end(isJson ? JSON.stringify(letters) : page(letters));
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Addresses in a letter become links, so that the demo can be clicked through. */
const linked = (text: string) =>
  escaped(text).replace(/https?:\/\/[^\s<]+/g, (link) => `<a href="${link}" rel="noreferrer">${link}</a>`);

function page(letters: readonly ReceivedLetter[]): string {
  const items = letters
    .toReversed()
    .map(
      ({ number, to, subject, text, at }) =>
        `<article id="letter-${number}"><h2>${escaped(subject)}</h2><p>${escaped(to.join(', '))} · <time>${at}</time></p><pre>${linked(text)}</pre></article>`,
    );
  return `<!doctype html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Почта песочницы</title>
<style>body{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #bbb}pre{white-space:pre-wrap}</style>
<h1>Почта песочницы</h1><p>Письма, которые отправил хаб. Наружу не уходит ни одно.</p>${items.join('') || '<p>Писем пока нет.</p>'}</html>`;
}
