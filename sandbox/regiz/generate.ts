/** Makes a believable region: clinics with their own ids, doctors, days with and without booking, slots, patients. */
import { addDays, addMinutes, weekdayOf } from '../common/local-time.ts';
import { createRandom, type Random } from '../common/random.ts';
import { inventPerson, type Person } from '../onec/people.ts';
import { doctorId, patientId, polisOf, slotId, snilsOf, specialtyId } from './ids.ts';
import { generateReferrals } from './referral.ts';
import { areas, type ClinicPlan, clinics, districts, knownPeople, specialties } from './region.ts';
import type { State } from './state.ts';

export interface Scale {
  seed: number;
  /** First day of the schedule, `yyyy-mm-dd`. */
  start: string;
  days: number;
  /** Doctors of each clinic. */
  doctors: number;
  /** Share of the slots that is booked at the start. */
  bookedShare: number;
}

interface Worker {
  clinic: number;
  id: string;
  ordinal: number;
  minutes: number;
}

/** What days are made of, kept so that later days can be added. */
interface Staff {
  readonly workers: Worker[];
  /** The first day without a schedule. */
  readonly until: string;
}

/** Who booked what is booked at the start. */
export const seedClient = 'seed';

/** Fills an empty state; in a state filled before only days are added, so that a restarted sandbox goes on. */
export function generate(state: State, scale: Scale): void {
  const staff = (state.noted('staff') as Staff | undefined) ?? open(state, scale);
  const end = addDays(scale.start, scale.days);
  const from = staff.until > scale.start ? staff.until : scale.start;
  if (from >= end) return;
  state.transaction(() => {
    for (let day = from; day < end; day = addDays(day, 1)) {
      const random = createRandom(scale.seed + Date.parse(`${day}T00:00:00Z`) / 86_400_000);
      for (const worker of staff.workers) addDay(state, random, scale, worker, day);
    }
    state.note('staff', { workers: staff.workers, until: end } satisfies Staff);
  });
}

function open(state: State, scale: Scale): Staff {
  const random = createRandom(scale.seed);
  return state.transaction(() => {
    for (const district of districts) state.run('INSERT INTO district VALUES (?, ?, ?)', ...district);
    const workers = clinics.flatMap((clinic) => addClinic(state, random, clinic, scale));
    generateReferrals(state);
    return { workers, until: scale.start };
  });
}

function addClinic(state: State, random: Random, c: ClinicPlan, scale: Scale): Worker[] {
  const oid = `1.2.643.5.1.13.13.12.2.78.99${c.id}`;
  const full = `СПб ГБУЗ «${c.short.replaceAll(/[«»]/g, '')}»`;
  const where = [c.address, `+7 (812) 000-00-${c.id}`, oid, random.guid()];
  state.run(
    'INSERT INTO clinic VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[c.id, c.district, c.short, full, ...where, c.ids, c.booking],
  );
  const ids = specialties.map((plan, n) => {
    const id = specialtyId(c.ids, n, random);
    const job = [plan.job, specialtyId(c.ids, 100 + n, random), plan.jobFed];
    state.run('INSERT INTO specialty VALUES (?, ?, ?, ?, ?, ?, ?, ?)', c.id, id, n, plan.name, plan.fer, ...job);
    return id;
  });
  for (const person of knownPeople) addPatient(state, c, person, () => random.guid());
  for (let n = 0; n < 20; n++) addPatient(state, c, inventPatient(random), () => random.guid());
  return Array.from({ length: scale.doctors }, (_, n) => addDoctor(state, random, c, ids, n));
}

function addDoctor(state: State, random: Random, clinic: ClinicPlan, ids: string[], n: number): Worker {
  const plan = specialties[n % specialties.length]!;
  const id = doctorId(clinic.ids, n, random);
  const person = inventPerson(random);
  const area = plan.area ? areas[Math.floor(n / specialties.length) % areas.length]! : '';
  state.run(
    'INSERT INTO doctor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)',
    ...[clinic.id, id, n, person.surname, person.name, person.patronymic, ids[n % ids.length]!],
    ...[snilsOf(700 + n + clinic.id * 20), area, plan.profile, String(301 + n), plan.minutes],
  );
  return { clinic: clinic.id, id, ordinal: n, minutes: plan.minutes };
}

