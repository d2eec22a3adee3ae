/** What can be done on the pages of accounts. */
import { html } from '../../smart/pages/html.ts';
import type { AccountContext } from '../account.ts';
import { attach } from '../attach.ts';
import { confirmEmail } from '../change.ts';
import { changePassword, recover, requestRecovery } from '../recovery.ts';
import { confirmRegistration, register } from '../registration.ts';
import { proveSecret } from '../sign-in.ts';
import type { FormField, FormPage } from './form.ts';

const login: FormField = {
  name: 'login',
  label: 'Электронная почта или логин',
  type: 'text',
  autocomplete: 'username',
};
const email: FormField = { name: 'email', label: 'Электронная почта', type: 'email', autocomplete: 'email' };
const password: FormField = { name: 'password', label: 'Пароль', type: 'password', autocomplete: 'current-password' };
const fresh: FormField = {
  ...{ name: 'password', label: 'Придумайте пароль', type: 'password', autocomplete: 'new-password' },
  hint: 'Не короче 8 знаков, лучше 12. Подойдёт фраза из нескольких слов.',
};
const token: FormField = { name: 'token', label: 'Код из письма', type: 'text', fragment: true };
const snils: FormField = { name: 'snils', label: 'СНИЛС', type: 'text', inputmode: 'numeric' };
const names = (optional: boolean): FormField[] => [
  { name: 'family', label: 'Фамилия', type: 'text', autocomplete: 'family-name', ...(optional && { optional }) },
  { name: 'given', label: 'Имя', type: 'text', autocomplete: 'given-name', ...(optional && { optional }) },
  { name: 'patronymic', label: 'Отчество', type: 'text', autocomplete: 'additional-name', optional: true },
];
const signIn = 'Теперь вернитесь в приложение и войдите.';

export function pagesOf(context: AccountContext): readonly FormPage[] {
  return [
    ...(context.settings.consent === undefined ? [] : [registration(context, context.settings.consent)]),
    confirmation(context),
    recoveryRequest(context),
    newPassword(context),
    otherPassword(context),
    newEmail(context),
    attaching(context),
  ];
}

function registration(context: AccountContext, consent: { version: string; text: string }): FormPage {
  const label = 'Согласие на обработку персональных данных дано мной';
  return {
    ...{ path: 'register', title: 'Регистрация', button: 'Зарегистрироваться' },
    fields: [
      ...names(false),
      { name: 'birthDate', label: 'Дата рождения', type: 'text', autocomplete: 'bday', hint: 'Например, 14.03.1985' },
      { ...snils, optional: true },
      { name: 'phone', label: 'Телефон', type: 'tel', autocomplete: 'tel', hint: 'Изменить его потом нельзя' },
      email,
      fresh,
      { name: 'consent', label, type: 'checkbox', value: consent.version },
    ],
    intro: html`<details><summary>Текст согласия</summary>${consent.text.split(/\n{2,}/).map((p) => html`<p>${p}</p>`)}</details>`,
    links: [{ path: 'recover', title: 'Забыли пароль?' }],
    async run(form, ip) {
      const { family, given, patronymic } = {
        family: form('family'),
        given: form('given'),
        patronymic: form('patronymic'),
      };
      const person = { family, given, patronymic, birthDate: form('birthDate'), snils: form('snils') };
      const contact = { phone: form('phone'), email: form('email') };
      await register(context, { ...person, ...contact, password: form('password'), consent: form('consent') }, ip);
      return {
        title: 'Проверьте почту',
        text: 'Мы отправили письмо: откройте ссылку в нём, чтобы закончить регистрацию.',
      };
    },
  };
}

const confirmation = (context: AccountContext): FormPage => ({
  ...{ path: 'confirm', title: 'Подтверждение регистрации', button: 'Подтвердить' },
  fields: [token, { ...password, label: 'Пароль, который вы придумали' }],
  async run(form, ip) {
    await confirmRegistration(context, form('token').trim(), form('password'), ip);
    return {
      title: 'Готово',
      text: `Учётная запись создана. Пока её не проверил модератор, часть услуг закрыта. ${signIn}`,
    };
  },
});

const recoveryRequest = (context: AccountContext): FormPage => ({
  ...{ path: 'recover', title: 'Восстановление пароля', button: 'Отправить письмо' },
  fields: [email],
  async run(form, ip) {
    await requestRecovery(context, form('email'), ip);
    return { title: 'Проверьте почту', text: 'Мы отправили письмо на этот адрес. Ссылка в нём действует 30 минут.' };
  },
});

const newPassword = (context: AccountContext): FormPage => ({
  ...{ path: 'password', title: 'Новый пароль', button: 'Сохранить' },
  fields: [token, fresh],
  async run(form, ip) {
    await recover(context, form('token').trim(), form('password'), ip);
    return { title: 'Пароль изменён', text: `На всех устройствах нужно войти заново. ${signIn}` };
  },
});

const otherPassword = (context: AccountContext): FormPage => ({
  ...{ path: 'change-password', title: 'Смена пароля', button: 'Сохранить' },
  fields: [login, { ...password, label: 'Прежний пароль' }, { ...fresh, name: 'next' }],
  links: [{ path: 'recover', title: 'Забыли пароль?' }],
  async run(form, ip) {
    const [known, next] = [form('password'), form('next')];
    await changePassword(context, { login: form('login'), password: known, next }, ip);
    return { title: 'Пароль изменён', text: `На всех устройствах нужно войти заново. ${signIn}` };
  },
});

const newEmail = (context: AccountContext): FormPage => ({
  ...{ path: 'email', title: 'Новый адрес', button: 'Подтвердить' },
  fields: [token],
  async run(form, ip) {
    await confirmEmail(context, form('token').trim(), ip);
    return { title: 'Адрес подтверждён', text: 'Теперь входите с новым адресом.' };
  },
});

/** With login and password, so that it works from a scanned code in any browser, without an app. */
const attaching = (context: AccountContext): FormPage => ({
  ...{ path: 'attach', title: 'Прикрепление к клинике', button: 'Прикрепить' },
  intro: html`<p>Код выдаёт регистратура. СНИЛС нужен, если код введён цифрами. Для другого человека укажите его фамилию, имя и отчество, для себя оставьте их пустыми.</p>`,
  fields: [
    { name: 'code', label: 'Код', type: 'text', inputmode: 'numeric', fragment: true },
    { ...snils, optional: true },
    ...names(true).map((f) => ({ ...f, autocomplete: 'off' })),
    login,
    password,
  ],
  async run(form, ip) {
    const { id, passwordEnds } = await proveSecret(context, form('login'), form('password'), ip);
    if (passwordEnds !== null)
      return { title: 'Смените пароль', text: 'Пароль выдан на один раз: сначала придумайте свой.' };
    const [family, given] = [form('family').trim(), form('given').trim()];
    const other =
      family === '' && given === '' ? undefined : { family, given, patronymic: form('patronymic') || undefined };
    await attach(context, { account: id, code: form('code').trim(), snils: form('snils') || undefined, other, ip });
    return { title: 'Готово', text: 'Клиника добавлена, можно записываться на приём.' };
  },
});
