/**
 * Stands between the connector and Postgres, and is as bad as the network of a MIS: it looks into the protocol for the statements of the
 * connector, loses them or their answers, holds them back, loses the answers of all statements, or spoils them.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
import { once } from 'node:events';
import net from 'node:net';
import type { ContractFault } from '../contract.ts';

/** `hang`: no answer comes any more. */
export type ProxyFault = ContractFault | 'hang';

export interface Chaos {
  /** Shares of the connector's statements that write and that read which are lost, 0..1. */
  readonly writeRate: number;
  readonly readRate: number;
  /** Longest time after which a statement comes through whose sender has gone. */
  readonly lateMilliseconds: number;
}

export interface PostgresProxy {
  /** The connection string, by way of the proxy. */
  readonly url: string;
  /** Of every answer from now on, until null. */
  fault(kind: ProxyFault | null): void;
  /** Random losses from now on. */
  chaos(chaos: Chaos): void;
  close(): Promise<void>;
}

/** Names of prepared statements, as they stand in Parse and in Bind. */
const writes = ['standalone_book\0', 'standalone_cancel\0'];
const reads = ['standalone_booking\0', 'standalone_taken\0'];

/** What becomes of a statement: it does not come through, it comes late, its answer does not come through. */
type Doom = 'before' | 'late' | 'after';
const dooms: readonly Doom[] = ['before', 'late', 'after'];

interface Weather {
  fault: ProxyFault | null;
  chaos: Chaos;
}

function doomOf(request: string, { fault, chaos }: Weather): Doom | undefined {
  const isWrite = writes.some((name) => request.includes(name));
  if (isWrite && fault === 'write-lost-before') return 'before';
  if (isWrite && fault === 'write-lost-after') return 'after';
  const isRead = reads.some((name) => request.includes(name));
  const rate = isWrite ? chaos.writeRate : isRead ? chaos.readRate : 0;
  return Math.random() < rate ? dooms[Math.floor(Math.random() * dooms.length)] : undefined;
}

/** ReadyForQuery: what was asked for is done, and committed. */
const isReady = (answer: Buffer) => answer.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));

export async function openProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const sockets = new Set<net.Socket>();
  const weather: Weather = { fault: null, chaos: { writeRate: 0, readRate: 0, lateMilliseconds: 0 } };

  const server = net.createServer((client) => {
    const postgres = net.connect(Number(target.port), target.hostname);
    for (const socket of [client, postgres]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    carry(client, postgres, weather);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as net.AddressInfo).port);
  return {
    url: through.href,
    fault(kind) {
      weather.fault = kind;
    },
    chaos(chaos) {
      weather.chaos = chaos;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function carry(client: net.Socket, postgres: net.Socket, weather: Weather): void {
  const cut = () => {
    client.destroy();
    postgres.destroy();
  };
  for (const socket of [client, postgres]) socket.on('error', cut).on('close', cut);
  let doom: Doom | undefined;
  let held = Buffer.alloc(0);
  client.on('data', (request: Buffer) => {
    doom = doomOf(request.toString('latin1'), weather);
    if (doom === 'before') return cut();
    if (doom !== 'late') return void postgres.write(request);
    client.off('close', cut).destroy();
    setTimeout(() => postgres.write(request), Math.random() * weather.chaos.lateMilliseconds);
  });
  postgres.on('data', (answer: Buffer) => {
    const { fault } = weather;
    if (fault === 'read-lost') return cut();
    if (fault === 'hang') return;
    // No message begins with a zero.
    if (fault === 'read-garbage') answer[0] = 0;
    if (doom === undefined) return void client.write(answer);
    held = Buffer.concat([held, answer]);
    if (isReady(held)) cut();
  });
}
