/** HTML of «Просмотр занятости»; everything that came from outside is escaped. */
import type { EmployeeRow } from './directory-answer.ts';
import { escapeQuoted } from './xml.ts';

export interface OccupancyLine {
  start: string;
  end: string;
  /** What kind of time it is, in Russian. */
  kind: 'свободно' | 'запись' | 'резерв' | 'перерыв';
  /** Patient, phone, comment and state, or the name of the break. */
  details: string[];
}

export interface Occupancy {
  branches: { guid: string; name: string }[];
  doctors: EmployeeRow[];
  branch: string;
  doctor: EmployeeRow | undefined;
  day: string;
  lines: OccupancyLine[];
}

const style = `body{font:16px/1.4 system-ui,sans-serif;margin:2rem;max-width:60rem}form{display:flex;flex-wrap:wrap;gap:1rem;
align-items:end;margin-bottom:1.5rem}label{display:grid;gap:.2rem}table{border-collapse:collapse;width:100%}
td,th{border:1px solid #bbb;padding:.35rem .6rem;text-align:left}.свободно{background:#e6f6e6}.запись{background:#fde9d9}
.перерыв{background:#eee}.резерв{background:#fff6cc}`;

/** A whole page; it works without scripts. */
export function renderOccupancy(occupancy: Occupancy): string {
  const { doctor, day, lines } = occupancy;
  const rows = lines.map(
    (line) =>
      `<tr class="${line.kind}"><td>${hours(line)}</td><td>${line.kind}</td><td>${escapeQuoted(line.details.join(' · '))}</td></tr>`,
  );
  const table = `<table><thead><tr><th>Время</th><th>Занятость</th><th>Кто и что</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
  const title = doctor === undefined ? 'Врач не найден' : `${doctor.title}${suffix(doctor.specialization)}`;
  return `<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Просмотр занятости</title>
<style>${style}</style></head><body>
<h1>Просмотр занятости</h1>
${formOf(occupancy)}
<h2>${escapeQuoted(title)}, ${escapeQuoted(day)}</h2>
${lines.length === 0 ? '<p>В этот день приёма нет.</p>' : table}
</body></html>
`;
}

function suffix(specialization: string): string {
  return specialization === '' ? '' : ` – ${specialization}`;
}

function formOf(occupancy: Occupancy): string {
  const branches = [{ guid: '', name: 'Все филиалы' }, ...occupancy.branches];
  const doctors = occupancy.doctors.map((d) => ({ guid: d.guid, name: `${d.title}${suffix(d.specialization)}` }));
  return `<form method="get" action="/occupancy">
<label>Филиал <select name="branch">${optionsOf(branches, occupancy.branch)}</select></label>
<label>Врач <select name="doctor">${optionsOf(doctors, occupancy.doctor?.guid ?? '')}</select></label>
<label>День <input type="date" name="day" value="${escapeQuoted(occupancy.day)}"></label>
<button>Показать</button></form>`;
}

function optionsOf(list: readonly { guid: string; name: string }[], chosen: string): string {
  return list
    .map(
      ({ guid, name }) =>
        `<option value="${escapeQuoted(guid)}"${guid === chosen ? ' selected' : ''}>${escapeQuoted(name)}</option>`,
    )
    .join('');
}

export function hours(line: OccupancyLine): string {
  return `${line.start.slice(11, 16)}–${line.end.slice(11, 16)}`;
}
