/** The page on which a person allows an app what it asks for, or a part of it. */
import { parseResourceScope } from '../../scope.ts';
import { type Html, html } from './html.ts';
import { type Frame, field, page } from './page.ts';
import { cancelForm } from './sign-in.ts';
import { type Texts, textsOf } from './texts.ts';

export interface ConsentPage {
  readonly frame: Frame;
  readonly path: string;
  readonly token: string;
  readonly app: string;
  readonly policy: string | null;
  /** Of the account. */
  readonly person: string;
  /** Whom the data are of; undefined where no patient was chosen. */
  readonly patient: string | undefined;
  /** As what a person works at a clinic. */
  readonly role: string | undefined;
  readonly scopes: readonly string[];
}

export function consentPage(given: ConsentPage): string {
  const { frame, path, token, app, policy, person, patient, role, scopes } = given;
  const t = textsOf(frame.language);
  return page(
    frame,
    t.allow(app),
    html`<p>${t.asPerson(person)} ${patient !== undefined && t.about(patient)} ${role !== undefined && t.asRole(role)}</p>
<form method="post" action="${path}/consent">${field('token', token)}
<fieldset aria-describedby="hint"><legend>${t.will}</legend>
<p class="quiet" id="hint">${t.refusable}</p>
${scopes.filter(isAsked).map((scope) => choice(scope, t))}
</fieldset>
<button>${t.permit}</button></form>
${cancelForm(path, token, t.refuse)}
${policy !== null && html`<p class="below"><a href="${policy}" rel="noreferrer">${t.policy}</a></p>`}`,
  );
}

/** What only says how the app is opened, and `openid`, of which `fhirUser` is a part, go without a question. */
export const isAsked = (scope: string): boolean => !/^launch(\/|$)/.test(scope) && scope !== 'openid';

function choice(scope: string, t: Texts): Html {
  return html`<label class="choice"><input type="checkbox" name="scope" value="${scope}" checked><span>${wordsOf(scope, t)}</span></label>`;
}

/** «Просматривать, создавать: записи на приём — только status=booked» */
export function wordsOf(scope: string, t: Texts): string {
  if (scope === 'fhirUser') return t.who;
  if (scope === 'offline_access') return t.offline;
  if (scope === 'online_access') return t.online;
  const parsed = parseResourceScope(scope);
  if (parsed === undefined) return scope;
  const { permissions, type, level, query } = parsed;
  const can = [...new Set(permissions.replace('s', 'r'))].sort((a, b) => 'rcud'.indexOf(a) - 'rcud'.indexOf(b));
  const verbs = can.map((p) => t.permissions[p as keyof Texts['permissions']]).join(', ');
  const what = type === '*' ? t.everything : (t.types[type] ?? type);
  const whose = level === 'user' ? t.ofUser : t.ofPatient;
  return `${verbs[0]!.toUpperCase()}${verbs.slice(1)}: ${what}${whose}${query === undefined ? '' : t.onlyWhere(decode(query))}`;
}

function decode(query: string): string {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}
