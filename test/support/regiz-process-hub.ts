/** A hub over one clinic of a sandbox РЕГИЗ, as processes: behind the concentrator, or behind a 1С that publishes the contract. */
import regiz from '../../src/connectors/regiz/index.ts';
import { type Link, openLink } from '../../src/connectors/regiz/link.ts';
import { contextOf } from './connection.ts';
import { createProcessHub, guard, type HubOptions, type MisBooking, type ProcessHub } from './process-hub.ts';

/** Its ids of slots are not those of bookings, and hold semicolons and Cyrillic letters. */
const lpu = 44;
const guid = '5a4d0b0c-0000-4000-8000-000000000001';
const urlAt = (origin: string) => `${origin}/Hub25/HubService.svc`;
const context = contextOf(Date.now);

export interface RegizHubOptions extends HubOptions {
  readonly publisher?: 'concentrator' | 'onec';
}

export async function createRegizHub(options: RegizHubOptions): Promise<ProcessHub> {
  const { grace, request = 700, doctors = 30, publisher = 'concentrator' } = options;
  const surnames = new Map<string, string>();
  let link: Link | undefined;
  const hub = await createProcessHub(options, {
    mis: publisher === 'onec' ? 'onec' : 'regiz',
    sandbox: 'regiz',
    sandboxArgs: ['--doctors', String(doctors), '--guid', guid],
    connection: (origin) => ({
      ...(publisher === 'onec' ? { profile: 'hub', url: `${origin}/zpv` } : { url: urlAt(origin) }),
      lpu,
      guid,
      booking: { graceMilliseconds: grace, historyPause: 50 },
      timeouts: { connect: 500, read: request, write: request, total: 20_000 },
      guard,
    }),
    prepare: dismissWhoRefuses,
    async bookings({ control, sandbox }) {
      link ??= openLink(regiz.settings.parse({ url: urlAt(sandbox), lpu, guid }), context);
      const { bookings } = (await control('GET', `state?idLpu=${lpu}`)) as { bookings: Record<string, string>[] };
      const held: MisBooking[] = [];
      for (const { id, doctor, start, end, patient, source } of bookings.filter(({ status }) => status === 'active')) {
        // The desk books for whomever the clinic has a card of, those of the soak too: that is none of theirs.
        const surname = source === 'hub' ? (surnames.get(patient!) ?? (await surnameOf(link, patient!))) : '';
        if (source === 'hub') surnames.set(patient!, surname);
        held.push({ id: id!, doctor: doctor!, start: start!, end: end!, patient: surname });
      }
      return held;
    },
  });
  return {
    ...hub,
    async stop() {
      await link?.close();
      await hub.stop();
    },
  };
}

/** The control names patients by their ids. */
async function surnameOf(link: Link, IdPat: string): Promise<string> {
  const asked = { pat: { IdPat }, idLpu: lpu };
  const { ListPatient = [] } = await link.read('SearchTop10Patient', asked, { signal: AbortSignal.timeout(30_000) });
  return ListPatient[0]?.Surname ?? '';
}

/** Doctors of an area, of children and of women would refuse whom the soak invents. */
async function dismissWhoRefuses({ sandbox, control }: ProcessHub): Promise<void> {
  const operations = regiz.connect(regiz.settings.parse({ url: urlAt(sandbox), lpu, guid }), context);
  const { role = [] } = await operations.directory!(AbortSignal.timeout(60_000));
  for (const { key, area, specialities } of role)
    if (area !== undefined || /педиатр|акушер/i.test(JSON.stringify(specialities)))
      await control('POST', 'desk', { action: 'dismiss', idLpu: lpu, doctor: String(key) });
  await operations.close();
}
