/**
 * Telemedicine cases in the region's record of patients (protocols/regiz.md §3.2). EMKService tells nothing of what it holds: what became
 * of a case whose answer was lost is learnt by telling it again. UpdateCase succeeds where it stands, AddCase where it does not, and
 * IdCaseMis, our id, keeps it one.
 */
import type { CaseAbility, CaseWay } from '../../case-ability.ts';
import type { MisRecord, WriteContext, WriteOutcome } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { UnfitRequest } from '../booking-request.ts';
import { RefusedByIndex } from '../request-fault.ts';
import { unsent } from '../unsent.ts';
import type { CaseLink } from './link.ts';
import { type CaseRequest, caseOf, parseCase, patientOf, personalIn } from './request.ts';

const refusedText = 'ИЭМК региона не приняла консультацию. Проверьте, как она заполнена.';
const patientText = 'Индекс пациентов региона не принял пациента. Проверьте его данные.';
const standsText = 'ИЭМК региона не отзывает консультацию.';

export function casesOf(link: CaseLink): CaseAbility {
  return {
    graceMilliseconds: link.settings.graceMilliseconds,
    unfit: (record) => unfit(link, record),
    send: (record, way, context) => send(link, record, way, context),
    withdraw: (patient, context) => withdraw(link, patient, context),
  };
}

function unfit({ settings }: CaseLink, record: MisRecord): string | undefined {
  try {
    parseCase(record, settings);
    return undefined;
  } catch (error) {
    if (error instanceof UnfitRequest) return error.message;
    throw error;
  }
}

async function send(link: CaseLink, record: MisRecord, way: CaseWay, context: WriteContext): Promise<WriteOutcome> {
  const text = unfit(link, record);
  if (text !== undefined) return { outcome: 'rejected', reason: 'rule', text };
  const request = parseCase(record, link.settings);
  const refused = await makeKnown(link, request, context);
  return refused ?? hand(link, request, way, context);
}

/** Undefined: the index has the patient as he is now. Nothing of the case has been sent, so all that is not a refusal is "not sent". */
async function makeKnown(
  link: CaseLink,
  request: CaseRequest,
  context: WriteContext,
): Promise<WriteOutcome | undefined> {
  const parameters = { idLPU: link.settings.lpu, patient: patientOf(request) };
  const tell = (operation: 'AddPatient' | 'UpdatePatient') =>
    link.write(operation, parameters, personalIn(request), context);
  try {
    // Whom the index has already it refuses to add, by a number that differs from region to region.
    await tell('AddPatient').catch((error: unknown) => {
      if (isNo(error)) return tell('UpdatePatient');
      throw error;
    });
    return undefined;
  } catch (error) {
    return isNo(error) ? { outcome: 'rejected', reason: 'rule', text: patientText } : failureOf(error, 'unsent');
  }
}

async function hand(
  link: CaseLink,
  request: CaseRequest,
  { replace, add }: CaseWay,
  context: WriteContext,
): Promise<WriteOutcome> {
  const caseDto = caseOf(link.settings, request, context.booking);
  const tell = (operation: 'AddCase' | 'UpdateCase') =>
    link.write(operation, { caseDto }, personalIn(request), context);
  const confirmed = { outcome: 'confirmed', reference: context.booking } as const;
  try {
    if (replace) {
      const stands = await tell('UpdateCase').then(
        () => true,
        (error: unknown) => {
          if (isNo(error)) return false;
          throw error;
        },
      );
      if (stands) return confirmed;
      if (!add) return { outcome: 'unknown', cause: 'the case is not there yet' };
    }
    await tell('AddCase');
    return confirmed;
  } catch (error) {
    return isNo(error) ? { outcome: 'rejected', reason: 'rule', text: refusedText } : failureOf(error, 'unknown');
  }
}

async function withdraw(link: CaseLink, patient: string, context: WriteContext): Promise<WriteOutcome> {
  const parameters = { idLpu: link.settings.lpu, idPatientMis: patient, idCaseMis: context.booking };
  try {
    await link.write('CancelCase', parameters, [], context);
    return { outcome: 'confirmed', reference: context.booking };
  } catch (error) {
    return isNo(error) ? { outcome: 'rejected', reason: 'rule', text: standsText } : failureOf(error, 'unknown');
  }
}

/** It is the hub that is not let in, whatever it sends. */
const isOutside = ({ properties }: RefusedByIndex): boolean =>
  properties.some((property) => property !== undefined && /^guid$/i.test(property));

/** A refusal of what was sent. A fault that names no property may be any exception: it proves nothing. */
const isNo = (error: unknown): boolean =>
  error instanceof RefusedByIndex && !isOutside(error) && error.properties.every((property) => property !== undefined);

/** @param otherwise what it means when it is not known whether anything was done @throws what is no answer of the service */
function failureOf(error: unknown, otherwise: 'unsent' | 'unknown'): WriteOutcome {
  const isRefusal = error instanceof RefusedByIndex;
  if (!isRefusal && !(error instanceof ExchangeError)) throw error;
  const isUnsent = isRefusal ? isOutside(error) : error.failure === 'unsent';
  return isUnsent || otherwise === 'unsent' ? unsent : { outcome: 'unknown', cause: error.message };
}
