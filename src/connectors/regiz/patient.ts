/** The patient's card at the clinic (protocols/regiz.md §1.6): CheckPatient, and AddNewPatient for whom there is none. */

import type { PatientData } from './booking-request.ts';
import type { HubData } from './contract/hub.ts';
import type { Call, Link } from './link.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';
import { type Rejected, unsent } from './unsent.ts';

/** IdPat of the patient's card, made when there is none. @throws ExchangeError, RefusedByHub */
export async function cardOf(link: Link, patient: PatientData, call: Call): Promise<string | Rejected> {
  const found = await checkPatient(link, patient, call);
  if (found !== undefined) return found;
  const { text } = refusalOf(new RefusedByHub('CheckPatient', 20), link.settings.codes);
  if (!link.settings.booking.addPatients) return { outcome: 'rejected', reason: 'rule', text };
  // Whether a lost one has made a card does not matter: the next attempt finds it.
  return (await addPatient(link, patient, call)) ?? unsent;
}

/** @returns IdPat; undefined when the clinic has no such patient @throws ExchangeError, RefusedByHub (of several cards, too) */
export async function checkPatient(link: Link, patient: PatientData, call: Call): Promise<string | undefined> {
  // Whatever is sent narrows, and a telephone that has changed hides the card.
  const { CellPhone: _, ...pat } = patientOf(patient);
  try {
    const { IdPat } = await link.read('CheckPatient', { pat, idLpu: link.settings.lpu }, call);
    return IdPat;
  } catch (error) {
    if (!(error instanceof RefusedByHub)) throw error;
    if (refusalOf(error, link.settings.codes).meaning === 'unknown-patient') return undefined;
    throw error;
  }
}

/** @returns IdPat of a card that was made or found @throws ExchangeError, RefusedByHub */
export async function addPatient(link: Link, patient: PatientData, call: Call): Promise<string | undefined> {
  const { IdPat } = await link.write('AddNewPatient', { patient: patientOf(patient), idLpu: link.settings.lpu }, call);
  return IdPat;
}

/** СНИЛС goes formatted, as the service itself writes it. */
function patientOf({ Birthday, Snils, ...rest }: PatientData): HubData<'Patient'> {
  const digits = Snils?.replace(/\D/g, '');
  const snils = digits?.length === 11 ? digits.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, '$1-$2-$3 $4') : undefined;
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...known,
    ...(Birthday !== undefined && { Birthday: `${Birthday}T00:00:00` }),
    ...(snils !== undefined && { Snils: snils }),
  };
}
