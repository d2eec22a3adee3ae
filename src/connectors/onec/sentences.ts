/** The Russian sentences by which 1С refuses, and what each means (protocols/onec.md §1.5). */
import type { Sentence } from './settings.ts';

/** What a refusal is worth. `unlisted` proves nothing about a write. */
export type Meaning = Sentence['means'] | 'unlisted';

export interface Refusal {
  readonly meaning: Meaning;
  /** For the patient; never words of 1С, which may hold module names and personal data. */
  readonly text: string;
}

const takenText = 'Это время уже занято. Выберите другое.';
const configurationText = 'Запись в эту клинику через интернет сейчас не настроена. Позвоните в регистратуру.';

/** In the order of looking: a longer sentence stands before the one that is its beginning. */
const builtIn: readonly Sentence[] = [
  { contains: 'Не удалось записать документ', means: 'taken', text: takenText },
  { contains: 'Не удалось записать: "Заявка"', means: 'taken', text: takenText },
  {
    contains: 'уникального идентификатора заявки на основе GUID',
    means: 'unknown-reference',
    text: 'Клиника не нашла эту запись.',
  },
  {
    contains: 'уникального идентификатора на основе EmployeeID',
    means: 'rule',
    text: 'Клиника не нашла этого врача. Выберите другого.',
  },
  {
    contains: 'при выполнении поиска сотрудника по уникальному идентификатору',
    means: 'rule',
    text: 'Клиника не нашла этого врача. Выберите другого.',
  },
  { contains: 'в базе не настроена периодичность бронирования', means: 'rule', text: configurationText },
  { contains: 'Ошибка при расчете времени окончания', means: 'rule', text: configurationText },
  { contains: 'Ошибка при преобразовании', means: 'rule', text: 'Клиника не приняла дату и время записи.' },
  { contains: 'Ошибка при поиске клиники', means: 'rule', text: 'Филиал не найден. Выберите другой.' },
  { contains: 'Не обнаружена настройка обмена с сайтом', means: 'rule', text: configurationText },
  { contains: 'лиценз', means: 'retry', text: 'Система клиники сейчас перегружена. Попробуйте позже.' },
];

const plain = (text: string): string => text.toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' ');

/** What a sentence of 1С means. `more` are the sentences of the clinic's configuration. */
export function refusalOf(sentence: string, more: readonly Sentence[]): Refusal {
  const words = plain(sentence);
  const found = [...more, ...builtIn].find(({ contains }) => words.includes(plain(contains)));
  return found === undefined
    ? { meaning: 'unlisted', text: 'Клиника не приняла запись. Позвоните в регистратуру.' }
    : { meaning: found.means, text: found.text };
}
