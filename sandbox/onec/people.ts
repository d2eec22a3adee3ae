/** Invented people of the pretend polyclinic. */
import type { Random } from '../common/random.ts';

export interface Person {
  surname: string;
  name: string;
  patronymic: string;
}

export interface Patient extends Person {
  phone: string;
  email: string;
  address: string;
  birthday: string;
}

const surnames = (
  'Барбышев Горшков Ельников Зуйков Калашников Лаптев Мещеряков Носков Огурцов Пичугин Рябинин Сорокин Тетерин Ужов ' +
  'Филинов Хомутов Цветков Чижов Шишкин Щеглов Яблоков Аистов Бобров Воронцов Грачёв Дроздов Ершов Журавлёв Зябликов ' +
  'Карасёв Лосев Малинин Налимов Орехов Полозов Ракитин Снегирёв Туманов Уткин Фиалков Хвощёв Чернов Шмелёв Якорев'
).split(' ');

const men = 'Андрей Борис Виктор Григорий Денис Егор Игорь Кирилл Леонид Максим Николай Олег Павел Роман Сергей Тимур';
const women = 'Анна Вера Галина Дарья Евгения Жанна Зоя Ирина Ксения Лариса Марина Нина Ольга Полина Раиса Татьяна';
const patronymics = 'Алексеев Борисов Викторов Дмитриев Евгеньев Иванов Константинов Леонидов Михайлов Петров Семёнов';

export function inventPerson(random: Random): Person {
  const woman = random.chance(0.6);
  return {
    surname: random.pick(surnames) + (woman ? 'а' : ''),
    name: random.pick((woman ? women : men).split(' ')),
    patronymic: random.pick(patronymics.split(' ')) + (woman ? 'на' : 'ич'),
  };
}

/** Some have no patronymic, e-mail or address, as in life. */
export function inventPatient(random: Random): Patient {
  const person = inventPerson(random);
  const digits = (length: number) => String(random.below(10 ** length)).padStart(length, '0');
  return {
    ...person,
    patronymic: random.chance(0.05) ? '' : person.patronymic,
    phone: `+7 (900) 0${digits(2)}-${digits(2)}-${digits(2)}`,
    email: random.chance(0.4) ? `patient${digits(4)}@example.org` : '',
    address: random.chance(0.3) ? `г. Примерск, ул. Садовая, д. ${random.below(90) + 1}` : '',
    birthday: `${1940 + random.below(80)}-${digits(1).replace('0', '1').padStart(2, '0')}-${10 + random.below(18)}`,
  };
}
