/**
 * Referrals in «Управление очередями» (protocols/regiz.md §3.3). УО gives a referral a number (IdMq) and takes no idempotency key: one
 * whose answer was lost is known by our id in Source.IdReferralMis.
 */
import type { MisRecord, WriteContext } from '../connector.ts';
import { MisReadError } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import type { FoundReferral, ReferralAbility, ReferralOutcome } from '../referral-ability.ts';
import { UnfitRequest } from './booking-request.ts';
import type { MqData } from './contract/mq.ts';
import type { Call } from './link.ts';
import { type ReferralLink, RefusedByQueue } from './referral-link.ts';
import { codingOf, dictionaries, parseReferral, referralOf } from './referral-request.ts';
import { unsent } from './unsent.ts';

type State = FoundReferral['state'];

/** Dictionary 1.2.643.2.69.1.1.1.50. */
const statuses: readonly (readonly [State, string])[] = [
  ['revoked', 'Аннулировано'],
  ['active', 'Зарегистрировано в РЕГИЗ.УО'],
  ['active', 'Согласовано в направляющей МО'],
  ['active', 'Выдано пациенту'],
  ['active', 'Признано обоснованным в целевой МО'],
  ['active', 'Выделена единица ресурса'],
  ['active', 'Начато оказание медицинской помощи'],
  ['completed', 'Завершено'],
  ['revoked', 'Признано не обоснованным'],
];

const refusedText = 'Система направлений не приняла направление. Проверьте, как оно заполнено.';
const notWithdrawnText = 'Система направлений не отзывает это направление.';
const begunText = 'По направлению уже оказывается или оказана помощь: отозвать его нельзя.';

export function referralsOf(link: ReferralLink): ReferralAbility {
  const { graceMilliseconds, followMilliseconds } = link.settings;
  return {
    graceMilliseconds,
    followMilliseconds,
    category: `urn:oid:${dictionaries.type}`,
    numbers: 'https://medmost.ru/fhir/sid/regiz-referral',
    unfit: (request) => unfit(link, request),
    register: (request, context) => register(link, request, context),
    find: (own, reference, signal) => misRead(() => search(link, own, reference, { signal })),
    cancel: (reference, reason, context) => cancel(link, reference, reason, context),
  };
}

function unfit(link: ReferralLink, record: MisRecord): string | undefined {
  try {
    parseReferral(record, link.settings);
    return undefined;
  } catch (error) {
    if (error instanceof UnfitRequest) return error.message;
    throw error;
  }
}

async function register(link: ReferralLink, record: MisRecord, context: WriteContext): Promise<ReferralOutcome> {
  const text = unfit(link, record);
  if (text !== undefined) return { outcome: 'rejected', reason: 'rule', text };
  const referral = referralOf(link.settings, parseReferral(record, link.settings), context.booking);
  try {
    const { IdMq, MqReferralStatus } = await link.write('Register', { referral }, context);
    return { outcome: 'confirmed', found: foundOf(IdMq, MqReferralStatus, undefined) };
  } catch (error) {
    return failureOf(link, error, refusedText);
  }
}

/** @throws what is no answer of the service */
function failureOf({ settings }: ReferralLink, error: unknown, text: string): ReferralOutcome {
  if (error instanceof ExchangeError)
    return error.failure === 'unsent' ? unsent : { outcome: 'unknown', cause: error.message };
  if (!(error instanceof RefusedByQueue)) throw error;
  const { complaints } = error;
  if (complaints.some(({ property }) => property?.startsWith('credentials'))) return unsent;
  // What names no property may be any exception: it proves nothing about a write.
  const isSure = complaints.every(({ code, property }) => property !== undefined && !isDoubtful(settings, code));
  return isSure ? { outcome: 'rejected', reason: 'rule', text } : { outcome: 'unknown', cause: error.message };
}

const isDoubtful = ({ doubtful }: ReferralLink['settings'], code: number | undefined) =>
  code === undefined || doubtful.includes(code);

