/** What the browser is shown and where it is sent: the login page, logout, errors. */
import type { ServerResponse } from 'node:http';
import { finish, personOf, type Way } from './authorize.ts';
import { goodbyePage, loginPage, problemPage } from './pages.ts';
import { mayReturn } from './request-check.ts';
import type { State } from './state.ts';

export function showLogin(state: State, response: ServerResponse, request: string | null, isWrong: boolean): void {
  const login = state.logins.get(request ?? '');
  if (login === undefined) return void sendPage(response, 400, problemPage('Вход не начат или уже завершён.'));
  sendPage(response, isWrong ? 401 : 200, loginPage(request!, login, state.people, isWrong));
}

export function enter(state: State, response: ServerResponse, form: URLSearchParams): void {
  const request = form.get('request') ?? '';
  const login = state.logins.get(request);
  const isRefused = form.has('refuse');
  const person = isRefused ? undefined : personOf(state.people, form);
  if (login === undefined || (person === undefined && !isRefused))
    return void showLogin(state, response, request, true);
  state.logins.delete(request);
  go(response, finish(state, login, person));
}

export function logOut(state: State, response: ServerResponse, query: URLSearchParams): void {
  const target = query.get('redirect_url');
  const client = state.clients.get(query.get('client_id') ?? '');
  if (client === undefined) return void sendPage(response, 400, problemPage('Неизвестная система.'));
  if (mayReturn(client, target)) return void go(response, { location: target! });
  sendPage(response, 200, goodbyePage());
}

export function go(response: ServerResponse, way: Way): void {
  if ('problem' in way) return void sendPage(response, 400, problemPage(way.problem));
  response.writeHead(302, { location: way.location }).end();
}

export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html);
}
