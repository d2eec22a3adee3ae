/** Failures that ЕСИА has no number for, and what is made of its answers. */
import { IdentityError } from '../../identity.ts';
import { codes } from './codes.ts';

type Blame = IdentityError['blame'];
type Entry = readonly [blame: Blame, ru: string, en: string];

const later: Entry = [
  'retry',
  'Госуслуги сейчас не отвечают. Попробуйте войти через несколько минут.',
  'Gosuslugi does not answer now. Try to sign in again in a few minutes.',
];
const misread: Entry = [
  'operator',
  'Ответ Госуслуг не удалось проверить, поэтому вход отменён. Сообщите об этом в поддержку клиники.',
  'The answer of Gosuslugi could not be verified, so the sign-in was stopped. Please tell the support of the clinic.',
];
const setup: Entry = [
  'operator',
  'Вход через Госуслуги настроен с ошибкой. Сообщите об этом в поддержку клиники.',
  'Sign-in with Gosuslugi is set up wrongly. Please tell the support of the clinic.',
];

/** The codes of this connector itself. */
const own = {
  /** No connection, or no whole answer in time. */
  'esia-unreachable': later,
  /** HTTP 5xx or 429, or more people at once than can be signed for. */
  'esia-unavailable': later,
  /** A page, a redirect, JSON of another shape, too many bytes. */
  'esia-answer': later,
  /** A token that is not what it must be; never repeated. */
  'esia-token': misread,
  /** A token is signed by none of the certificates that are pinned: one that is new, or not ЕСИА's. */
  'esia-certificate-unknown': misread,
  /** The answer carries the state of another request. */
  'esia-state': misread,
  /** What is told of a person is not of that person, or not of the shape of a person. */
  'esia-person': misread,
  /** The token does not let read what the settings ask for. */
  'esia-scope': setup,
  /** The signer does not sign, or signs by another key than that of the certificate. */
  'esia-signer': setup,
  /** The certificate of the information system has run out, or is not valid yet. */
  'esia-certificate-expired': setup,
  'esia-denied': [
    'person',
    'Вы не разрешили клинике получить данные из Госуслуг. Чтобы войти, начните снова и нажмите «Предоставить».',
    'You did not let the clinic have your data from Gosuslugi. To sign in, start again and allow it.',
  ],
  /** Anything else. */
  'esia-unknown': [
    'retry',
    'Войти через Госуслуги не удалось. Попробуйте ещё раз; если не получится, сообщите в поддержку клиники.',
    'The sign-in with Gosuslugi failed. Try again; if it fails again, tell the support of the clinic.',
  ],
} as const satisfies Readonly<Record<string, Entry>>;

export type OwnCode = keyof typeof own;

/** @param cause technical; holds nothing of the person and no secret */
export function failure(code: OwnCode, cause?: unknown): IdentityError {
  const [blame, ru, en] = own[code];
  return new IdentityError(code, { ru, en }, blame, cause);
}

/** @param description `ESIA-007053: …`; only its code is kept, the rest is not ours to repeat */
export function esiaFailure(error: string | undefined, description: string | undefined): IdentityError {
  const code = /\bESIA-\d{6}\b/.exec(description ?? '')?.[0];
  if (code === undefined) return failure(error === 'access_denied' ? 'esia-denied' : 'esia-unknown');
  const [blame, ru, en] = codes[code] ?? own['esia-unknown'];
  return new IdentityError(code, { ru, en }, blame);
}
