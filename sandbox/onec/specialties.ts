/** What the pretend polyclinic treats; names as in the federal nomenclature 1066, services as in order 804н. */

export interface Specialty {
  name: string;
  /** «врача-…» in the name of the visit. */
  doctor: string;
  /** Class and number of the visit in the nomenclature of services. */
  code: string;
  price: number;
}

const rows: readonly (readonly [string, string, string, number])[] = [
  ['Терапия', 'терапевта', 'B01.047', 1500],
  ['Педиатрия', 'педиатра', 'B01.031', 1600],
  ['Общая врачебная практика (семейная медицина)', 'общей практики (семейного врача)', 'B01.026', 1500],
  ['Кардиология', 'кардиолога', 'B01.015', 2000],
  ['Неврология', 'невролога', 'B01.023', 1900],
  ['Оториноларингология', 'оториноларинголога', 'B01.028', 1800],
  ['Офтальмология', 'офтальмолога', 'B01.029', 1800],
  ['Хирургия', 'хирурга', 'B01.057', 1900],
  ['Травматология и ортопедия', 'травматолога-ортопеда', 'B01.050', 1900],
  ['Акушерство и гинекология', 'акушера-гинеколога', 'B01.001', 2000],
  ['Урология', 'уролога', 'B01.053', 1900],
  ['Эндокринология', 'эндокринолога', 'B01.058', 2100],
  ['Дерматовенерология', 'дерматовенеролога', 'B01.008', 1700],
  ['Гастроэнтерология', 'гастроэнтеролога', 'B01.004', 2100],
  ['Пульмонология', 'пульмонолога', 'B01.037', 2000],
  ['Аллергология и иммунология', 'аллерголога-иммунолога', 'B01.002', 2200],
];

export const specialties: readonly Specialty[] = rows.map(([name, doctor, code, price]) => ({
  name,
  doctor,
  code,
  price,
}));

export const branches = ['Поликлиника на Садовой', 'Филиал на Речной', 'Детское отделение'] as const;

/** Cabinets that 1С puts among employees; the last of them is in the schedule only, not in the list of employees. */
export const cabinets = ['Процедурный кабинет', 'Кабинет ЭКГ', 'Прививочный кабинет', 'Кабинет УЗИ'] as const;

export const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** Kinds of time: GUID in GetSchedule20, name and colour in the old GetSchedule. */
export const workKind = { guid: '624f2a40-5aa8-4f01-83f4-0f38535364bb', title: 'Рабочее время', colour: '204255204' };

export const pauseKinds: Readonly<Record<string, { guid: string; colour: string }>> = {
  Перерыв: { guid: '5210c9ac-65a2-11e9-936d-1856809fe650', colour: '255229204' },
  'Мед. осмотр': { guid: '5210c9ad-65a2-11e9-936d-1856809fe650', colour: '204229255' },
  Отсутствие: { guid: '5210c9ae-65a2-11e9-936d-1856809fe650', colour: '224224224' },
};
