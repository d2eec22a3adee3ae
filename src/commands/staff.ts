/** `medmost staff …`: credentials of the people who work at a clinic. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createAccountContext } from '../access/account/account.ts';
import { readName } from '../access/account/person-fields.ts';
import { listStaff } from '../access/account/staff.sql.ts';
import { addStaff, removeStaff } from '../access/account/staff.ts';
import { loadKeys } from '../access/keys.ts';
import { type StaffRole, staffRoles } from '../access/principal.ts';
import { type Config, ConfigError } from '../config.ts';
import { Fault } from '../fault.ts';
import { type Ground, tokenKeyFile } from '../ground.ts';
import { isId } from '../store/resource.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

interface AddOptions {
  readonly family?: string;
  readonly given?: string;
  readonly patronymic?: string;
  readonly practitioner?: string;
  readonly reset?: boolean;
}

/** E-mail, or what a clinic calls its people. */
const loginArgument = (text: string): string => {
  if (/^[\p{L}\p{N}][\p{L}\p{N}@._+-]{1,99}$/u.test(text)) return text;
  throw new InvalidArgumentError('Letters, digits and @ . _ + - alone.');
};

const idOption = (text: string): string => {
  if (isId(text)) return text;
  throw new InvalidArgumentError('The id of a Practitioner is a UUID in small letters.');
};

const roleArgument = (text: string): StaffRole => {
  const role = staffRoles.find((r) => r === text);
  if (role !== undefined) return role;
  throw new InvalidArgumentError(`One of: ${staffRoles.join(', ')}.`);
};

export function addStaffCommands(program: Command, withGround: WithGround, configOf: () => Config): void {
  const command = program.command('staff').description('credentials of the people who work at a clinic');
  command
    .command('add')
    .description('give a role at a clinic; a new login gets a password for one use, shown this once')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .argument('<role>', staffRoles.join(', '), roleArgument)
    .argument('<login>', 'e-mail, or a name that the clinic gives', loginArgument)
    .option('--family <name>', 'family name, for a new login')
    .option('--given <name>', 'given name, for a new login')
    .option('--patronymic <name>', 'patronymic')
    .addOption(new Option('--practitioner <id>', 'the Practitioner that a doctor is').argParser(idOption))
    .option('--reset', 'issue a new password to a login that there is')
    .action((clinic: string, role: StaffRole, login: string, o: AddOptions) =>
      withGround(async (ground) => {
        const order = { clinic: numberOf(ground, clinic), role, login, name: nameOf(o), reset: o.reset === true };
        const done = await addStaff(contextOf(ground, configOf()), { ...order, practitioner: o.practitioner ?? null });
        if (done === 'unknown')
          throw new ConfigError(`there is no login ${login} yet: repeat with --family and --given`);
        console.log(`${login} is ${role} at ${clinic}`);
        if (done.password !== undefined)
          console.log(`password: ${done.password} (for one use within three days, at /account/change-password)`);
      }),
    );
  command
    .command('list')
    .description('show who works at a clinic')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .action((clinic: string) =>
      withGround(async (ground) => {
        for (const s of await listStaff(ground.pool, numberOf(ground, clinic))) {
          const notes = [s.practitioner && `Practitioner/${s.practitioner}`, s.issued && 'has not signed in yet'];
          console.log([s.role, s.login ?? 'by a provider', s.name, ...notes.filter(Boolean)].join(' · '));
        }
      }),
    );
  command
    .command('remove')
    .description('take a role at a clinic away, at once')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .argument('<role>', staffRoles.join(', '), roleArgument)
    .argument('<login>', 'as it was added', loginArgument)
    .action((clinic: string, role: StaffRole, login: string) =>
      withGround(async (ground) => {
        const done = await removeStaff(contextOf(ground, configOf()), numberOf(ground, clinic), role, login);
        if (!done) throw new ConfigError(`${login} is no ${role} at ${clinic}`);
        console.log(`${login} is no ${role} at ${clinic} any more`);
      }),
    );
}

const contextOf = ({ pool, sync, audit }: Ground, config: Config) =>
  createAccountContext(
    {
      ...{ pool, parameters: sync.parameters, clock: sync.clock, log: sync.log, audit },
      ...{ settings: config.accounts, url: config.server.publicUrl ?? `http://${config.server.host}` },
    },
    loadKeys(tokenKeyFile(config)),
  );

function numberOf({ clinics }: Ground, key: string): number {
  const clinic = clinics.byKey(key);
  if (clinic !== undefined) return clinic.number;
  throw new ConfigError(`there is no clinic "${key}"; there are: ${clinics.all.map((c) => c.key).join(', ')}`);
}

function nameOf({ family, given, patronymic }: AddOptions) {
  if (family === undefined || given === undefined) return undefined;
  const read = (option: string, text: string) => {
    try {
      return readName(option, text);
    } catch (error) {
      if (error instanceof Fault) throw new ConfigError(`--${option}: letters, blanks and hyphens alone`);
      throw error;
    }
  };
  return {
    family: read('family', family),
    given: read('given', given),
    patronymic: patronymic === undefined ? null : read('patronymic', patronymic),
  };
}