const insertPatient = 'INSERT INTO patient VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

interface NewPatient extends Person {
  birthday: string;
  area?: string | undefined;
  deceased?: true;
  cell?: string;
}

function inventPatient(random: Random): NewPatient {
  const [year, day] = [1940 + random.below(65), 10 + random.below(18)];
  const birthday = `${year}-0${1 + random.below(9)}-${day}`;
  return { ...inventPerson(random), birthday, area: random.pick(areas) };
}

/** @returns id of the new patient */
export function addPatient(
  state: State,
  clinic: Pick<ClinicPlan, 'id' | 'ids'>,
  p: NewPatient & { snils?: string; polis?: string; documentS?: string; documentN?: string; home?: string },
  guid: () => string,
): string {
  const number = state.next(`patients ${clinic.id}`, 1);
  const id = patientId(clinic.ids, number, guid);
  const snils = p.snils ?? snilsOf(600 + (number % 100));
  const polis = p.polis ?? polisOf(780_000_000_000_000 + clinic.id * 1000 + number);
  const contacts = [p.home ?? '', p.cell ?? `+7900000${String(number).padStart(4, '0')}`];
  state.run(
    insertPatient,
    ...[clinic.id, id, p.surname, p.name, p.patronymic, p.birthday, snils, polis],
    ...[p.documentS ?? '', p.documentN ?? '', ...contacts, p.area ?? '', p.deceased === true ? 1 : 0],
  );
  return id;
}

/** Days off are days, too: GetWorkingTime tells them with a reason. */
function addDay(state: State, random: Random, scale: Scale, worker: Worker, day: string): void {
  const weekday = weekdayOf(day);
  const { style } = state.get<{ style: ClinicPlan['ids'] }>(
    'SELECT ids AS style FROM clinic WHERE id = ?',
    worker.clinic,
  )!;
  const [from, till] = (worker.ordinal + weekday) % 2 === 0 ? ['09:00', '13:00'] : ['14:00', '18:00'];
  const [start, end] = [`${day}T${from}:00`, `${day}T${till}:00`];
  const deny = weekday === 0 ? 'Выходной день' : (worker.ordinal + weekday * 3) % 13 === 0 ? 'Отпуск' : '';
  state.run('INSERT INTO day VALUES (?, ?, ?, ?, ?)', worker.clinic, worker.id, start, end, deny);
  if (deny !== '') return;
  let number = 0;
  for (let at = start; addMinutes(at, worker.minutes) <= end; at = addMinutes(at, worker.minutes)) {
    const id = slotId(style, worker.id, at, () => random.guid());
    const until = addMinutes(at, worker.minutes);
    state.run('INSERT INTO slot VALUES (?, ?, ?, ?, ?, ?)', worker.clinic, id, worker.id, at, until, ++number);
    if (random.chance(scale.bookedShare)) bookAtStart(state, random, worker, { id, start: at, end: until });
  }
}

function bookAtStart(state: State, random: Random, worker: Worker, slot: { id: string; start: string; end: string }) {
  // The known people come first and stay without bookings.
  const strangers = state.all<{ id: string }>(
    'SELECT id FROM patient WHERE clinic = ? ORDER BY rowid LIMIT 20 OFFSET ?',
    ...[worker.clinic, knownPeople.length],
  );
  const { booking } = clinics.find((clinic) => clinic.id === worker.clinic)!;
  const id = booking === 'same' ? slot.id : `${700_000 + state.next('seeded', 1)}`;
  const created = `${addDays(slot.start.slice(0, 10), -3)}T10:00:00`;
  const who = [worker.clinic, id, slot.id, worker.id, random.pick(strangers).id, slot.start, slot.end];
  const rest = ['active', 'Регистратура', seedClient, '', created, 0];
  state.run('INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...who, ...rest);
}
