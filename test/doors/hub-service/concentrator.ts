/** A pretend concentrator: takes notifications as the contract has them, and keeps what it has heard. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HubOperation, hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { soapHeaders, writeEnvelope } from '../../../src/wcf/envelope.ts';
import { readParameters } from '../../../src/wcf/read.ts';
import { writeResponse } from '../../../src/wcf/write.ts';
import { bodyOf } from './stage.ts';

/** What it does with a call instead of accepting it. */
export type Trouble = 'error' | 'status 500' | 'drop' | 'nonsense' | 'accept and drop';

export interface Heard {
  readonly operation: HubOperation;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what the tests look at.
  readonly parameters: any;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly accepted: boolean;
}

export interface Concentrator {
  readonly url: string;
  readonly heard: Heard[];
  /** Of the next calls, first to last. */
  readonly troubles: Trouble[];
  /** Accepted calls about an Appointment, once there are as many. */
  accepted(appointment: string, count: number): Promise<readonly Heard[]>;
  close(): Promise<void>;
}

export async function openConcentrator(): Promise<Concentrator> {
  const heard: Heard[] = [];
  const troubles: Trouble[] = [];
  let number = 1000;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const element = bodyOf(body);
    const operation = element.name as HubOperation;
    const parameters = readParameters(hubContract, operation, element);
    const trouble = troubles.shift();
    const accepted = trouble === undefined || trouble === 'accept and drop';
    heard.push({ operation, parameters, headers: request.headers, body, accepted });
    if (trouble === 'drop' || trouble === 'accept and drop') return void request.socket.destroy();
    if (trouble === 'status 500') return void response.writeHead(500).end('Server Error');
    if (trouble === 'nonsense') return void response.writeHead(200).end('<html>Вход</html>');
    const result = accepted
      ? { Success: true, ...(operation === 'SendNotificationAboutAppointment' && { IdNotification: String(++number) }) }
      : { Success: false, ErrorList: [{ IdError: 99, ErrorDescription: 'Ошибка' }] };
    const xml = writeEnvelope('1.1', writeResponse(hubContract, operation, result));
    response.writeHead(200, soapHeaders('1.1')).end(xml);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const idOf = ({ parameters }: Heard) => parameters.idAppointment ?? parameters.appointment.IdAppointment;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/Hub25/HubService.svc`,
    heard,
    troubles,
    async accepted(appointment, count) {
      for (;;) {
        const about = heard.filter((h) => h.accepted && idOf(h) === appointment);
        if (about.length >= count) return about;
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
