/** Runs a pretend MedFlex as a process of its own: `node sandbox/medflex/main.ts --help`. */
import { parseArgs } from 'node:util';
import { startMedflexSandbox } from './server.ts';

const help = `node sandbox/medflex/main.ts [options]    a pretend MedFlex (ПроДокторов): takes schedules, sends webhooks

  --port N           port on 127.0.0.1, 0 = any free one (0)
  --token T          by which the clinic proves who it is (sandbox-medflex-token)
  --webhook-token T  by which MedFlex proves who it is (sandbox-webhook-token)
  --target URL       where the webhooks of the clinic are (http://127.0.0.1:8085/medflex)

Prints one line of JSON when it listens: {"url"}. Its page shows the cells.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    'webhook-token': { type: 'string' },
    target: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) console.log(help);
else {
  const { token, target, 'webhook-token': webhookToken } = values;
  const { url, close } = await startMedflexSandbox({
    port: Number(values.port),
    ...(token !== undefined && { token }),
    ...(webhookToken !== undefined && { webhookToken }),
    ...(target !== undefined && { target }),
  });
  console.log(JSON.stringify({ url }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
