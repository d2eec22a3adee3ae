/**
 * Stands between the connector and Postgres, and is as bad as the network of a MIS: it looks into the protocol for the statements
 * that write, loses them or their answers, loses the answers of all statements, or spoils them.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
import { once } from 'node:events';
import net from 'node:net';
import type { ContractFault } from '../contract.ts';

export interface Proxy {
  /** The connection string, by way of the proxy. */
  readonly url: string;
  /** Of every answer from now on, until null. */
  fault(kind: ContractFault | null): void;
  close(): Promise<void>;
}

/** Names of prepared statements, as they stand in Parse and in Bind. */
const writes = ['standalone_book\0', 'standalone_cancel\0'];

/** ReadyForQuery: what was asked for is done, and committed. */
const isReady = (answer: Buffer) => answer.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));

export async function openProxy(url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<net.Socket>();
  let fault: ContractFault | null = null;

  const server = net.createServer((client) => {
    const postgres = net.connect(Number(target.port), target.hostname);
    const both = [client, postgres] as const;
    const cut = () => both.forEach((socket) => void socket.destroy());
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', cut).on('close', cut);
      socket.on('close', () => sockets.delete(socket));
    }
    let isWriting = false;
    let held = Buffer.alloc(0);
    client.on('data', (request: Buffer) => {
      const text = request.toString('latin1');
      isWriting = writes.some((name) => text.includes(name));
      if (isWriting && fault === 'write-lost-before') return cut();
      postgres.write(request);
    });
    postgres.on('data', (answer: Buffer) => {
      if (fault === 'read-lost') return cut();
      // No message begins with a zero.
      if (fault === 'read-garbage') answer[0] = 0;
      if (!isWriting || fault !== 'write-lost-after') return void client.write(answer);
      held = Buffer.concat([held, answer]);
      if (isReady(held)) cut();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as net.AddressInfo).port);
  return {
    url: through.href,
    fault(kind) {
      fault = kind;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
