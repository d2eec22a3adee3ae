/** Where the server listens, and how it stops. */
import type { FastifyInstance } from 'fastify';
import { type Config, ConfigError } from './config.ts';

/** A connection whose last request was in flight when closing began stays open for its keep-alive time unless told to go. */
export async function closeServer(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), 50);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}

const portOf = (config: Config) => Number(process.env['PORT'] ?? config.server.port);

/** What letters and slips lead to: never what a request says of its host. */
export const urlOf = (config: Config) => config.server.publicUrl ?? `http://${config.server.host}:${portOf(config)}`;

/** @returns the address @throws ConfigError when the port is taken */
export async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const port = portOf(config);
  try {
    return await app.listen({ host: config.server.host, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new ConfigError(`Port ${port} is in use. Start with another one: PORT=8081 npm start`, { cause });
  }
}
