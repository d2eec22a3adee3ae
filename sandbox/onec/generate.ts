/** Makes a believable polyclinic: branches, price list, doctors, working days with breaks, and what is booked already. */
import { addDays, addMinutes, weekdayOf } from '../common/local-time.ts';
import { createRandom, type Random } from '../common/random.ts';
import { inventPatient, inventPerson } from './people.ts';
import { generatePrices, type PricedService } from './prices.ts';
import { branches, cabinets, emptyGuid, specialties } from './specialties.ts';
import type { State } from './state.ts';

export interface Scale {
  seed: number;
  /** First day of the schedule, `yyyy-mm-dd`. */
  start: string;
  days: number;
  doctors: number;
  /** Share of the working time that is booked at the start. */
  bookedShare: number;
}

interface Worker {
  guid: string;
  number: number;
  clinic: string;
  specialization: string;
  /** 0 = not set in 1С. */
  minutes: number;
  cabinet: boolean;
}

/** What the working days are made of, kept so that later days can be added. */
interface Staff {
  readonly clinics: string[];
  readonly workers: Worker[];
  /** The first day without a schedule. */
  readonly until: string;
}

/** Fills an empty state; in a state filled before only days are added, so that a restarted sandbox goes on. */
export function generate(state: State, scale: Scale): void {
  if (state.noted('generated') === undefined) open(state, scale);
  else extend(state, scale);
}

function open(state: State, scale: Scale): void {
  const random = createRandom(scale.seed);
  state.transaction(() => {
    const clinics = branches.map((name, position) => addClinic(state, random, name, position));
    const services = generatePrices(state, random);
    const workers = [
      ...Array.from({ length: scale.doctors }, (_, n) => addDoctor(state, random, clinics, services, n)),
      ...cabinets.map((title, n) => addCabinet(state, random, clinics, title, scale.doctors + n)),
    ];
    addOfficeWorker(state, random, scale.doctors + cabinets.length);
    for (const worker of workers)
      for (let d = 0; d < scale.days; d++) addDay(state, random, scale, clinics, worker, addDays(scale.start, d));
    state.note('generated', scale);
    state.note('staff', { clinics, workers, until: addDays(scale.start, scale.days) } satisfies Staff);
  });
}

/** The clinic opens its schedule day by day: adds the days between the last one it has and `start + days`. */
function extend(state: State, scale: Scale): void {
  const { clinics, workers, until } = state.noted('staff') as Staff;
  const end = addDays(scale.start, scale.days);
  const from = until > scale.start ? until : scale.start;
  if (from >= end) return;
  state.transaction(() => {
    for (let day = from; day < end; day = addDays(day, 1)) {
      const random = createRandom(scale.seed + Date.parse(`${day}T00:00:00Z`) / 86_400_000);
      for (const worker of workers) addDay(state, random, scale, clinics, worker, day);
    }
    state.note('staff', { clinics, workers, until: end } satisfies Staff);
  });
}

function addClinic(state: State, random: Random, name: string, position: number): string {
  const guid = random.guid();
  state.run('INSERT INTO clinic VALUES (?, ?, ?)', guid, name, position);
  return guid;
}

const insertEmployee = 'INSERT INTO employee VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

function addDoctor(state: State, random: Random, clinics: string[], services: PricedService[], n: number): Worker {
  const guid = random.guid();
  const { surname, name, patronymic } = inventPerson(random);
  const specialization = specialties[n % specialties.length]!.name;
  const clinic = specialization === 'Педиатрия' ? clinics[2]! : clinics[n % 2]!;
  // Most doctors of a real base have no duration of their own: 5 of 8 in the captured one.
  const minutes = n % 8 < 5 ? 0 : [15, 20, 60][n % 3]!;
  const home = n % 5 === 4 ? emptyGuid : clinic;
  const title = `${surname} ${name} ${patronymic}`;
  state.run(insertEmployee, guid, n, surname, name, patronymic, title, specialization, home, minutes, 0, 1);
  for (const service of services.filter((s) => s.specialization === specialization))
    if (n % 3 !== 0)
      state.run('INSERT INTO employee_service VALUES (?, ?, ?)', guid, service.guid, n % 3 === 1 ? service.minutes : 0);
  return { guid, number: n, clinic, specialization, minutes, cabinet: false };
}

