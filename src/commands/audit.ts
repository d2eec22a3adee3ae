/** `medmost audit …`: what inspectors and operators ask of the audit. docs/audit.md */
import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import type { Audit } from '../access/audit/audit.ts';
import type { AuditAgent } from '../access/audit/event.ts';
import type { ReportQuery } from '../access/audit/report.sql.ts';
import { linesOf, type ReportFormat, reportFormats } from '../access/audit/report.ts';
import { readNewestSeal } from '../access/audit/seal.sql.ts';
import { verifyAudit } from '../access/audit/verify.ts';
import { type Config, ConfigError } from '../config.ts';
import type { Ground } from '../ground.ts';
import { isId } from '../store/resource.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly format: ReportFormat;
}

export function addAuditCommands(program: Command, configOf: () => Config, withGround: WithGround): void {
  const audit = program.command('audit').description('look into the audit: who saw whom, and whether it is whole');

  audit
    .command('verify')
    .description('check the chain of seals; ends with 1 when it is broken')
    .option(
      '--seal <number:hash>',
      'a seal that `medmost audit seal` printed earlier: shows also that no end was cut off',
    )
    .action(({ seal }: { seal?: string }) => {
      const known = sealOf(seal);
      return withGround((ground) => verify(ground, known));
    });

  audit
    .command('seal')
    .description('print the newest seal, to be kept elsewhere')
    .action(() =>
      withGround(async ({ pool }) => {
        const seal = await readNewestSeal(pool);
        console.log(seal === undefined ? 'nothing is sealed yet' : `${seal.n}:${seal.hash} ${seal.at.toISOString()}`);
      }),
    );

  const report = (name: string, description: string, what: string, queryOf: (of: string) => Partial<ReportQuery>) =>
    audit
      .command(name)
      .description(description)
      .argument(`<${what}>`)
      .option('--from <time>', 'the first instant, or day in UTC; default: three years ago')
      .option('--to <time>', 'the first instant that does not belong to it; default: now')
      .addOption(new Option('--format <format>', 'of the lines').choices([...reportFormats]).default('csv'))
      .action((of: string, options: ReportOptions) => {
        const query = { ...queryOf(of), ...timesOf(options) };
        return withGround((ground) => print(configOf(), ground, `audit ${name}`, query, options.format));
      });
  report('who-saw', 'who has seen or changed data of a patient', 'patient', (patient) => {
    if (!isId(patient)) throw new ConfigError('the patient is given by the id of its Patient');
    return { patient };
  });
  report('touched', 'what an account or a client program has done, and to whom', 'subject', (subject) => ({ subject }));
}

function sealOf(text: string | undefined): { n: string; hash: string } | undefined {
  if (text === undefined) return undefined;
  const [, n, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (n === undefined || hash === undefined)
    throw new ConfigError('--seal takes what `medmost audit seal` prints: <number>:<hash>');
  return { n, hash };
}

async function verify({ pool }: Ground, known: ReturnType<typeof sealOf>): Promise<void> {
  const verdict = await verifyAudit(pool, Date.now(), known);
  const { seals, events, expired, unsealed, broken, newest } = verdict;
  console.log(`${seals} seals of ${events} events; ${expired} events expired; ${unsealed} wait for a seal`);
  if (newest !== undefined) console.log(`newest seal ${newest.n}:${newest.hash}`);
  console.log(broken === undefined ? 'the audit is whole' : `BROKEN at seal ${broken.seal}: ${broken.problem}`);
  if (broken !== undefined) process.exitCode = 1;
}

async function print(
  config: Config,
  { audit, pool }: Ground,
  name: string,
  query: ReportQuery,
  format: ReportFormat,
): Promise<void> {
  await recordCommand(audit, `command ${name}`, query.patient);
  const base = `${config.server.publicUrl ?? `http://localhost:${config.server.port}`}/fhir`;
  for await (const line of linesOf(pool, query, format, base)) console.log(line);
}

/** Half-open. */
function timesOf({ from, to }: ReportOptions): { from: Date; to: Date } {
  const now = new Date();
  const begin = new Date(now);
  begin.setUTCFullYear(now.getUTCFullYear() - 3);
  return { from: timeOf(from, begin), to: timeOf(to, now) };
}

function timeOf(text: string | undefined, otherwise: Date): Date {
  if (text === undefined) return otherwise;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new ConfigError(`${text} is no time: write 2026-12-01 or 2026-12-01T09:00:00Z`);
  return time;
}

/** Who has typed the command. */
export const operatorHere = (): AuditAgent => ({
  subject: `os:${userInfo().username}`,
  role: 'operator',
  client: 'command line',
});

/** Whoever reads data of patients on the machine of the hub is written down before he is shown any. */
export async function recordCommand(
  audit: Audit,
  interaction: string,
  patient?: string,
  clinic?: number,
): Promise<void> {
  await audit.record([
    {
      at: Date.now(),
      kind: 'command',
      action: 'R',
      interaction,
      outcome: 0,
      patient,
      clinic,
      agent: operatorHere(),
    },
  ]);
}
