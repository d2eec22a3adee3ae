/** The error codes of ЕСИА (docs/connectors/esia.md): whose fault each is, and the sentence for the person who meets it. */
import type { IdentityError } from '../../identity.ts';

type Sentence = readonly [blame: IdentityError['blame'], ru: string, en: string];

const setup: Sentence = [
  'operator',
  'Вход через Госуслуги настроен с ошибкой. Сообщите об этом в поддержку клиники.',
  'Sign-in with Gosuslugi is set up wrongly. Please tell the support of the clinic.',
];
const signature: Sentence = [
  'operator',
  'Госуслуги не узнали электронную подпись клиники. Сообщите об этом в поддержку клиники.',
  'Gosuslugi did not recognise the electronic signature of the clinic. Please tell its support.',
];
const clock: Sentence = [
  'operator',
  'Часы сервера клиники расходятся с часами Госуслуг. Попробуйте ещё раз; если не получится, сообщите в поддержку клиники.',
  'The clock of the clinic differs from that of Gosuslugi. Try again; if it fails again, tell the support of the clinic.',
];
const consent: Sentence = [
  'operator',
  'Запрос согласия настроен с ошибкой. Сообщите об этом в поддержку клиники.',
  'The request for consent is set up wrongly. Please tell the support of the clinic.',
];
const busy: Sentence = [
  'retry',
  'Госуслуги перегружены или на обслуживании. Попробуйте войти через несколько минут.',
  'Gosuslugi is overloaded or under maintenance. Try to sign in again in a few minutes.',
];
const again: Sentence = [
  'retry',
  'Вход не завершён вовремя или ссылка уже использована. Начните вход снова.',
  'The sign-in was not finished in time, or its link was used already. Please start again.',
];
const denied: Sentence = [
  'person',
  'Госуслуги не передали данные: вы отказались, или сервис отклонил запрос. Чтобы войти, начните снова.',
  'Gosuslugi did not pass your data on: you refused, or the service did. To sign in, please start again.',
];
const permission: Sentence = [
  'person',
  'Нет вашего разрешения передать данные клинике. Начните вход снова и дайте разрешение на Госуслугах.',
  'You have not allowed your data to be passed to the clinic. Start again and allow it at Gosuslugi.',
];
const factor: Sentence = [
  'person',
  'Для входа нужна двухфакторная проверка. Включите её в настройках безопасности Госуслуг и войдите снова.',
  'The sign-in needs a second factor. Switch it on in the security settings of Gosuslugi and sign in again.',
];
const unconfirmed: Sentence = [
  'person',
  'Ваша учётная запись Госуслуг не подтверждена. Подтвердите её в банке, МФЦ или центре обслуживания и войдите снова.',
  'Your Gosuslugi account is not confirmed. Confirm it at a bank, an MFC or a service centre and sign in again.',
];
const kind: Sentence = [
  'person',
  'Эта учётная запись для входа не подходит. Войдите как частное лицо.',
  'This account cannot be used here. Sign in as a private person.',
];

/** The comment of each is what ЕСИА means by it. */
export const codes: Readonly<Record<string, Sentence | undefined>> = {
  /** The certificate does not belong to the mnemonic, or none is registered. */
  'ESIA-007002': signature,
  /** A parameter is missing, wrong or sent twice. */
  'ESIA-007003': setup,
  /** The person or the service refused. */
  'ESIA-007004': denied,
  /** The system may not use this method; also seen when its certificate is unknown. */
  'ESIA-007005': setup,
  /** A scope is unknown or not granted to the system. */
  'ESIA-007006': setup,
  /** Something broke inside ЕСИА. */
  'ESIA-007007': busy,
  /** ЕСИА is overloaded or under maintenance. */
  'ESIA-007008': busy,
  /** The grant type is not supported. */
  'ESIA-007009': setup,
  /** The code is spent, old, another system's or of another redirect address. */
  'ESIA-007011': again,
  /** The type of the code is not supported. */
  'ESIA-007012': setup,
  /** There is no scope in the request. */
  'ESIA-007013': setup,
  /** A mandatory parameter is missing. */
  'ESIA-007014': setup,
  /** The time of the request is wrong. */
  'ESIA-007015': clock,
  /** There is no permission for the access. */
  'ESIA-007019': permission,
  /** The redirect address is not registered for the system. */
  'ESIA-007023': setup,
  /** The parameters could not be read. */
  'ESIA-007038': setup,
  /** PKCE: there was no code_challenge. */
  'ESIA-007039': setup,
  /** PKCE: verifier and challenge differ. */
  'ESIA-007040': setup,
  /** The scope demands a second factor that the person does not have. */
  'ESIA-007046': factor,
  /** Client_secret is wrong, or the certificate is not active. */
  'ESIA-007053': signature,
  /** The account is not confirmed. */
  'ESIA-007055': unconfirmed,
  /** The parameter roles is wrong. */
  'ESIA-007060': setup,
  /** The parameter obj_type is wrong. */
  'ESIA-007061': setup,
  /** The kind or the role of the person does not fit. */
  'ESIA-007062': kind,
  /** The person is no employee of the organisation asked about. */
  'ESIA-007194': kind,
  /** The system could not be authenticated. */
  'ESIA-008010': signature,
  /** No type of consent is named. */
  'ESIA-036700': consent,
  /** There is no such type of consent. */
  'ESIA-036701': consent,
  /** A scope that the type of consent demands is missing. */
  'ESIA-036702': consent,
  /** Scopes beyond those of the type of consent. */
  'ESIA-036703': consent,
  /** The type of consent allows no scopes. */
  'ESIA-036704': consent,
  /** No action is named. */
  'ESIA-036705': consent,
  /** There is no such action. */
  'ESIA-036706': consent,
  /** No purpose is named. */
  'ESIA-036707': consent,
  /** The end of the consent is wrong. */
  'ESIA-036716': consent,
  /** There is no such purpose. */
  'ESIA-036726': consent,
  /** Exactly one purpose must be named. */
  'ESIA-036727': consent,
};
