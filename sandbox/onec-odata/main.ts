/** Runs a pretend 1С with OData as a process of its own: `node sandbox/onec-odata/main.ts --help`. */
import { parseArgs } from 'node:util';
import { startOdataSandbox } from './server.ts';

const help = `node sandbox/onec-odata/main.ts [options]    a small hospital behind the standard OData interface of 1С

  --port N    port on 127.0.0.1, 0 = any free one (0)

Prints one line of JSON when it listens: {"url","login","password"}.`;

const { values } = parseArgs({ options: { port: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) console.log(help);
else {
  const { url, login, password, close } = await startOdataSandbox({ port: Number(values.port ?? 0) });
  console.log(JSON.stringify({ url, login, password }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
