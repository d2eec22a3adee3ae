/** openssl with its gost engine, the witness from outside. As root on Debian it is installed when the machine has none. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const enginePath = '/usr/lib/x86_64-linux-gnu/engines-3/gost.so';

export interface GostEngine {
  /** A folder of this run's own. */
  readonly folder: string;
  /** Runs `openssl`. @throws Error with what it printed when it does not end with 0 */
  run(args: readonly string[], input?: Uint8Array | string): Buffer;
  /** Whether it ends with 0. */
  agrees(args: readonly string[], input?: Uint8Array | string): boolean;
  /** Keeps bytes in the folder. @returns the path */
  keep(name: string, bytes: Uint8Array | string): string;
}

/** @returns undefined, and says why, where there is no engine and none can be installed */
export function openGostEngine(): GostEngine | undefined {
  if (!existsSync(enginePath)) install();
  if (!existsSync(enginePath)) {
    console.warn(
      'There is no gost engine of openssl: apt-get install libengine-gost-openssl; its tests are passed over.',
    );
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gost-engine-'));
  const keep = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const env = { ...process.env, OPENSSL_CONF: keep('openssl.cnf', configuration) };
  const spawn = (args: readonly string[], input: Uint8Array | string = '') =>
    spawnSync('openssl', args, { env, input });
  return {
    folder,
    keep,
    run(args, input) {
      const { status, stdout, stderr } = spawn(args, input);
      if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    agrees: (args, input) => spawn(args, input).status === 0,
  };
}

function install(): void {
  const run = (...task: string[]) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...task], { encoding: 'utf8' });
  const attempt = () => run('install', '-y', '--no-install-recommends', 'libengine-gost-openssl');
  if (attempt().status === 0) return;
  run('update');
  attempt();
}

const configuration = `openssl_conf = openssl_init
[openssl_init]
engines = engine_section
[engine_section]
gost = gost_section
[gost_section]
engine_id = gost
dynamic_path = ${enginePath}
default_algorithms = ALL
[req]
distinguished_name = name
[name]
`;
