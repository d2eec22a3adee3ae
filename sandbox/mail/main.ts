/** Runs a pretend mail server as a process of its own: `node sandbox/mail/main.ts --help`. */
import { parseArgs } from 'node:util';
import { startMailSandbox } from './server.ts';

const help = `node sandbox/mail/main.ts [options]    takes letters over SMTP, delivers none, shows them on a page

  --smtp N   port for letters on 127.0.0.1, 0 = any free one (0)
  --port N   port of the page (0)

Prints one line of JSON when it listens: {"server","url"}.`;

const { values } = parseArgs({
  options: { smtp: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) console.log(help);
else {
  const { server, url, close } = await startMailSandbox({
    smtpPort: Number(values.smtp ?? 0),
    httpPort: Number(values.port ?? 0),
  });
  console.log(JSON.stringify({ server, url }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
