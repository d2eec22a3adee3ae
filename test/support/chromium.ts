/** A real Chromium without a window. It is Debian's: what the machine does not have is installed from there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** An installation takes a minute or two: give the hook in which this is called that time. */
export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium() ?? installChromium();
  return chromium.launch({
    executablePath,
    // As root there is no sandbox; the others keep it from calling its makers.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}

const findChromium = () => [process.env['CHROMIUM'], ...places].find((path) => path !== undefined && existsSync(path));

function installChromium(): string {
  const run = (...task: string[]) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...task], { encoding: 'utf8' });
  const install = () => run('install', '-y', '--no-install-recommends', 'chromium');
  const first = install();
  if (first.status !== 0) run('update');
  const last = first.status === 0 ? first : install();
  const found = findChromium();
  if (found === undefined)
    throw new Error(`There is no Chromium: install one, or say in CHROMIUM where it is. ${last.error ?? last.stderr}`);
  return found;
}
