/** Stands before the sandbox's УО, and says no in its place when it is told to: the sandbox refuses only what a hub never sends. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RefusingRelay {
  readonly url: string;
  /** Where everything else goes. */
  forward(target: string): void;
  /** The next request of the operation meets a fault, with `MqFault` in its detail or, undefined, with none. */
  refuse(operation: string, detail: string | undefined): void;
  /** When the sandbox has answered the next request of the operation, this is done before the answer is passed on. */
  after(operation: string, work: () => unknown): void;
  /** The next answer to the operation is another one. */
  rewrite(operation: string, change: (answer: string) => string): void;
  close(): Promise<void>;
}

const envelope = (detail: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>
  <faultstring>Ошибка у Направляемой Анны Тестовны</faultstring><detail>${detail}</detail></s:Fault></s:Body></s:Envelope>`;

/** A fault of УО, with those inside it. */
export const mqFault = (inner: string, property?: string, code = 2): string =>
  `<MqFault xmlns="http://schemas.datacontract.org/2004/07/MQ.Dto.Fault"><ErrorCode>${code}</ErrorCode>` +
  `<Message>Неверно: Направляемая Анна Тестовна</Message>${inner === '' ? '' : `<MqFaults>${inner}</MqFaults>`}` +
  `${property === undefined ? '' : `<PropertyName>${property}</PropertyName>`}</MqFault>`;

export async function startRelay(): Promise<RefusingRelay> {
  let target = '';
  const refusals: { readonly operation: string; readonly detail: string | undefined }[] = [];
  const works: { readonly operation: string; readonly work: () => unknown }[] = [];
  const changes: { readonly operation: string; readonly change: (answer: string) => string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const action = String(request.headers['soapaction']);
    const meant = refusals.findIndex(({ operation }) => action.includes(`/${operation}"`));
    if (meant >= 0) {
      const [{ detail = '' }] = refusals.splice(meant, 1) as [(typeof refusals)[number]];
      response.writeHead(500, { 'content-type': 'text/xml; charset=utf-8' });
      return void response.end(envelope(detail));
    }
    const { 'content-type': type = 'text/xml' } = request.headers;
    try {
      const headers = { 'content-type': type, soapaction: action };
      const answer = await fetch(target, { method: 'POST', headers, body: Buffer.concat(chunks) });
      const due = works.findIndex(({ operation }) => action.includes(`/${operation}"`));
      if (due >= 0) await works.splice(due, 1)[0]!.work();
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' });
      const changed = changes.findIndex(({ operation }) => action.includes(`/${operation}"`));
      const change = changed < 0 ? (text: string) => text : changes.splice(changed, 1)[0]!.change;
      response.end(change(await answer.text()));
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/queues/MqService.svc`,
    forward: (to) => {
      target = to;
    },
    refuse: (operation, detail) => void refusals.push({ operation, detail }),
    after: (operation, work) => void works.push({ operation, work }),
    rewrite: (operation, change) => void changes.push({ operation, change }),
    close: () => new Promise((done) => void server.close(() => done())),
  };
}
