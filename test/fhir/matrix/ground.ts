/**
 * Three people who are patients of two clinics, with something of every kind written about each, and everybody who may ask.
 * Each resource holds a canary: a text that is in no request, so that an answer can only have it from the database.
 */
import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/access/principal.ts';
import { idOf } from '../../../src/id.ts';
import type { MemoryHub } from '../../support/memory-hub.ts';
import { orderOf } from '../../support/order.ts';

type Support = typeof import('./support.ts');

export interface Secret {
  readonly clinic: string;
  readonly person: number;
  readonly type: string;
  readonly id: string;
  readonly canary: string;
  /** What the asker sees refers to it. */
  readonly isMentioned?: boolean;
  /** Ids that it refers to. */
  readonly mentions?: readonly string[];
  /** Person under whose account it was made. */
  readonly account?: number;
}

export interface Asker {
  readonly name: string;
  readonly token: string;
  /** What is its to see. */
  sees(secret: Secret): boolean;
}

export interface Ground {
  readonly hub: MemoryHub;
  readonly secrets: readonly Secret[];
  readonly askers: readonly Asker[];
  /** СНИЛС of the people, of the range for tests. */
  readonly snils: readonly string[];
}

export const people = [0, 1, 2];
export const clinics = ['one', 'two'];
const snilsOf = (person: number) => ['00000060004', '00000060105', '00000060206'][person]!;

export async function layGround(support: Support): Promise<Ground> {
  const { createMemoryHub, createMemoryMis, memoryConfig, openMemoryClinic, quarterSlots, schedules, begin } = support;
  const slots = schedules.flatMap((s) => quarterSlots(s.key, begin, 40));
  const hub = await createMemoryHub({
    keys: clinics,
    open(key, number) {
      const mis = createMemoryMis();
      mis.slots = slots;
      return openMemoryClinic(key, number, mis, memoryConfig(key));
    },
  });
  for (const key of clinics) await hub.read(key);
  const secrets: Secret[] = [];
  const state: State = { hub, support, secrets, next: 0, slots: slots.map((s) => String(s['key'])), accounts: [] };
  for (const clinic of clinics) for (const person of people) await writeAbout(state, clinic, person);
  for (const person of people) await addPerson(state, person);
  return { hub, secrets, askers: await addAskers(state), snils: people.map(snilsOf) };
}

interface State {
  readonly hub: MemoryHub;
  readonly support: Support;
  readonly secrets: Secret[];
  next: number;
  readonly slots: readonly string[];
  readonly accounts: string[];
}

const canaryOf = (clinic: string, person: number, type: string) => `кенар-${clinic}-${person}-${type}-${randomUUID()}`;

