/** What may come in place of a good answer, for the next so many calls. */
import type { ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Fault = (response: ServerResponse, good: Reply) => void;

const html = 'text/html; charset=utf-8';
const json = 'application/json; charset=utf-8';
const page = (text: string) => `<!DOCTYPE html><html><body><h1>${text}</h1></body></html>`;

export function send(response: ServerResponse, { status, type, body, headers = {} }: Reply): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

const instead =
  (status: number, type: string, body: string): Fault =>
  (response) =>
    send(response, { status, type, body });

const cut = ({ body }: Reply): string => body.slice(0, Math.floor(body.length / 2));
const cp1251 = (text: string) =>
  Buffer.from([...text].map((sign) => (/[а-яА-Я]/.test(sign) ? sign.charCodeAt(0) - 0x350 : sign.charCodeAt(0) & 127)));

/** Text of an error that echoes what nobody may see in a log. */
export const echo = 'Проверкина Аглая Тестовна';

const error = (code: string, value: string) =>
  JSON.stringify({ 'odata.error': { code, message: { lang: 'ru', value } } });

/** Those that come before 1С has written; after the others a write is done. */
export const beforeWriting: ReadonlySet<string> = new Set([
  ...['drop-before', 'session-401', 'auth-403', 'licence-406', 'handler-500', 'filter-400', 'redirect-307'],
]);

/** The connection breaks, and so many milliseconds later the write is done all the same. */
export const lateMilliseconds = 400;

export const faults: Readonly<Record<string, Fault>> = {
  'drop-before': (response) => void response.socket?.destroy(),
  reset: (response) => void response.socket?.resetAndDestroy(),
  // Of a write: done after `lateMilliseconds`.
  late: (response) => void response.socket?.destroy(),
  hang: () => {},
  drip: (response, { type, body }) => void response.writeHead(200, { 'content-type': type }).write(body.slice(0, 1)),
  'empty-200': (response, { type }) => send(response, { status: 200, type, body: '' }),
  truncated: (response, good) => send(response, { ...good, body: cut(good) }),
  'truncated-socket': (response, good) => {
    response.writeHead(200, { 'content-type': good.type, 'content-length': Buffer.byteLength(good.body) });
    response.write(cut(good), () => response.socket?.destroy());
  },
  'html-200': instead(200, html, page('Вход в систему')),
  'html-502': instead(502, html, page('502 Bad Gateway')),
  'session-401': instead(401, html, page('Неавторизован')),
  'auth-403': instead(403, html, page('Недостаточно прав доступа')),
  'licence-406': instead(406, 'text/plain; charset=utf-8', 'Не обнаружено свободной лицензии!'),
  'handler-500': instead(500, json, error('-1', `{ОбщийМодуль.Сеанс(180)}: ${echo}`)),
  'good-500': (response, good) => send(response, { ...good, status: 500 }),
  'error-200': instead(200, json, error('-1', echo)),
  'filter-400': instead(400, json, error('14', echo)),
  'redirect-307': (response, good) => send(response, { ...good, status: 307, headers: { location: '/canary' } }),
  'wrong-charset': (response, { type, body }) =>
    void response.writeHead(200, { 'content-type': type }).end(cp1251(body)),
  'utf8-bom': (response, good) => send(response, { ...good, body: `\ufeff${good.body}` }),
  huge: (response, good) => send(response, { ...good, body: good.body + ' '.repeat(3_000_000) }),
  'deep-json': instead(200, json, `{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'entity-bomb': instead(200, 'application/xml', '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'),
  'null-row': instead(200, json, '{"odata.count":"1","value":[null]}'),
  'no-list': instead(200, json, '{"odata.count":"0","value":{}}'),
  'empty-list': instead(200, json, '{"odata.count":"0","value":[]}'),
};
