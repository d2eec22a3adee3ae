/** The pages that people see: the login page and what goes wrong before it. */
import type { Person } from './people.ts';
import type { Login } from './state.ts';

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="ru">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; color: #0b1f33; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  label { display: block; margin: .75rem 0; } input { font: inherit; width: 100%; padding: .5rem; box-sizing: border-box; }
  button { font: inherit; padding: .5rem 1rem; margin: .25rem 0; cursor: pointer; text-align: left; }
  .primary { background: #0d4cd3; color: #fff; border: 0; border-radius: .5rem; }
  .wrong { color: #b00020; } .people button { width: 100%; } small { color: #50565c; }
</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>`;
}

export function loginPage(request: string, login: Login, people: readonly Person[], isWrong: boolean): string {
  const hidden = `<input type="hidden" name="request" value="${escapeHtml(request)}">`;
  const rows = people.map(
    (person) => `<button name="person" value="${person.oid}">${escapeHtml(nameOf(person))}<br>
<small>${escapeHtml(`${person.snils ?? 'без СНИЛС'} · ${person.note}`)}</small></button>`,
  );
  return page(
    'Вход · песочница ЕСИА',
    `<p>Системе <b>${escapeHtml(login.client.mnemonic)}</b> будут переданы: ${escapeHtml(login.scopes.join(', '))}.
Это не Госуслуги: все люди здесь вымышлены.</p>
${isWrong ? '<p class="wrong" role="alert">Неверный логин или пароль.</p>' : ''}
<form method="post" action="/login">${hidden}
<label>Почта, телефон или СНИЛС <input name="login" autocomplete="off" autofocus></label>
<label>Пароль <input name="password" type="password" autocomplete="off"></label>
<button class="primary" name="enter" value="yes">Войти</button>
</form>
<h2>Или войти сразу как</h2>
<form class="people" method="post" action="/login">${hidden}${rows.join('\n')}</form>
<form method="post" action="/login">${hidden}<button name="refuse" value="yes">Отказаться</button></form>`,
  );
}

const nameOf = ({ lastName, firstName, middleName = '' }: Person) => `${lastName} ${firstName} ${middleName}`.trim();

export const problemPage = (problem: string) =>
  page(
    'Ошибка · песочница ЕСИА',
    `<p class="wrong">${escapeHtml(problem)}</p><p>Вернитесь на сайт клиники и начните вход снова.</p>`,
  );

export const goodbyePage = () => page('Вы вышли · песочница ЕСИА', '<p>Сеанс завершён.</p>');
