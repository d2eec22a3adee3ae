/** `medmost client …`: apps and programs that may be given access. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { type ClientSettings, clientId, newSecret } from '../access/smart/client.ts';
import { disableClient, findClient, listClients, writeClient } from '../access/smart/clients.sql.ts';
import { parseClients } from '../authorization.ts';
import { ConfigError } from '../config.ts';
import type { Ground } from '../ground.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

const idArgument = (text: string): string => {
  if (clientId.safeParse(text).success) return text;
  throw new InvalidArgumentError('Latin letters, digits, dots, hyphens and _ alone.');
};

export function addClientCommands(program: Command, withGround: WithGround): void {
  const command = program.command('client').description('apps and programs that may be given access');
  command
    .command('add')
    .description('register a client; one with a secret is given it, and it is shown this once')
    .argument('<id>', 'by which it calls itself', idArgument)
    .argument('<file>', 'YAML or JSON with the settings of docs/smart.md')
    .option('--replace', 'where there is one of that id already')
    .action((id: string, file: string, o: { replace?: boolean }) => add(withGround, id, file, o.replace === true));
  command
    .command('list')
    .description('show all clients')
    .action(() =>
      withGround(async ({ pool }) => {
        for (const c of await listClients(pool)) {
          const notes = [c.audience, c.authentication, c.configured && 'of the configuration', c.disabled && 'OFF'];
          console.log(`${c.id} · ${c.name} · ${notes.filter(Boolean).join(' · ')}\n  ${c.scopes.join(' ')}`);
        }
      }),
    );
  command
    .command('disable')
    .description('switch a client off: what it was given ends within a second')
    .argument('<id>', 'as it was registered', idArgument)
    .action((id: string) =>
      withGround(async ({ pool }) => {
        if (!(await disableClient(pool, id))) throw new ConfigError(`there is no client ${id} that is on`);
        console.log(`${id} is off`);
      }),
    );
}

function add(withGround: WithGround, id: string, file: string, replace: boolean): Promise<void> {
  const { settings, secret } = read(id, file);
  return withGround(async ({ pool }) => {
    const known = await findClient(pool, id);
    if (known?.configured) throw new ConfigError(`${id} is of the configuration file: change it there`);
    const done = await writeClient(pool, id, settings, { configured: false, replace });
    if (!done) throw new ConfigError(`there is a client ${id} already: repeat with --replace to write it anew`);
    console.log(`${id} is registered for ${settings.audience}`);
    if (secret !== undefined) console.log(`secret: ${secret}`);
  });
}

/** A secret that the file does not give is made. @throws ConfigError */
function read(id: string, file: string): { settings: ClientSettings; secret?: string } {
  let raw: unknown;
  try {
    raw = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`${file}: cannot be read as YAML: ${(cause as Error).message}`, { cause });
  }
  if (raw === null || typeof raw !== 'object') throw new ConfigError(`${file}: holds no settings of a client`);
  const { authentication, secret: given } = raw as { authentication?: unknown; secret?: unknown };
  const secret = String(authentication).startsWith('client_secret') && given === undefined ? newSecret() : undefined;
  const whole = { ...(raw as Record<string, unknown>), ...(secret !== undefined && { secret }) };
  return { settings: parseClients({ [id]: whole }).get(id)!, ...(secret !== undefined && { secret }) };
}
