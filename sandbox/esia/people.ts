/** Everybody in the sandbox is invented; СНИЛС are of the test range 000-000-600 NN. */

export interface Person {
  readonly oid: number;
  readonly lastName: string;
  readonly firstName: string;
  readonly middleName?: string;
  /** dd.MM.yyyy */
  readonly birthDate: string;
  readonly gender: 'M' | 'F';
  readonly snils?: string;
  readonly trusted: boolean;
  readonly email?: string;
  /** `+7(000)0000010` */
  readonly mobile?: string;
  readonly oms?: string;
  readonly passport?: string;
  /** What the login page says beside the name. */
  readonly note: string;
  readonly children: readonly Person[];
}

/** Of everybody. */
export const password = '11111111';

const day = 86_400_000;

/** @param now decides the birthday of the child who is about to come of age: ten days from now */
export function makePeople(now: number): readonly Person[] {
  return [mother(now), ...others];
}

function mother(now: number): Person {
  return {
    oid: 1000600010,
    lastName: 'Мостова',
    firstName: 'Анна',
    middleName: 'Сергеевна',
    birthDate: '14.03.1986',
    gender: 'F',
    snils: '000-000-600 10',
    trusted: true,
    email: 'anna@esia.example',
    mobile: '+7(000)0000010',
    oms: '0000000000000010',
    passport: '0000010',
    note: 'мать двоих детей; Петру через десять дней восемнадцать',
    children: childrenOf(now),
  };
}

function childrenOf(now: number): readonly Person[] {
  const soon = new Date(now + 10 * day).toISOString().slice(0, 10);
  const [year, month, dayOfMonth] = soon.split('-') as [string, string, string];
  return [
    {
      oid: 1000600011,
      lastName: 'Мостов',
      firstName: 'Пётр',
      middleName: 'Ильич',
      birthDate: `${dayOfMonth}.${month}.${Number(year) - 18}`,
      gender: 'M',
      snils: '000-000-600 11',
      trusted: false,
      oms: '0000000000000011',
      note: 'сын',
      children: [],
    },
    {
      oid: 1000600012,
      lastName: 'Мостова',
      firstName: 'Соня',
      middleName: 'Ильинична',
      birthDate: '02.06.2016',
      gender: 'F',
      snils: '000-000-600 12',
      trusted: false,
      note: 'дочь',
      children: [],
    },
  ];
}

const others: readonly Person[] = [
  {
    oid: 1000600020,
    lastName: 'Недоказанов',
    firstName: 'Игорь',
    birthDate: '01.12.1999',
    gender: 'M',
    snils: '000-000-600 20',
    trusted: false,
    email: 'igor@esia.example',
    note: 'учётная запись не подтверждена',
    children: [],
  },
  {
    oid: 1000600030,
    lastName: 'Ельникова',
    firstName: 'Вера',
    middleName: 'Павловна',
    birthDate: '23.08.1975',
    gender: 'F',
    snils: '000-000-600 30',
    trusted: true,
    email: 'vera@esia.example',
    mobile: '+7(000)0000030',
    oms: '0000000000000030',
    note: 'врач',
    children: [],
  },
  {
    oid: 1000600040,
    lastName: 'Столов',
    firstName: 'Денис',
    middleName: 'Олегович',
    birthDate: '09.05.1991',
    gender: 'M',
    snils: '000-000-600 40',
    trusted: true,
    email: 'denis@esia.example',
    note: 'регистратор',
    children: [],
  },
  {
    oid: 1000600050,
    lastName: 'Ли',
    firstName: 'Мей',
    birthDate: '17.02.2001',
    gender: 'F',
    snils: '000-000-600 50',
    trusted: true,
    mobile: '+7(000)0000050',
    note: 'без отчества, почты и детей',
    children: [],
  },
];
