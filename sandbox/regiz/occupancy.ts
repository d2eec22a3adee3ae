/** The page «Просмотр занятости»: what a registrar of a clinic sees, as HTML without scripts or as plain text. */
import type { ServerResponse } from 'node:http';
import { dayOf, parseLocal } from '../common/local-time.ts';
import { hours, type Occupancy, type OccupancyLine, renderOccupancy } from './occupancy-page.ts';
import { type BookingRow, type ClinicRow, doctorsOf, patientOf, type SlotRow, specialtiesOf, titleOf } from './row.ts';
import type { State } from './state.ts';

/** `?idLpu=&doctor=&day=&format=text`; a doctor is told by id or by a part of the name. */
export function serveOccupancy(state: State, url: URL, response: ServerResponse): void {
  const occupancy = readOccupancy(state, url.searchParams);
  const plain = url.searchParams.get('format') === 'text';
  response.writeHead(200, { 'content-type': `text/${plain ? 'plain' : 'html'}; charset=utf-8` });
  response.end(plain ? writeText(occupancy) : renderOccupancy(occupancy));
}

function readOccupancy(state: State, query: URLSearchParams): Occupancy {
  const clinics = state.all<ClinicRow>('SELECT * FROM clinic ORDER BY id');
  const clinic = clinics.find((c) => String(c.id) === query.get('idLpu')) ?? clinics[0]!;
  const names = new Map(specialtiesOf(state, clinic.id).map((s) => [s.id, s.name]));
  const doctors = doctorsOf(state, clinic.id).map((doctor) => ({
    id: doctor.id,
    title: `${titleOf(doctor)} – ${names.get(doctor.specialty)}`,
  }));
  const asked = (query.get('doctor') ?? '').toLowerCase();
  const doctor = doctors.find((d) => d.id === asked) ?? doctors.find((d) => d.title.toLowerCase().includes(asked));
  const day = dayOf(parseLocal(query.get('day') ?? '') ?? state.now());
  const lines = doctor === undefined ? [] : linesOf(state, clinic.id, doctor.id, day);
  return { clinics, doctors, clinic, doctor, day, lines };
}

const titles = { active: 'записан', came: 'пришёл', missed: 'не пришёл', refused: 'отменено' } as const;

function linesOf(state: State, clinic: number, doctor: string, day: string): OccupancyLine[] {
  const there = 'clinic = ? AND doctor = ? AND substr(start, 1, 10) = ?';
  const booked = state
    .all<BookingRow>(`SELECT * FROM booking WHERE ${there} AND status <> 'refused'`, clinic, doctor, day)
    .map((row): OccupancyLine => {
      const patient = patientOf(state, clinic, row.patient);
      const who = patient === undefined ? [] : [titleOf(patient), patient.cell];
      const { start, end } = row;
      return { start, end, kind: 'запись', details: [...who, row.source || 'через концентратор', titles[row.status]] };
    });
  const taken = new Set(booked.map((line) => line.start));
  const free = state
    .all<SlotRow>(`SELECT * FROM slot WHERE ${there}`, clinic, doctor, day)
    .filter((slot) => !taken.has(slot.start))
    .map(({ start, end }): OccupancyLine => ({ start, end, kind: 'свободно', details: [] }));
  const closed = state
    .all<{ start: string; end: string; deny: string }>(
      `SELECT * FROM day WHERE ${there} AND deny <> ''`,
      clinic,
      doctor,
      day,
    )
    .map(({ start, end, deny }): OccupancyLine => ({ start, end, kind: 'нет приёма', details: [deny] }));
  return [...closed, ...free, ...booked].sort((a, b) => (a.start < b.start ? -1 : 1));
}

function writeText({ doctor, day, lines }: Occupancy): string {
  const head = doctor === undefined ? 'Врач не найден' : `${day} ${doctor.title}`;
  // A patient's text must not be able to begin a line of its own.
  const body = lines.map((line) => `${hours(line)} ${[line.kind, ...line.details].join(', ').replaceAll(/\s+/g, ' ')}`);
  return `${[head, ...(body.length === 0 ? ['нет приёма'] : body)].join('\n')}\n`;
}
