/** Of configuration: by whom people may sign in beside their password. */
import type { ZodType } from 'zod';
import { type Config, ConfigError } from './config.ts';
import { createGateway, gatewaySettings } from './connectors/esia/gateway.ts';
import { createEsia, esiaSettings } from './connectors/esia/index.ts';
import type { IdentityProvider } from './identity.ts';
import type { Clock } from './instant.ts';

/** @throws ConfigError naming every wrong key */
export function providersOf(config: Pick<Config, 'esia' | 'esiaGateway'>, clock: Clock): IdentityProvider[] {
  const esia = made('esia', config.esia, esiaSettings, (settings) => createEsia(settings, { clock }));
  const gateway = made('esiaGateway', config.esiaGateway, gatewaySettings, (settings) =>
    createGateway(settings, { clock }),
  );
  const providers = [esia, gateway].filter((one) => one !== undefined);
  // Accounts are known by the provider's name and its id of the person.
  if (new Set(providers.map(({ name }) => name)).size < providers.length)
    throw new ConfigError(`esiaGateway.name · ${gateway!.name} is the name of another provider already`);
  return providers;
}

function made<Settings>(
  key: string,
  given: unknown,
  schema: ZodType<Settings>,
  make: (settings: Settings) => IdentityProvider,
): IdentityProvider | undefined {
  if (given === undefined) return undefined;
  const { data, error } = schema.safeParse(given);
  if (error !== undefined)
    throw new ConfigError(error.issues.map((i) => `${key}.${i.path.join('.')} · ${i.message}`).join('\n'));
  try {
    return make(data);
  } catch (cause) {
    throw new ConfigError(`${key}.${(cause as Error).message}`, { cause });
  }
}
