/** Names of people in a row: in parts, or «Фамилия Имя Отчество» in one field. */
import type { Row } from './answer.ts';
import { optionalTextIn } from './value.ts';

export interface PersonName {
  readonly surname: string | undefined;
  readonly givenName: string | undefined;
  readonly patronymic: string | undefined;
}

interface NameFields {
  readonly surname?: string | undefined;
  readonly givenName?: string | undefined;
  readonly patronymic?: string | undefined;
}

/** Parts as 1С has them, else the whole name taken apart. @throws ExchangeError `untrusted` */
export function nameIn(row: Row, fields: NameFields, whole: string): PersonName {
  const [surname, givenName, patronymic] = [fields.surname, fields.givenName, fields.patronymic].map((field) =>
    optionalTextIn(row, field),
  );
  if (surname !== undefined || givenName !== undefined) return { surname, givenName, patronymic };
  const [first, second, ...others] = whole.split(' ');
  return { surname: first, givenName: second, patronymic: others.length === 0 ? undefined : others.join(' ') };
}
