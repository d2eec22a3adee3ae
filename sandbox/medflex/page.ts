/** What people see at the aggregator: doctors and their cells. */
import type { Doctor, Filials } from './schedule.ts';

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A whole page; it works without scripts. */
export function renderCells(filials: Filials): string {
  const parts = [...filials.values()].map(
    ({ name, doctors }) => `<h2>${escaped(name)}</h2>${[...doctors.values()].map(renderDoctor).join('\n')}`,
  );
  return `<!doctype html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Песочница МедФлекс</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}.cell{display:inline-block;border:1px solid #bbb;
padding:.1rem .5rem;margin:.15rem}.free{background:#e6f6e6}.busy{background:#eee;color:#555;text-decoration:line-through}</style>
<h1>Песочница МедФлекс</h1><p>Время, о котором рассказала клиника. Это не ПроДокторов: все люди здесь вымышлены.</p>
${parts.join('\n') || '<p>Расписания пока нет.</p>'}</html>`;
}

function renderDoctor({ efio, espec, cells }: Doctor): string {
  const days = Map.groupBy(
    [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell),
    (cell) => cell.dt,
  );
  const lines = [...days].map(([day, ofDay]) => {
    const shown = ofDay.map(
      (c) =>
        `<span class="cell ${c.free ? 'free' : 'busy'}">${c.time_start}–${c.time_end} ${c.free ? 'свободно' : 'занято'}</span>`,
    );
    return `<p><time>${escaped(day)}</time> ${shown.join('')}</p>`;
  });
  return `<h3>${escaped(efio)}, ${escaped(espec)}</h3>${lines.join('\n') || '<p>Времени нет.</p>'}`;
}
