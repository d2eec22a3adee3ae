/** The pages on which a person consents to the processing of his data before anything else, and withdraws that. */
import { html } from './html.ts';
import type { Language } from './language.ts';
import { alert, type Frame, field, page } from './page.ts';
import { cancelForm } from './sign-in.ts';

const ru = {
  terms: 'Согласие на обработку данных',
  hint: 'Без этого согласия мы не можем работать с вашими данными. Прочитайте текст.',
  agree: 'Даю согласие на обработку моих персональных данных на этих условиях',
  continue: 'Продолжить',
  cancel: 'Отмена',
  missing: 'Чтобы продолжить, отметьте, что даёте согласие. Если не хотите его давать, нажмите «Отмена».',
  withdraw: 'Отозвать согласие на обработку данных',
  ask: 'Отозвать согласие?',
  effect: 'Все приложения сразу потеряют доступ к вашим данным, и вы выйдете на всех устройствах.',
  remains: 'Записи на приём останутся в силе, а медицинские документы клиника хранит по закону.',
  withdrawYes: 'Отозвать согласие',
  withdrawNo: 'Не отзывать',
  withdrawn: 'Согласие отозвано',
  withdrawnHint:
    'Приложения больше не имеют доступа к вашим данным, вы вышли на всех устройствах. Чтобы снова войти в приложение, согласие понадобится дать заново.',
};

const en: typeof ru = {
  terms: 'Consent to the processing of your data',
  hint: 'Without this consent we cannot work with your data. Please read the text; it is in Russian where the clinic has no other.',
  agree: 'I consent to the processing of my personal data on these terms',
  continue: 'Continue',
  cancel: 'Cancel',
  missing: 'To go on, tick that you consent. If you do not want to, choose “Cancel”.',
  withdraw: 'Withdraw consent to the processing of data',
  ask: 'Withdraw your consent?',
  effect: 'All apps lose their access to your data at once, and you are signed out on all devices.',
  remains: 'Appointments stay as they are, and clinics keep medical records as the law demands.',
  withdrawYes: 'Withdraw consent',
  withdrawNo: 'Keep it',
  withdrawn: 'Consent is withdrawn',
  withdrawnHint:
    'Apps have no access to your data any more, and you are signed out on all devices. To sign in to an app again you will be asked to consent anew.',
};

export const termsTexts: Readonly<Record<Language, typeof ru>> = { ru, en };

export interface TermsPage {
  readonly frame: Frame;
  readonly path: string;
  readonly token: string;
  readonly terms: { readonly version: string; readonly text: string };
  readonly problem?: string;
}

/** The tick says to which version: a text that has changed while he read it is shown to him first. */
export function termsPage({ frame, path, token, terms, problem }: TermsPage): string {
  const t = termsTexts[frame.language];
  return page(
    frame,
    t.terms,
    html`${alert(problem)}<p class="quiet">${t.hint}</p>
<section lang="ru">${terms.text.split(/\n{2,}/).map((paragraph) => html`<p>${paragraph}</p>`)}</section>
<form method="post" action="${path}/terms">${field('token', token)}
<label class="choice"><input type="checkbox" name="version" value="${terms.version}" required><span>${t.agree}</span></label>
<button>${t.continue}</button></form>
${cancelForm(path, token, t.cancel)}`,
  );
}

export function withdrawPage(frame: Frame, token: string): string {
  const t = termsTexts[frame.language];
  return page(
    frame,
    t.ask,
    html`<p>${t.effect}</p><p>${t.remains}</p>
<form method="post" action="${frame.root}/apps/withdraw">${field('token', token)}<button>${t.withdrawYes}</button></form>
<a class="button second" href="${frame.root}/apps">${t.withdrawNo}</a>`,
  );
}

export function withdrawnPage(frame: Frame): string {
  const t = termsTexts[frame.language];
  return page(frame, t.withdrawn, html`<p role="status">${t.withdrawnHint}</p>`);
}
