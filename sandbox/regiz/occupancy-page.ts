/** HTML of «Просмотр занятости»; everything that came from outside is escaped. */
import type { ClinicRow } from './row.ts';
import { escapeXml } from './xml.ts';

export interface OccupancyLine {
  start: string;
  end: string;
  /** What kind of time it is, in Russian. */
  kind: 'свободно' | 'запись' | 'нет приёма';
  /** Patient, phone, who booked and state, or why there is no reception. */
  details: string[];
}

export interface Occupancy {
  clinics: ClinicRow[];
  doctors: { id: string; title: string }[];
  clinic: ClinicRow;
  doctor: { id: string; title: string } | undefined;
  day: string;
  lines: OccupancyLine[];
}

const style = `body{font:16px/1.4 system-ui,sans-serif;margin:2rem;max-width:60rem}form{display:flex;flex-wrap:wrap;gap:1rem;
align-items:end;margin-bottom:1.5rem}label{display:grid;gap:.2rem}table{border-collapse:collapse;width:100%}
td,th{border:1px solid #bbb;padding:.35rem .6rem;text-align:left}.свободно{background:#e6f6e6}.запись{background:#fde9d9}
.нет{background:#eee}`;

/** A whole page; it works without scripts. */
export function renderOccupancy(occupancy: Occupancy): string {
  const { doctor, day, lines } = occupancy;
  const rows = lines.map(
    (line) =>
      `<tr class="${line.kind}"><td>${hours(line)}</td><td>${line.kind}</td><td>${escapeXml(line.details.join(' · '))}</td></tr>`,
  );
  const table = `<table><thead><tr><th>Время</th><th>Занятость</th><th>Кто и что</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
  return `<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Просмотр занятости</title>
<style>${style}</style></head><body>
<h1>Просмотр занятости</h1>
${formOf(occupancy)}
<h2>${escapeXml(doctor?.title ?? 'Врач не найден')}, ${escapeXml(day)}</h2>
${lines.length === 0 ? '<p>В этот день приёма нет.</p>' : table}
</body></html>
`;
}

function formOf({ clinics, clinic, doctors, doctor, day }: Occupancy): string {
  const named = clinics.map((one) => ({ id: String(one.id), title: one.short }));
  return `<form method="get" action="/occupancy">
<label>Медицинская организация <select name="idLpu">${optionsOf(named, String(clinic.id))}</select></label>
<label>Врач <select name="doctor">${optionsOf(doctors, doctor?.id ?? '')}</select></label>
<label>День <input type="date" name="day" value="${escapeXml(day)}"></label>
<button>Показать</button></form>`;
}

function optionsOf(list: readonly { id: string; title: string }[], chosen: string): string {
  return list
    .map(
      ({ id, title }) =>
        `<option value="${escapeXml(id)}"${id === chosen ? ' selected' : ''}>${escapeXml(title)}</option>`,
    )
    .join('');
}

export function hours(line: OccupancyLine): string {
  return `${line.start.slice(11, 16)}–${line.end.slice(11, 16)}`;
}
