/** The price list: folders and goods in one flat list, as `Каталоги` gives it. protocols/onec.md §1.4. */
import type { Random } from '../common/random.ts';
import { emptyGuid, specialties } from './specialties.ts';
import type { State } from './state.ts';

export interface PricedService {
  guid: string;
  specialization: string;
  minutes: number;
}

interface Item {
  title: string;
  article: string;
  kind: 'Услуга' | 'Материал' | 'Набор' | '';
  parent: string;
  price: string;
  minutes: number;
}

const goods: readonly Item[] = [
  { title: 'Бинт марлевый стерильный 5×10', article: 'М-001', kind: 'Материал', parent: '', price: '48,5', minutes: 0 },
  { title: 'Шприц одноразовый 5 мл', article: 'М-002', kind: 'Материал', parent: '', price: '12', minutes: 0 },
  { title: 'Набор для перевязки', article: 'Н-001', kind: 'Набор', parent: '', price: '350', minutes: 0 },
  {
    title: 'Регистрация электрокардиограммы',
    article: 'A05.10.006',
    kind: 'Услуга',
    parent: '',
    price: '600',
    minutes: 15,
  },
  {
    title: 'Взятие крови из периферической вены',
    article: 'A11.12.009',
    kind: 'Услуга',
    parent: '',
    price: '200',
    minutes: 10,
  },
];

/** @returns the visits, so that doctors can be given theirs */
export function generatePrices(state: State, random: Random): PricedService[] {
  let position = 0;
  const add = (item: Item): string => {
    const guid = random.guid();
    const { title, article, kind, parent, price, minutes } = item;
    const folder = kind === '' ? 1 : 0;
    const sql = 'INSERT INTO service VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
    state.run(sql, guid, position++, title, article, kind, parent, folder, price, minutes);
    return guid;
  };
  const folder = (title: string, parent: string) =>
    add({ title, article: '', kind: '', parent, price: '0', minutes: 0 });
  const visits = folder('Приём врачей', emptyGuid);
  const services = specialties.flatMap((specialty, n) => {
    const parent = folder(specialty.name, visits);
    return ['первичный', 'повторный'].map((word, repeat) => ({
      guid: add({
        title: `Прием (осмотр, консультация) врача-${specialty.doctor} ${word}`.replace('врача-общей', 'врача общей'),
        article: `${specialty.code}.00${repeat + 1}`,
        kind: 'Услуга',
        parent,
        price: String(specialty.price - repeat * 300),
        minutes: n % 4 === 3 ? 0 : 30 - repeat * 10,
      }),
      specialization: specialty.name,
      minutes: n % 4 === 3 ? 0 : 30 - repeat * 10,
    }));
  });
  const other = folder('Манипуляции и материалы', emptyGuid);
  for (const item of goods) add({ ...item, parent: other });
  return services;
}
