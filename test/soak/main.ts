/** `npm run soak`: the soak at full length. Prints the report as JSON and ends with 1 when the books do not agree. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '../../src/cluster.ts';
import { createOnecHub, type OnecHubOptions } from '../support/onec-hub.ts';
import type { HubOptions } from '../support/process-hub.ts';
import { createRegizHub } from '../support/regiz-process-hub.ts';
import { createStandaloneHub } from '../support/standalone-hub.ts';
import { type Report, runSoak } from './soak.ts';

const hubs = {
  onec: createOnecHub,
  'onec-http': (options: OnecHubOptions) => createOnecHub({ ...options, profile: 'umc-http' }),
  'onec-at-once': (options: OnecHubOptions) => createOnecHub({ ...options, profile: 'umc-http', reservation: false }),
  'onec-hub': (options: HubOptions) => createRegizHub({ ...options, publisher: 'onec' }),
  regiz: createRegizHub,
  standalone: createStandaloneHub,
} as const;

export interface SoakPlan {
  readonly mis?: keyof typeof hubs;
  readonly bookings: number;
  readonly hubKills: number;
  /** Of Postgres, and of the sandbox where there is one. */
  readonly otherKills: number;
  readonly writeRate?: number;
  readonly lateMilliseconds?: number;
  readonly grace?: number;
  /** Of 1С. */
  readonly uniqueness?: boolean;
  readonly settleSeconds?: number;
  /** Folder of a mutant. */
  readonly program?: string;
  readonly log?: (line: string) => void;
}

/** One soak from nothing to nothing: its own Postgres, sandbox and hub, all killed in between. */
export async function soak(plan: SoakPlan): Promise<Report & { output: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'medmost-soak-'));
  const start = () => startCluster({ dir, settings: ['fsync=off', 'log_min_messages=error'] });
  let cluster = await start();
  const grace = plan.grace ?? 2500;
  const mis = plan.mis ?? 'onec';
  const hub = await hubs[mis]({
    databaseUrl: cluster.url,
    doctors: Math.max(30, Math.ceil(plan.bookings / 45)),
    grace,
    uniqueness: plan.uniqueness ?? true,
    ...(plan.program !== undefined && { program: plan.program }),
  });
  try {
    const report = await runSoak(
      hub,
      {
        kill: () => cluster.kill(),
        restart: async () => {
          cluster = await start();
        },
      },
      {
        bookings: plan.bookings,
        writeRate: plan.writeRate ?? 0.22,
        readRate: 0.1,
        lateMilliseconds: plan.lateMilliseconds ?? 600,
        kills: { hub: plan.hubKills, sandbox: mis === 'standalone' ? 0 : plan.otherKills, postgres: plan.otherKills },
        settleSeconds: plan.settleSeconds ?? grace / 1000 + 30,
        ...(plan.log !== undefined && { log: plan.log }),
      },
    );
    return { ...report, output: hub.output() };
  } catch (error) {
    throw new Error(`the soak broke off; the hub said:\n${hub.output()}`, { cause: error });
  } finally {
    await hub.stop();
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bookings: { type: 'string', default: '16000' },
      'hub-kills': { type: 'string', default: '50' },
      'other-kills': { type: 'string', default: '20' },
      mis: { type: 'string', default: 'onec' },
    },
  });
  const mis = Object.keys(hubs).find((name): name is keyof typeof hubs => name === values.mis);
  if (mis === undefined) throw new RangeError(`--mis takes ${Object.keys(hubs).join(' or ')}`);
  const { output, ...report } = await soak({
    mis,
    bookings: Number(values.bookings),
    hubKills: Number(values['hub-kills']),
    otherKills: Number(values['other-kills']),
    log: (line) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`),
  });
  console.log(JSON.stringify(report, null, 2));
  const bad = report.ghosts + report.false + report.doubles + report.lost;
  if (bad > 0) {
    console.error(output);
    process.exitCode = 1;
  }
}
