/** Faults in which something other than the service's answer comes: pages, faults, statuses, JSON. */
import { type Call, sendBody } from '../call.ts';
import { allOperations, soapOperations } from '../operation-names.ts';
import type { Fault, FaultParams } from './fault.ts';

const html = 'text/html; charset=utf-8';

const loginPage = `<!DOCTYPE html><html><head><title>Вход – РЕГИЗ</title></head><body>
<form><h1>Вход в систему</h1><input name="login"><input name="password" type="password"></form></body></html>`;

const gateway =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';

const failed = 'Серверу не удалось обработать запрос из-за внутренней ошибки.';

type Page = (call: Call, params: FaultParams) => readonly [status: number, type: string, body: string];

/** A fault with an answer that does not depend on what the call did, so that it may do it or not. */
function page(name: string, sentence: string, make: Page, operations = allOperations): Fault {
  return {
    name,
    sentence,
    committed: 'no',
    operations,
    async play(call, params) {
      if (params.commit === true) await call.run();
      sendBody(call, ...make(call, params));
    },
  };
}

export const pageFaults: readonly Fault[] = [
  page('html-200', 'HTTP 200 with a login page.', () => [200, html, loginPage]),
  page('html-502', 'HTTP 502 with a page of the proxy before the service.', () => [502, html, gateway]),
  page('soap-fault-500', 'SOAP fault, or JSON error, with HTTP 500; `text` replaces the text.', (call, params) => [
    500,
    call.contentType,
    call.failure(params.text ?? failed).body,
  ]),
  page('soap-fault-200', 'The same with HTTP 200.', (call, params) => [
    200,
    call.contentType,
    call.failure(params.text ?? failed).body,
  ]),
  page(
    'soap-fault-html',
    'SOAP fault with HTTP 500 and HTML elements inside the fault text.',
    (call) => [
      500,
      call.contentType,
      call
        .failure('\0')
        .body.replace('\0', '<html xmlns=""><body><script>alert(1)</script><b>Ошибка</b></body></html>'),
    ],
    soapOperations,
  ),
  page('session-401', 'HTTP 401 as if the token were gone.', () => [401, html, 'Unauthorized']),
  page('auth-403', 'HTTP 403: the client may not use the service.', () => [403, html, 'Forbidden']),
  page('json-exception', 'HTTP 200 with an exception as JSON.', () => [
    200,
    'application/json; charset=utf-8',
    JSON.stringify({ success: false, errorCode: 660, message: 'Что-то пошло не так', stackTrace: null }),
  ]),
  {
    name: 'redirect-307',
    sentence:
      'HTTP 307 to another path of the sandbox, which notes in the log that it was followed; `text` = other URL.',
    committed: 'no',
    operations: allOperations,
    async play(call, params) {
      if (params.commit === true) await call.run();
      call.response.writeHead(307, { location: params.text ?? `${call.origin}/control/canary` }).end();
    },
  },
];
