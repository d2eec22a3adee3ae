/** Faults in which something other than a SOAP answer comes: pages, faults, statuses, JSON. */
import { type Call, sendReply } from '../call.ts';
import type { Reply } from '../wire.ts';
import { all, type Fault, type FaultParams } from './fault.ts';

const html = 'text/html; charset=utf-8';

const loginPage = `<!DOCTYPE html><html><head><title>1С:Предприятие</title></head><body class="cloud">
<form><h1>Вход в систему</h1><input name="login"><input name="password" type="password"></form></body></html>`;

const position = '{ОбщийМодуль.ВебИнтеграция.Модуль(412)}: Ошибка при вызове метода контекста (Записать)';

const licence = `Не обнаружено свободной лицензии!
Поиск лицензий: на сервере 1С:Предприятия – превышено максимальное количество пользователей.`;

type Page = (call: Call, params: FaultParams) => Reply;

/** A fault with an answer that does not depend on what the call did, so that it may do it or not. */
function page(name: string, sentence: string, make: Page): Fault {
  return {
    name,
    sentence,
    committed: 'no',
    operations: all,
    play(call, params) {
      if (params.commit === true) call.run();
      sendReply(call, make(call, params));
    },
  };
}

const badGateway =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';

export const pageFaults: readonly Fault[] = [
  page('html-200', 'HTTP 200 with the login page of 1С.', () => ({ status: 200, type: html, body: loginPage })),
  page('html-502', 'HTTP 502 with a page of the proxy before 1С.', () => ({
    status: 502,
    type: html,
    body: badGateway,
  })),
  page('soap-fault-500', 'SOAP fault with HTTP 500 and a module position; `text` replaces the text.', (call, params) =>
    call.wire.exception(params.text ?? position),
  ),
  page('soap-fault-200', 'The same SOAP fault with HTTP 200.', (call, params) => ({
    ...call.wire.exception(params.text ?? position),
    status: 200,
  })),
  page('soap-fault-html', 'SOAP fault with HTTP 500 and HTML elements inside the fault text.', (call) =>
    call.wire.exception('<html xmlns=""><body><script>alert(1)</script><b>Ошибка</b></body></html>', true),
  ),
  page('licence-exhausted', 'Out of 1С licences: HTTP 500 as text; variant `406` with HTTP 406.', (_call, params) => ({
    status: params.variant === '406' ? 406 : 500,
    type: 'text/plain; charset=utf-8',
    body: licence,
  })),
  page('session-401', 'HTTP 401 as if the session or the password were gone.', () => ({
    status: 401,
    type: html,
    body: 'Неавторизован',
  })),
  page('auth-403', 'HTTP 403: the user may not use the service.', () => ({
    status: 403,
    type: html,
    body: 'Недостаточно прав доступа',
  })),
  page('json-exception', 'HTTP 200 with an exception as JSON.', () => ({
    status: 200,
    type: 'application/json; charset=utf-8',
    body: JSON.stringify({ exception: { descr: position, innerException: null } }),
  })),
  {
    name: 'redirect-307',
    sentence:
      'HTTP 307 to another path of the sandbox, which notes in the log that it was followed; `text` = other URL.',
    committed: 'no',
    operations: all,
    play(call, params) {
      if (params.commit === true) call.run();
      call.response.writeHead(307, { location: params.text ?? `${call.origin}/control/canary` }).end();
    },
  },
];