function addCabinet(state: State, random: Random, clinics: string[], title: string, n: number): Worker {
  const guid = random.guid();
  const listed = title === cabinets.at(-1) ? 0 : 1;
  const minutes = title === 'Кабинет УЗИ' ? 30 : 15;
  const clinic = clinics[n % clinics.length]!;
  state.run(insertEmployee, guid, n, '', '', '', title, '', clinic, minutes, 1, listed);
  return { guid, number: n, clinic, specialization: '', minutes, cabinet: true };
}

/** Somebody without a schedule and without a branch: the list of employees holds such people too. */
function addOfficeWorker(state: State, random: Random, n: number): void {
  const { surname, name, patronymic } = inventPerson(random);
  const title = `${surname} ${name} ${patronymic}`;
  state.run(insertEmployee, random.guid(), n, surname, name, patronymic, title, '', emptyGuid, 0, 0, 1);
}

function addDay(state: State, random: Random, scale: Scale, clinics: string[], worker: Worker, day: string): void {
  const weekday = weekdayOf(day);
  const onDuty = worker.number % 10 < 2;
  if (weekday === 0 && !onDuty) return;
  const [from, till] = shiftOf(worker, weekday);
  // Every sixth doctor sees patients in the other branch on Tuesdays and Thursdays.
  const away = worker.number % 6 === 5 && (weekday === 2 || weekday === 4);
  const clinic = away ? clinics.find((c) => c !== worker.clinic)! : worker.clinic;
  const [start, end] = [`${day}T${from}:00`, `${day}T${till}:00`];
  state.run('INSERT INTO work VALUES (?, ?, ?, ?)', worker.guid, clinic, start, end);
  const pause = pauseOf(worker, day, start, end);
  if (pause !== undefined)
    state.run('INSERT INTO pause VALUES (?, ?, ?, ?, ?)', worker.guid, clinic, pause.start, pause.end, pause.title);
  bookSome(state, random, scale.bookedShare, worker, clinic, { start, end, pause });
}

function shiftOf(worker: Worker, weekday: number): [string, string] {
  if (worker.cabinet) return ['08:00', '19:00'];
  if (weekday === 6 || weekday === 0) return ['09:00', '14:00'];
  const shifts: [string, string][] = [
    ['09:00', '17:00'],
    ['08:00', '14:00'],
    ['14:00', '20:00'],
  ];
  return shifts[(worker.number + weekday) % (worker.number % 2 === 0 ? 1 : 3)]!;
}

interface Pause {
  start: string;
  end: string;
  title: string;
}

/** Long days have a lunch; a few short ones a medical examination of the staff. */
function pauseOf(worker: Worker, day: string, start: string, end: string): Pause | undefined {
  if (addMinutes(start, 7 * 60) <= end) return { start: `${day}T13:00:00`, end: `${day}T13:30:00`, title: 'Перерыв' };
  if ((worker.number + weekdayOf(day)) % 11 !== 0) return undefined;
  return { start, end: addMinutes(start, 60), title: 'Мед. осмотр' };
}

const insertAppointment = `INSERT INTO appointment VALUES
  (?, 'booking', ?, ?, ?, ?, ?, 0, 1, NULL, 0, ?, ?, ?, ?, ?, ?, ?, ?, '', 'seed', 0)`;

function bookSome(
  state: State,
  random: Random,
  share: number,
  worker: Worker,
  clinic: string,
  day: { start: string; end: string; pause: Pause | undefined },
): void {
  const step = worker.minutes === 0 ? 30 : worker.minutes;
  for (let start = day.start; addMinutes(start, step) <= day.end; start = addMinutes(start, step)) {
    const end = addMinutes(start, step);
    if (day.pause !== undefined && start < day.pause.end && end > day.pause.start) continue;
    if (!random.chance(share)) continue;
    const p = inventPatient(random);
    const comment = random.chance(0.2) ? 'Просит позвонить накануне' : '';
    const place = [random.guid(), worker.guid, clinic, worker.specialization, start, end];
    const patient = [p.surname, p.name, p.patronymic, p.phone, p.email, p.address, p.birthday, comment];
    state.run(insertAppointment, ...place, ...patient);
  }
}
