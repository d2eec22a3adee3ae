/** The pages on which a person chooses for whom an app shall act, or as what he works. */
import type { PatientChoice, RoleChoice } from '../grants.sql.ts';
import { type Html, html } from './html.ts';
import { type Frame, field, page } from './page.ts';
import { cancelForm } from './sign-in.ts';
import { textsOf } from './texts.ts';

interface ChoicePage {
  readonly frame: Frame;
  readonly path: string;
  readonly token: string;
  readonly app: string;
  /** By its key, as people know it. */
  clinicName(key: string): string;
}

export const fullName = (p: { family: string; given: string; patronymic: string | null }): string =>
  [p.family, p.given, p.patronymic].filter(Boolean).join(' ');

/** One choice for each Patient; where a person is one in several clinics, they stand together. */
export function patientPage(given: ChoicePage, choices: readonly PatientChoice[]): string {
  const t = textsOf(given.frame.language);
  const option = (c: PatientChoice, i: number) =>
    radio('patient', c.patient, fullName(c), `${given.clinicName(c.clinic)} · ${t.relations[c.relation]}`, i === 0);
  const none = html`<p>${t.noPatients}</p><p class="quiet">${t.noPatientsHint}</p>${field('patient', '')}`;
  const some = html`<p class="quiet" id="hint">${t.whoseHint(given.app)}</p>
<fieldset aria-describedby="hint"><legend class="unseen">${t.whose}</legend>${choices.map(option)}</fieldset>`;
  return choicePage(given, t.whose, 'patient', choices.length === 0 ? none : some);
}

export function rolePage(given: ChoicePage, choices: readonly RoleChoice[]): string {
  const t = textsOf(given.frame.language);
  const option = (c: RoleChoice, i: number) =>
    radio('role', c.role, t.roles[c.role], c.clinics.map(given.clinicName).join(', '), i === 0);
  return choicePage(
    given,
    t.which,
    'role',
    html`<fieldset><legend class="unseen">${t.which}</legend>${choices.map(option)}</fieldset>`,
  );
}

function radio(name: string, value: string, title: string, hint: string, checked: boolean): Html {
  return html`<label class="choice"><input type="radio" name="${name}" value="${value}" required${checked && html` checked`}>
<span>${title}<small>${hint}</small></span></label>`;
}

function choicePage({ frame, path, token }: ChoicePage, title: string, action: string, body: Html): string {
  const t = textsOf(frame.language);
  return page(
    frame,
    title,
    html`<form method="post" action="${path}/${action}">${field('token', token)}
${body}
<button>${t.continue}</button></form>
${cancelForm(path, token, t.cancel)}`,
  );
}
