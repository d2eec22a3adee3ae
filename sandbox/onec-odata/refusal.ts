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

export function writeRefusal({ code, texts }: Refusal, language: Language, json: boolean): string {
  const value = texts[language];
  if (json) return JSON.stringify({ 'odata.error': { code, message: { lang: language, value } } });
  return `<?xml version="1.0" encoding="UTF-8"?><m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><m:code>${code}</m:code><m:message xml:lang="${language}">${value}</m:message></m:error>`;
}
