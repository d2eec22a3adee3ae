/** The texts of letters, for people, in Russian. No health data, and no names: a letter may come to somebody else's box. */
import type { Letter } from './mail.ts';

interface LinkLetter {
  readonly to: string;
  /** Of the hub. */
  readonly url: string;
  readonly token: string;
}

const sign = (url: string) => `\n\nПисьмо отправлено автоматически, отвечать на него не нужно.\n${new URL(url).host}\n`;

const byLink = (url: string, page: string, token: string) =>
  `${url}/account/${page}#${token}\n\nЕсли ссылка не открывается, откройте ${url}/account/${page} и вставьте код:\n${token}`;

const notYou = 'Если это были не вы, ничего не делайте.';

export const registrationLetter = ({ to, url, token }: LinkLetter): Letter => ({
  to,
  subject: 'Подтвердите регистрацию',
  text: `Чтобы закончить регистрацию, откройте ссылку и введите пароль, который придумали:\n\n${byLink(url, 'confirm', token)}\n\nСсылка действует сутки. ${notYou}${sign(url)}`,
});

export const alreadyLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'У вас уже есть учётная запись',
  text: `Кто-то пробовал зарегистрироваться с вашим адресом, но учётная запись с ним уже есть.\n\nЕсли вы забыли пароль, восстановите его: ${url}/account/recover\n\n${notYou}${sign(url)}`,
});

export const recoveryLetter = ({ to, url, token }: LinkLetter): Letter => ({
  to,
  subject: 'Новый пароль',
  text: `Чтобы задать новый пароль, откройте ссылку:\n\n${byLink(url, 'password', token)}\n\nСсылка действует 30 минут и один раз. ${notYou}${sign(url)}`,
});

export const strangerLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'Учётной записи с этим адресом нет',
  text: `Кто-то просил восстановить пароль по вашему адресу, но учётной записи с ним нет. Возможно, вы входите через Госуслуги или указывали другой адрес.\n\n${notYou}${sign(url)}`,
});

export const emailLetter = ({ to, url, token }: LinkLetter): Letter => ({
  to,
  subject: 'Подтвердите новый адрес',
  text: `Чтобы этот адрес стал адресом вашей учётной записи, откройте ссылку:\n\n${byLink(url, 'email', token)}\n\nСсылка действует сутки. ${notYou}${sign(url)}`,
});

const urgent = (url: string) =>
  `Если это были не вы, сразу восстановите пароль: ${url}/account/recover — и сообщите в поддержку.`;

export const passwordChangedLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'Пароль изменён',
  text: `Пароль вашей учётной записи изменён, на всех устройствах нужно войти заново.\n\n${urgent(url)}${sign(url)}`,
});

export const emailChangedLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'Адрес изменён',
  text: `У вашей учётной записи теперь другой адрес электронной почты.\n\n${urgent(url)}${sign(url)}`,
});

export const confirmedLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'Учётная запись подтверждена',
  text: `Модератор проверил ваши данные: доступны все услуги.\n\n${url}${sign(url)}`,
});

/** @param reason in the moderator's words */
export const refusedLetter = (to: string, url: string, reason: string): Letter => ({
  to,
  subject: 'Данные не подтверждены',
  text: `Модератор не смог подтвердить ваши данные: ${reason}\n\nИсправьте их в настройках учётной записи, и проверка начнётся снова.${sign(url)}`,
});

export const blockedLetter = (to: string, url: string): Letter => ({
  to,
  subject: 'Учётная запись заблокирована',
  text: `Ваша учётная запись заблокирована. Обратитесь в поддержку.${sign(url)}`,
});
