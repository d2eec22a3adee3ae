/** A "no" of OData: its HTTP status, its code, and a text in the language of the base. protocols/onec.md §3.2. */
export type Language = 'ru' | 'en';

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly texts: Readonly<Record<Language, string>>;

  constructor(status: number, code: string, texts: Readonly<Record<Language, string>>) {
    super(texts.en);
    this.status = status;
    this.code = code;
    this.texts = texts;
  }
}

/** 1С echoes what it was sent. */
export const unknownSegment = (name: string, status = 400): Refusal =>
  new Refusal(status, '6', {
    ru: `Сегмент пути ${name} не найден!`,
    en: `Extra segments are found in a request to an entity container! (${name})`,
  });

export const badFilter = (text: string): Refusal =>
  new Refusal(400, '14', {
    ru: `Ошибка при разборе опции запроса $filter: ${text}`,
    en: `Error parsing the query option $filter: ${text}`,
  });

export const noSkip = (): Refusal =>
  new Refusal(501, '-1', { ru: 'Опция $skip не поддерживается', en: '$skip is not implemented' });

export const noSuchRow = (): Refusal =>
  new Refusal(404, '9', { ru: 'Экземпляр сущности не найден', en: 'No instance of the entity' });

/** 1С echoes the value. */
export const badValue = (value: unknown, type: string): Refusal =>
  new Refusal(400, '1', {
    ru: `Не удалось разобрать строку '${String(value)}' как значение типа ${type}!`,
    en: `Cannot parse '${String(value)}' as ${type}!`,
  });

export const badBody = (): Refusal => new Refusal(500, '-1', { ru: 'Ошибка разбора JSON', en: 'JSON parsing error' });

/** Of a handler of the base: with the place in its module, and with a name. */
export const refusedByHandler = (name: string): Refusal =>
  new Refusal(500, '-1', {
    ru: `{Документ.ЗаписьНаПрием.МодульОбъекта(58)}: Время занято: ${name}`,
    en: `{Документ.ЗаписьНаПрием.МодульОбъекта(58)}: Time is taken: ${name}`,
  });

export function writeRefusal({ code, texts }: Refusal, language: Language, json: boolean): string {
  const value = texts[language];
  if (json) return JSON.stringify({ 'odata.error': { code, message: { lang: language, value } } });
  return `<?xml version="1.0" encoding="UTF-8"?><m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><m:code>${code}</m:code><m:message xml:lang="${language}">${value}</m:message></m:error>`;
}
