/** What the pretend region consists of; clinics are invented, districts are named as those of Saint Petersburg. */

export const districts: readonly (readonly [id: number, name: string, okato: number])[] = [
  [1, 'Адмиралтейский', 40262000],
  [4, 'Выборгский', 40265000],
  [14, 'Приморский', 40270000],
];

export interface ClinicPlan {
  readonly id: number;
  readonly district: number;
  readonly short: string;
  readonly address: string;
  /** How its MIS makes ids: `18.02.2025;13:00;п100.136`, `1017_2025-02-18_13:00`, or GUIDs as 1С does. */
  readonly ids: 'semicolon' | 'composite' | 'guid';
  /** Whether the id of a booking is that of its slot. */
  readonly booking: 'same' | 'different';
}

export const clinics: readonly ClinicPlan[] = [
  {
    id: 44,
    district: 1,
    short: 'Поликлиника «На Примерной»',
    address: 'ул. Примерная, д. 1',
    ids: 'semicolon',
    booking: 'different',
  },
  {
    id: 45,
    district: 4,
    short: 'Поликлиника «Учебная»',
    address: 'пр. Учебный, д. 12',
    ids: 'composite',
    booking: 'same',
  },
  {
    id: 46,
    district: 14,
    short: 'Медицинский центр «Пробный»',
    address: 'Пробная наб., д. 7, лит. А',
    ids: 'guid',
    booking: 'different',
  },
];

export interface SpecialtyPlan {
  readonly name: string;
  /** Code of the federal booking directory; only 27 is from a recorded exchange. */
  readonly fer: string;
  readonly job: string;
  readonly jobFed: string;
  /** Whom its doctors see. */
  readonly profile: 'all' | 'adult' | 'child' | 'woman' | 'man';
  /** Doctors see their own area only. */
  readonly area: boolean;
  readonly minutes: number;
}

export const specialties: readonly SpecialtyPlan[] = [
  {
    name: 'Терапевт участковый',
    fer: '27',
    job: 'врач-терапевт участковый',
    jobFed: '110',
    profile: 'adult',
    area: true,
    minutes: 15,
  },
  { name: 'Офтальмология', fer: '22', job: 'врач-офтальмолог', jobFed: '63', profile: 'all', area: false, minutes: 20 },
  {
    name: 'Акушерство и гинекология',
    fer: '2',
    job: 'врач-акушер-гинеколог',
    jobFed: '10',
    profile: 'woman',
    area: false,
    minutes: 20,
  },
  { name: 'Урология', fer: '30', job: 'врач-уролог', jobFed: '115', profile: 'man', area: false, minutes: 20 },
  { name: 'Педиатр', fer: '24', job: 'врач-педиатр', jobFed: '67', profile: 'child', area: false, minutes: 15 },
  { name: 'Кардиология', fer: '13', job: 'врач-кардиолог', jobFed: '34', profile: 'all', area: false, minutes: 30 },
  { name: 'Хирургия', fer: '31', job: 'врач-хирург', jobFed: '122', profile: 'all', area: false, minutes: 15 },
  { name: 'Неврология', fer: '17', job: 'врач-невролог', jobFed: '53', profile: 'all', area: false, minutes: 20 },
];

export const areas = ['1', '2', '3'] as const;

/** People who are there in every clinic, each for one answer of the contract. */
export const knownPeople: readonly {
  readonly surname: string;
  readonly name: string;
  readonly patronymic: string;
  readonly birthday: string;
  readonly area?: string;
  readonly deceased?: true;
}[] = [
  { surname: 'Примерова', name: 'Анна', patronymic: 'Ивановна', birthday: '1980-02-29', area: '1' },
  { surname: 'Пробный', name: 'Пётр', patronymic: 'Ильич', birthday: '1975-06-01', area: '1' },
  { surname: 'Примерова', name: 'Мария', patronymic: 'Петровна', birthday: '2018-09-01', area: '1' },
  { surname: 'Двойников', name: 'Иван', patronymic: 'Иванович', birthday: '1990-01-01', area: '2' },
  { surname: 'Двойников', name: 'Иван', patronymic: 'Иванович', birthday: '1990-01-01', area: '3' },
  { surname: 'Приезжев', name: 'Олег', patronymic: 'Олегович', birthday: '1985-05-05' },
  { surname: 'Покойный', name: 'Егор', patronymic: 'Егорович', birthday: '1930-03-03', area: '1', deceased: true },
];
