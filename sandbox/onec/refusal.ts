/** A definite "no" of 1С: the sentence its integration module gives. protocols/onec.md §1.5. */

export class Refusal extends Error {}

export const sentences = {
  guid: 'Ошибка при получении уникального идентификатора заявки на основе GUID.',
  employeeId: 'Ошибка при получении уникального идентификатора на основе EmployeeID',
  employee: 'Ошибка при выполнении поиска сотрудника по уникальному идентификатору',
  clinic: 'Ошибка при поиске клиники по переданному наименованию',
  noDuration:
    'Ошибка при расчете времени окончания: в базе не настроена периодичность бронирования и у сотрудника не задана ' +
    'длительность приема',
  end: 'Ошибка при расчете времени окончания',
  // The live base ends this sentence with a line feed.
  write: 'Не удалось записать документ Заявка\n',
  waiting: 'Не удалось записать документ ЛистОжидания\n',
  prices: 'Не обнаружена настройка обмена с сайтом для данной клиники!',
} as const;

export function badDate(field: string): Refusal {
  return new Refusal(field === 'TimeBegin' ? `Ошибка при преобразовании ${field} в Дату` : dateSentence(field));
}

function dateSentence(field: string): string {
  return `Ошибка при преобразовании ${field} в дату`;
}
