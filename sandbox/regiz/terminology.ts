/** Dictionaries of the pretend НСИ: $expand and $lookup. protocols/regiz.md §3.6. The shape of $expand's answer is assumed. */
import { dictionary, statusNames } from './referral.ts';
import { Refusal } from './refusal.ts';
import { specialties } from './region.ts';
import type { RestAsk, RestRoute, Told } from './rest-service.ts';
import type { ClinicRow } from './row.ts';
import type { State } from './state.ts';

export type Concepts = readonly (readonly [code: string, display: string])[];

const numbered = (names: readonly string[], from = 1): Concepts => names.map((name, n) => [String(n + from), name]);

const fixed: Readonly<Record<string, Concepts>> = {
  [`${dictionary}.50`]: numbered(statusNames, 0),
  [`${dictionary}.30`]: numbered(['Плановая', 'Неотложная', 'Экстренная']),
  [`${dictionary}.55`]: numbered(['На консультацию', 'На госпитализацию', 'На обследование']),
  [`${dictionary}.56`]: specialties.map(({ fer, name }) => [fer, name]),
  '1.2.643.5.1.13.2.1.1.156': numbered(['Мужской', 'Женский', 'Не определён']),
};

const bare = (system: string) => system.replace(/^urn:oid:/, '');

/** Concepts of a dictionary; undefined when there is none by this OID, with or without `urn:oid:`. */
export function conceptsOf(state: State, system: string): Concepts | undefined {
  if (bare(system) !== `${dictionary}.64`) return fixed[bare(system)];
  return state.all<ClinicRow>('SELECT * FROM clinic ORDER BY id').map(({ guid, full }) => [guid, full]);
}

interface Parameter {
  name?: unknown;
  valueString?: unknown;
  valueUri?: unknown;
  valueCode?: unknown;
}

export function parameterOf(body: RestAsk['body'], name: string): string {
  const list = Array.isArray(body['parameter']) ? (body['parameter'] as Parameter[]) : [];
  const one = list.find((parameter) => parameter.name === name);
  return String(one?.valueString ?? one?.valueUri ?? one?.valueCode ?? '');
}

export function outcomeOf(code: number, text: string): Told {
  const issue = [{ severity: 'error', code: code === 1 ? 'login' : 'processing', diagnostics: text }];
  return { status: code === 1 ? 401 : code === 20 ? 404 : 400, body: { resourceType: 'OperationOutcome', issue } };
}

/** @throws Refusal */
function asked({ state, body }: RestAsk): [string, Concepts] {
  const system = parameterOf(body, 'system');
  const concepts = conceptsOf(state, system);
  if (concepts === undefined) throw new Refusal(20, `Справочник ${system} не найден`);
  return [system, concepts];
}

const common = {
  access: 'read',
  method: 'POST',
  contentType: 'application/json; charset=utf-8',
  refuse: outcomeOf,
} as const;

export const terminologyRoutes: readonly RestRoute[] = [
  {
    ...common,
    operation: 'Nsi.Expand',
    path: /^\/nsi\/fhir\/term\/ValueSet\/\$expand$/,
    answer(ask) {
      const [system, concepts] = asked(ask);
      const contains = concepts.map(([code, display]) => ({ system, version: '1', code, display }));
      const expansion = { timestamp: new Date(ask.state.clock()).toISOString(), total: contains.length, contains };
      return { status: 200, body: { resourceType: 'ValueSet', url: system, status: 'active', expansion } };
    },
  },
  {
    ...common,
    operation: 'Nsi.Lookup',
    path: /^\/nsi\/fhir\/term\/ValueSet\/\$lookup$/,
    answer(ask) {
      const [system, concepts] = asked(ask);
      const code = parameterOf(ask.body, 'code');
      const found = concepts.find((concept) => concept[0] === code);
      if (found === undefined) throw new Refusal(20, `Код ${code} отсутствует в справочнике ${system}`);
      const parameter = Object.entries({ name: system, version: '1', display: found[1] }).map(
        ([name, valueString]) => ({
          name,
          valueString,
        }),
      );
      return { status: 200, body: { resourceType: 'Parameters', parameter } };
    },
  },
];
