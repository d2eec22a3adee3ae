/** Processor time of processes, from Linux's /proc; NaN where there is none. https://man7.org/linux/man-pages/man5/proc.5.html */
import { readdir, readFile } from 'node:fs/promises';

/** USER_HZ is 100 on every Linux that Node runs on. */
const microsecondsPerTick = 10_000;

/** Microseconds that a process has used, with all its threads. */
export async function timeOf(pid: number): Promise<number> {
  const fields = await fieldsOf(pid);
  return fields === undefined ? Number.NaN : ticks(fields, 11, 12) * microsecondsPerTick;
}

/** Microseconds of a Postgres server with all its backends, those that have ended too. @param pid of its postmaster */
export async function timeOfTree(pid: number): Promise<number> {
  const own = await fieldsOf(pid);
  if (own === undefined) return Number.NaN;
  let sum = ticks(own, 11, 12, 13, 14);
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = await fieldsOf(Number(name));
    if (fields?.[1] === String(pid)) sum += ticks(fields, 11, 12);
  }
  return sum * microsecondsPerTick;
}

/** The fields that follow the name in parentheses: state is 0, parent 1, utime 11, stime 12, cutime 13, cstime 14. */
async function fieldsOf(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

const ticks = (fields: readonly string[], ...places: number[]) =>
  places.reduce((sum, place) => sum + Number(fields[place]), 0);
