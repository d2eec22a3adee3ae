/** Which SOAP service answers at which address. protocols/regiz.md §1.1, §1.8. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createEmkService } from './emk-service.ts';
import { createHubService, hub24, hub25 } from './hub-service.ts';
import type { HubGround } from './operations/handler.ts';
import type { FullOptions } from './options.ts';
import { createPixService } from './pix-service.ts';
import { createQueueService } from './queue-service.ts';
import type { SoapService } from './soap-service.ts';

export interface Services {
  /** The service at this path, whatever the case of its letters. */
  at(path: string): SoapService | undefined;
  /** Answers 401 itself when it does not. */
  admits(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

export function servicesOf(ground: HubGround, options: FullOptions, guids: ReadonlySet<string>): Services {
  const onecPath = `/${options.base}/ws/appointment`.toLowerCase();
  const onec = createHubService(ground, { contract: hub24, style: '1c', version: 'any', guids });
  const hub = (contract: typeof hub24, version: '1.1' | '1.2') =>
    createHubService(ground, { contract, style: 'wcf', version, guids });
  const services = new Map<string, SoapService>([
    ['/hub24/hubservice.svc', hub(hub24, '1.1')],
    ['/hub24/hubservice.svc/soap12', hub(hub24, '1.2')],
    ['/hub25/hubservice.svc', hub(hub25, '1.1')],
    ['/hub25/hubservice.svc/soap12', hub(hub25, '1.2')],
    ['/queues/mqservice.svc', createQueueService(ground.state, guids, '1.1')],
    ['/queues/mqservice.svc/soap12', createQueueService(ground.state, guids, '1.2')],
    ['/emk5/pixservice.svc', createPixService(ground.state, guids, '1.1')],
    ['/emk5/pixservice.svc/soap12', createPixService(ground.state, guids, '1.2')],
    ['/emk5/emkservice.svc', createEmkService(ground.state, guids, '1.1')],
    ['/emk5/emkservice.svc/soap12', createEmkService(ground.state, guids, '1.2')],
    [onecPath, onec],
    [`${onecPath}.1cws`, onec],
  ]);
  const basic = `Basic ${Buffer.from(`${options.login}:${options.password}`, 'utf8').toString('base64')}`;
  return {
    at: (path) => services.get(path.toLowerCase()),
    admits(path, request, response) {
      const guarded = services.get(path.toLowerCase()) === onec && ground.state.settings().basicAuthorization;
      if (!guarded || request.headers.authorization === basic) return true;
      response.writeHead(401, { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': 'Basic realm="1C"' });
      response.end('<html><body>Идентификация пользователя не выполнена</body></html>');
      return false;
    },
  };
}
