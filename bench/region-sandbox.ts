/** A pretend region of many clinics: the sandbox's three, copied in its own file; and a bare client of it. */
import { DatabaseSync } from 'node:sqlite';
import { Agent } from 'undici';
import { generate } from '../sandbox/regiz/generate.ts';
import { withDefaults } from '../sandbox/regiz/options.ts';
import { openState } from '../sandbox/regiz/state.ts';

export interface RegionSize {
  readonly clinics: number;
  readonly doctors: number;
  readonly days: number;
}

/** What is asked of one clinic. */
export interface ClinicAsked {
  readonly lpu: number;
  readonly specialities: readonly string[];
  readonly doctors: readonly string[];
}

export const guid = '5a4d0b0c-0000-4000-8000-000000000001';
const kept = [44, 45, 46];
const copied = ['clinic', 'specialty', 'doctor', 'day', 'slot', 'booking', 'patient'];

/** @returns the clinics of the region */
export function fillRegion(file: string, start: string, { clinics, doctors, days }: RegionSize): ClinicAsked[] {
  const options = withDefaults({ file, start, doctors, days });
  const state = openState(file, options.zone, options.clock);
  generate(state, options);
  state.close();
  using database = new DatabaseSync(file);
  for (const table of copied) for (let n = kept.length; n < clinics; n++) copyClinic(database, table, n);
  return Array.from({ length: clinics }, (_, n) => askedOf(database, lpuOf(n)));
}

const lpuOf = (n: number): number => kept[n % kept.length]! + 100 * Math.floor(n / kept.length);

function copyClinic(database: DatabaseSync, table: string, n: number): void {
  const key = table === 'clinic' ? 'id' : 'clinic';
  const columns = (database.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[]).map(({ name }) => name);
  const values = columns.map((name) => (name === key ? String(lpuOf(n)) : `"${name}"`)).join(', ');
  const names = columns.map((name) => `"${name}"`).join(', ');
  const from = kept[n % kept.length]!;
  database.exec(`INSERT INTO ${table} (${names}) SELECT ${values} FROM ${table} WHERE ${key} = ${from}`);
}

function askedOf(database: DatabaseSync, lpu: number): ClinicAsked {
  const ids = (table: string) => {
    const sql = `SELECT id FROM ${table} WHERE clinic = ? ORDER BY ordinal`;
    return (database.prepare(sql).all(lpu) as { id: string }[]).map(({ id }) => id);
  };
  return { lpu, specialities: ids('specialty'), doctors: ids('doctor') };
}

/** The list of doctors that a directory has read serves the first schedule, too. */
function* bodiesOf(
  { lpu, specialities, doctors }: ClinicAsked,
  first: string,
  last: string,
): Generator<[string, string]> {
  yield ['GetLPUList', ''];
  yield ['GetLPUInfo', `<idLpu>${lpu}</idLpu>`];
  yield ['GetSpesialityList', `<idLpu>${lpu}</idLpu>`];
  for (const id of specialities) yield ['GetDoctorList', `<idSpesiality>${id}</idSpesiality><idLpu>${lpu}</idLpu>`];
  const window = `<visitStart>${first}T00:00:00</visitStart><visitEnd>${last}T23:59:59</visitEnd>`;
  for (const id of doctors) yield ['GetAvaibleAppointments', `<idDoc>${id}</idDoc><idLpu>${lpu}</idLpu>${window}`];
}

/** The requests of a sync and nothing else: every answer is read to its end. @param width exchanges at once for a clinic */
export async function askBare(url: string, clinic: ClinicAsked, days: readonly [string, string], width: number) {
  const agent = new Agent({ connections: width });
  const left = bodiesOf(clinic, ...days);
  const { origin, pathname } = new URL(url);
  let bytes = 0;
  const worker = async (): Promise<void> => {
    for (const [operation, parameters] of left) {
      const call = `<${operation} xmlns="http://tempuri.org/">${parameters}<guid>${guid}</guid></${operation}>`;
      const answer = await agent.request({
        ...{ origin, path: pathname, method: 'POST' },
        headers: {
          'content-type': 'text/xml; charset=utf-8',
          soapaction: `"http://tempuri.org/IHubService/${operation}"`,
        },
        body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${call}</s:Body></s:Envelope>`,
      });
      if (answer.statusCode !== 200) throw new Error(`${operation}: ${answer.statusCode}`);
      bytes += (await answer.body.arrayBuffer()).byteLength;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  await agent.close();
  return bytes;
}
