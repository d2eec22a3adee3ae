/** The page «Просмотр занятости»: what a registrar sees in 1С, as HTML without scripts or as plain text. */
import type { ServerResponse } from 'node:http';
import { dayOf, parseLocal } from '../common/local-time.ts';
import type { Appointment } from './appointment.ts';
import { statusOf, statusTexts } from './appointment.ts';
import type { EmployeeRow } from './directory-answer.ts';
import { hours, type Occupancy, type OccupancyLine, renderOccupancy } from './occupancy-page.ts';
import { holdsTime, readTimetables, reservedSince } from './schedule.ts';
import type { State } from './state.ts';

/** `?branch=&doctor=&day=&format=text`; a doctor is told by GUID or by a part of the name. */
export function serveOccupancy(state: State, url: URL, response: ServerResponse): void {
  const occupancy = readOccupancy(state, url.searchParams);
  const plain = url.searchParams.get('format') === 'text';
  response.writeHead(200, { 'content-type': `text/${plain ? 'plain' : 'html'}; charset=utf-8` });
  response.end(plain ? writeText(occupancy) : renderOccupancy(occupancy));
}

function readOccupancy(state: State, query: URLSearchParams): Occupancy {
  const branches = state.all<{ guid: string; name: string }>('SELECT guid, name FROM clinic ORDER BY position');
  const branch = branches.find((b) => b.guid === query.get('branch'))?.guid ?? '';
  const asked = (query.get('doctor') ?? '').toLowerCase();
  const everybody = state.all<EmployeeRow>('SELECT * FROM employee ORDER BY position');
  const doctors = everybody.filter((e) => branch === '' || worksIn(state, e.guid, branch));
  const doctor = doctors.find((e) => e.guid === asked) ?? doctors.find((e) => e.title.toLowerCase().includes(asked));
  const day = dayOf(parseLocal(query.get('day') ?? '') ?? state.now());
  const lines = doctor === undefined ? [] : linesOf(state, doctor.guid, day, branch);
  return { branches, doctors, branch, doctor, day, lines };
}

function worksIn(state: State, employee: string, clinic: string): boolean {
  return state.get('SELECT 1 FROM work WHERE employee = ? AND clinic = ? LIMIT 1', employee, clinic) !== undefined;
}

function linesOf(state: State, employee: string, day: string, branch: string): OccupancyLine[] {
  const tables = readTimetables(state, { first: day, last: day }, new Set([employee]));
  const shown = tables.filter((t) => branch === '' || t.clinic === branch);
  const free = shown.flatMap((t) => t.free.map((p): OccupancyLine => ({ ...p, kind: 'свободно', details: [] })));
  const pauses = shown
    .flatMap((t) => t.busy.filter((p) => p.title !== ''))
    .map(({ start, end, title }): OccupancyLine => ({ start, end, kind: 'перерыв', details: [title] }));
  const sql = `SELECT * FROM appointment WHERE employee = ? AND substr(start, 1, 10) = ? AND ${holdsTime}`;
  const booked = state
    .all<Appointment>(sql, employee, day, reservedSince(state))
    .filter((row) => branch === '' || row.clinic === branch)
    .map((row) => bookedLine(state, row));
  return [...free, ...pauses, ...booked].sort((a, b) => (a.start < b.start ? -1 : 1));
}

function bookedLine(state: State, row: Appointment): OccupancyLine {
  const { start, end } = row;
  if (row.kind === 'reserve') return { start, end, kind: 'резерв', details: ['заявка с сайта заполняется'] };
  const patient = [row.surname, row.name, row.patronymic].filter((part) => part !== '').join(' ');
  const details = [patient, row.phone, row.comment, statusTexts[statusOf(state, row)]];
  return { start, end, kind: 'запись', details: details.filter((part) => part !== '') };
}

function writeText(occupancy: Occupancy): string {
  const { doctor, day, lines } = occupancy;
  const head = doctor === undefined ? 'Врач не найден' : `${day} ${doctor.title} ${doctor.specialization}`.trim();
  // A patient's text must not be able to begin a line of its own.
  const body = lines.map((line) => `${hours(line)} ${[line.kind, ...line.details].join(', ').replaceAll(/\s+/g, ' ')}`);
  return `${[head, ...(body.length === 0 ? ['нет приёма'] : body)].join('\n')}\n`;
}
