/** JSON lines on a pipe, readable ones on a terminal. Nothing secret or personal is given to a log in the first place. */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

const redact = {
  paths: ['err.cause', 'err.client', 'err.detail', 'err.where', 'err.parameters', '*.authorization', '*.password'],
  remove: true,
};

/** @param level `MEDMOST_LOG` or info */
export function createLog(level = process.env['MEDMOST_LOG'] ?? 'info'): Logger {
  const options = { level, base: null, redact };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', sync: true }));
}
