/** Errors as the contract has them: in the result of the operation, with HTTP 200 (protocols/regiz.md §1.5). */

/** Those that are given here. The texts are ours: the official dictionary is what the concentrator's GetErrorList says. */
export const errorTexts = {
  1: 'Доступ запрещён',
  4: 'Получен неполный набор данных',
  20: 'Пациент с заданными параметрами не найден',
  21: 'Данные пациента не являются уникальными',
  33: 'Врач не соответствует профилю пациента: нужно направление',
  35: 'У пациента есть предстоящая запись к этому врачу',
  36: 'Пациент не прикреплён к медицинской организации',
  38: 'Недопустимый идентификатор талона',
  39: 'Талон занят или заблокирован',
  41: 'Нет информации об участках пациента',
  75: 'Талон не существует или уже отменён',
  99: 'Непредвиденная ошибка',
} as const satisfies Readonly<Record<number, string>>;

export type ErrorNumber = keyof typeof errorTexts;

/** A refusal that the caller is told. Its text holds nothing of a person. */
export class HubError extends Error {
  override name = 'HubError';
  readonly number: ErrorNumber;

  constructor(number: ErrorNumber, text: string = errorTexts[number]) {
    super(text);
    this.number = number;
  }
}

/** @param name of the parameter as the contract spells it */
export const incomplete = (name: string): HubError => new HubError(4, `${errorTexts[4]}: ${name}`);

export const unknownOutcome =
  'Результат пока неизвестен: медицинская организация не ответила. Узнайте его запросом GetPatientHistory или повторите запрос с теми же параметрами';