async function send(state: State, token: string, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) {
  const answer = await state.support.ask(state.hub, method, path, { token, ...(body && { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const patientOf = ({ secrets }: State, clinic: string, person: number) =>
  secrets.find((s) => s.clinic === clinic && s.person === person && s.type === 'Patient')!.id;

async function writeAbout(state: State, clinic: string, person: number): Promise<void> {
  const token = await state.hub.token({ clinics: [clinic], subject: `desk ${clinic}` });
  const keep = async (type: string, make: (canary: string) => object) => {
    const canary = canaryOf(clinic, person, type);
    const { id } = await send(state, token, 'POST', type, { resourceType: type, ...make(canary) });
    state.secrets.push({ clinic, person, type, id: id!, canary });
    return id!;
  };
  await keep('Patient', (canary) => ({
    identifier: [{ system: 'http://hl7.org/fhir/sid/ru-snils', value: snilsOf(person) }],
    name: [{ family: `Тестов${person}`, given: ['Иван'] }],
    birthDate: `199${person}-01-01`,
    telecom: [{ system: 'phone', value: `+7999000000${person}` }],
    address: [{ text: canary }],
  }));
  const subject = { reference: `Patient/${patientOf(state, clinic, person)}` };
  await book(state, token, clinic, person);
  const visit = { class: { code: 'VR' }, subject };
  const encounter = await keep('Encounter', (c) => ({ status: 'planned', ...visit, reasonCode: [{ text: c }] }));
  const later = { resourceType: 'Encounter', id: encounter, status: 'finished', ...visit };
  await send(state, token, 'PUT', `Encounter/${encounter}`, { ...later, reasonCode: [{ text: 'иное' }] });
  await keep('ServiceRequest', (c) => ({ status: 'active', intent: 'order', subject, note: [{ text: c }] }));
  await keep('Consent', (c) => consentOf(subject, c));
  const said = (c: string) => ({ status: 'completed', subject, payload: [{ contentString: c }] });
  await keep('Communication', said);
  await keepPapers(state, clinic, person, subject);
  const gone = await keep('Communication', said);
  await send(state, token, 'DELETE', `Communication/${gone}`);
}

/** What a clinic has written, as its MIS is mirrored. */
async function keepPapers(
  { hub, support, secrets }: State,
  clinic: string,
  person: number,
  subject: object,
): Promise<void> {
  const content = (canary: string) => ({
    DocumentReference: { status: 'current', subject, content: [{ attachment: { title: canary } }] },
    DiagnosticReport: { status: 'final', subject, code: { text: canary } },
    Observation: { status: 'final', subject, code: { text: 'Гемоглобин' }, valueString: canary },
  });
  for (const type of Object.keys(content('')) as (keyof ReturnType<typeof content>)[]) {
    const [id, canary] = [randomUUID(), canaryOf(clinic, person, type)];
    const origin = { clinic: hub.clinics.byKey(clinic)!.number, zone: 'UTC', misKey: id };
    const resource = { resourceType: type, id, ...content(canary)[type] };
    await support.putDocument(
      hub.pool,
      support.prepareDocument(resource, 1, Date.now(), origin, hub.context.parameters),
    );
    secrets.push({ clinic, person, type, id, canary });
  }
}

const consentOf = (patient: object, canary: string) => ({
  status: 'active',
  scope: { text: canary },
  category: [{ text: 'обработка персональных данных' }],
  patient,
  dateTime: '2026-11-01',
  policyRule: { text: 'demo-1' },
});

/** What is of an account and of no clinic, as the card file writes it. */
async function writeOwn(
  { hub, support, secrets }: State,
  person: number,
  account: string,
  patient: string,
): Promise<void> {
  const keep = async (type: string, id: string, content: (canary: string) => object) => {
    const canary = canaryOf('0', person, type);
    const resource = { resourceType: type, id, ...content(canary) };
    const origin = { clinic: 0, zone: 'UTC', patient: account };
    await support.putDocument(
      hub.pool,
      support.prepareDocument(resource, 1, Date.now(), origin, hub.context.parameters),
    );
    secrets.push({ clinic: '0', person, type, id, canary, account: person, mentions: [patient] });
  };
  const link = [{ target: { reference: `Patient/${patient}` } }];
  await keep('Person', account, (canary) => ({ name: [{ text: 'Тестов' }], address: [{ text: canary }], link }));
  const related = { patient: { reference: `Patient/${patient}` } };
  await keep('RelatedPerson', randomUUID(), (canary) => ({ ...related, address: [{ text: canary }] }));
}

async function book(state: State, token: string, clinic: string, person: number, account?: number): Promise<void> {
  const slot = idOf(clinic, 'Slot', state.slots[state.next++]!);
  const canary = canaryOf(clinic, person, 'Appointment');
  const order = { ...orderOf(slot, patientOf(state, clinic, person)), comment: canary };
  const { id } = await send(state, token, 'POST', 'Appointment', order);
  state.secrets.push({
    clinic,
    person,
    type: 'Appointment',
    id: id!,
    canary,
    ...(account !== undefined && { account }),
  });
}

async function addPerson(state: State, person: number): Promise<void> {
  const cards = clinics.map((clinic, i) => ({
    patient: patientOf(state, clinic, person),
    clinic,
    relation: i === 0 ? ('self' as const) : ('other' as const),
  }));
  const account = await state.support.addAccount(state.hub, { cards });
  // Both Patients are the person himself.
  await state.hub.pool.query(
    `with own as (select id from card where account = $1 and relation = 'self')
     update card_patient p set card = own.id from own, card c where c.id = p.card and c.account = $1`,
    [account],
  );
  state.accounts.push(account);
  const { token } = await state.support.grant(state.hub, { account, scope: 'user/*.cruds' });
  await book(state, token, 'one', person, person);
  await writeOwn(state, person, account, patientOf(state, 'one', person));
}

async function addAskers(state: State): Promise<Asker[]> {
  const { hub, support, accounts } = state;
  const askers: Asker[] = [];
  const minted = async (name: string, principal: Partial<Principal>, sees: Asker['sees']) =>
    askers.push({ name, token: await hub.token({ subject: name, ...principal }), sees });
  const granted = async (name: string, plan: Parameters<Support['grant']>[1], sees: Asker['sees']) =>
    askers.push({ name, token: (await support.grant(hub, plan)).token, sees });
  const staff = async (role: 'doctor' | 'registrar' | 'moderator', sees: Asker['sees']) => {
    const account = await support.addAccount(hub, { staff: [{ clinic: 'one', role }] });
    await granted(`${role} of one`, { account, role, scope: 'user/*.cruds', client: 'cabinet' }, sees);
  };
  const account = accounts[0]!;
  const isFirst = (s: Secret) => s.person === 0;
  const [patient] = [patientOf(state, 'one', 0)];
  await granted('first person by ЕСИА', { account, scope: 'user/*.cruds', method: 'esia' }, isFirst);
  await granted(
    'first person by password',
    { account, scope: 'user/*.cruds' },
    (s) => isFirst(s) && (s.type === 'Patient' || s.account === 0),
  );
  await granted(
    'app for the first person',
    { account, scope: 'launch/patient patient/*.cruds', method: 'esia', patient },
    (s) => isFirst(s) && s.clinic === 'one',
  );
  await granted(
    'app for his name alone',
    { account, scope: 'patient/Patient.rs', method: 'esia', patient },
    (s) => isFirst(s) && s.clinic === 'one' && s.type === 'Patient',
  );
  await minted(
    'patient of one',
    { clinics: ['one'], role: 'patient', patient },
    (s) => isFirst(s) && s.clinic === 'one',
  );
  await granted(
    'somebody',
    { account: await support.addAccount(hub), scope: 'user/*.cruds', method: 'esia' },
    () => false,
  );
  const cards = [{ patient }];
  const limited = await support.addAccount(hub, { state: 'limited', cards });
  await granted('account on check', { account: limited, scope: 'user/*.cruds' }, () => false);
  const grown = await support.addAccount(hub, { cards: [{ ...cards[0]!, relation: 'child', ends: new Date(0) }] });
  await granted('parent of one who is of age', { account: grown, scope: 'user/*.cruds', method: 'esia' }, () => false);
  await staff('doctor', (s) => s.clinic === 'one');
  await staff(
    'registrar',
    (s) => s.clinic === 'one' && ['Patient', 'Appointment', 'ServiceRequest', 'Consent'].includes(s.type),
  );
  // Accounts are of no clinic: whoever confirms them sees all.
  await staff('moderator', (s) => s.clinic === '0');
  for (const clinic of clinics) await minted(`app of ${clinic}`, { clinics: [clinic] }, (s) => s.clinic === clinic);
  await minted(
    'operator of two',
    { clinics: ['two'], role: 'operator' },
    (s) => s.clinic === 'two' || s.clinic === '0',
  );
  await minted('registry', { clinics, role: 'registry' }, () => false);
  return askers;
}