/** SearchMany for one as well: of it alone an empty answer says "not there" without a fault. @throws ExchangeError, RefusedByQueue */
async function search(
  link: ReferralLink,
  own: string | undefined,
  reference: string | undefined,
  call: Call,
): Promise<FoundReferral | undefined> {
  const options = reference === undefined ? { Source: { IdReferralMis: own } } : { IdMq: reference };
  const found = await searchMany(link, options, call);
  const isIt = ({ ReferralInfo, Source }: MqData<'Referral'>) =>
    reference === undefined ? Source?.IdReferralMis === own : ReferralInfo?.IdMq === reference;
  const [one, ...others] = found.filter(isIt);
  if (others.length > 0) throw new ExchangeError('untrusted', 'several referrals have one id');
  return one && foundOf(one.ReferralInfo?.IdMq, one.ReferralInfo?.MqReferralStatus, one.EventsInfo);
}

async function searchMany(link: ReferralLink, options: MqData<'Options'>, call: Call) {
  try {
    return (await link.read('SearchMany', { options }, call)).Referrals ?? [];
  } catch (error) {
    const { notFound } = link.settings;
    const codes = error instanceof RefusedByQueue ? error.complaints.map(({ code }) => code) : [];
    if (codes.some((code) => code !== undefined && notFound.includes(code))) return [];
    throw error;
  }
}

/** @throws ExchangeError for what the contract does not have */
function foundOf(
  reference: string | undefined,
  status: MqData<'Coding'> | undefined,
  events: MqData<'EventsInfo'> | undefined,
): FoundReferral {
  const [state, display] = statuses[/^[0-8]$/.test(status?.Code ?? '') ? Number(status!.Code) : -1] ?? [];
  if (reference === undefined) throw new ExchangeError('untrusted', 'a referral without a number');
  if (state === undefined || display === undefined)
    throw new ExchangeError('untrusted', 'a referral in no known status');
  const when = status!.Code === '5' ? receptionOf(events) : undefined;
  const text = when === undefined ? display : `${display}: приём ${when}`;
  return { reference, state, status: { system: `urn:oid:${dictionaries.status}`, code: status!.Code!, display }, text };
}

/** `dd.mm.yyyy` with the time, where it is one. */
function receptionOf(events: MqData<'EventsInfo'> | undefined): string | undefined {
  const { ReceptionAppointDate: date, ReceptionAppointTime: time } = events?.Target ?? {};
  if (date === undefined) return undefined;
  const day = date.slice(0, 10).split('-').reverse().join('.');
  const [clock] = /^\d{2}:\d{2}/.exec(time ?? '') ?? [];
  return clock === undefined ? day : `${day} ${clock}`;
}

async function cancel(
  link: ReferralLink,
  reference: string,
  reason: string | undefined,
  context: WriteContext,
): Promise<ReferralOutcome> {
  const { cancelReason, cancelSource } = link.settings;
  const Cancellation = {
    CancellationReason: codingOf(link.settings, 'cancelReason', cancelReason),
    CancellationSource: codingOf(link.settings, 'cancelSource', cancelSource),
    Date: link.now(),
    ReasonComment: reason,
  };
  const referral = { EventsInfo: { Cancellation }, ReferralInfo: { IdMq: reference } };
  let failed: ReferralOutcome = { outcome: 'unknown', reference, cause: 'the referral still stands' };
  try {
    const { IdMq, MqReferralStatus } = await link.write('Cancellation', { referral }, context);
    const found = foundOf(IdMq ?? reference, MqReferralStatus, undefined);
    if (found.state === 'revoked') return { outcome: 'confirmed', found };
  } catch (error) {
    failed = failureOf(link, error, notWithdrawnText);
    if (failed === unsent) return failed;
  }
  return stands(link, reference, failed, context);
}

/** Whatever was answered, УО tells what became of it. */
async function stands(
  link: ReferralLink,
  reference: string,
  failed: ReferralOutcome,
  call: Call,
): Promise<ReferralOutcome> {
  try {
    const found = await search(link, undefined, reference, call);
    if (found?.state === 'revoked') return { outcome: 'confirmed', found };
    if (found?.state === 'completed' || found?.status.code === '6')
      return { outcome: 'rejected', reason: 'rule', text: begunText };
    return found === undefined ? { outcome: 'unknown', reference, cause: 'the referral is not there' } : failed;
  } catch (error) {
    if (!(error instanceof ExchangeError) && !(error instanceof RefusedByQueue)) throw error;
    return failed;
  }
}

/** @throws MisReadError; an error of our own passes as it is */
async function misRead<T>(reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof ExchangeError) throw new MisReadError(`УО: ${error.message}`, error.retryable, error);
    throw error instanceof RefusedByQueue ? new MisReadError(`УО: ${error.message}`, false, error) : error;
  }
}
