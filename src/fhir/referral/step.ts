/** A step of a referral as it is asked for, checked. */
import type { ReferralStep, StepRequest } from '../../connectors/referral-step.ts';
import { Fault } from '../../fault.ts';
import type { Arguments } from '../operation.ts';

interface Rule {
  /** Parameters that go with it, beside `patient`. */
  readonly takes: readonly string[];
  /** One of which it needs. */
  readonly needs?: readonly string[];
}

const rules: Readonly<Record<ReferralStep, Rule>> = {
  ...{ review: { takes: ['time'] }, issue: { takes: ['time'] }, accept: { takes: ['time'] } },
  redirect: { takes: ['organization'], needs: ['organization'] },
  refuse: { takes: ['time', 'reason'], needs: ['reason'] },
  plan: { takes: ['time', 'appointment', 'reason'], needs: ['time', 'appointment'] },
  start: { takes: ['time'] },
  complete: { takes: ['time', 'diagnosis', 'conclusion'] },
  cancel: { takes: ['time', 'reason'], needs: ['reason'] },
};

const longest = { reason: 500, conclusion: 4000 } as const;
const day = 86_400_000;

/** @param start of the Appointment, when one was given @param now milliseconds @throws Fault bad-value, missing-element */
export function stepOf(parameters: Arguments, start: number | undefined, now: number): StepRequest {
  const step = parameters.text('step') as ReferralStep;
  if (!Object.hasOwn(rules, step)) throw bad('step', `A step is one of: ${Object.keys(rules).join(', ')}.`);
  const { takes, needs } = rules[step];
  for (const name of ['time', 'appointment', 'organization', 'reason', 'diagnosis', 'conclusion'])
    if (!takes.includes(name) && parameters.one(name) !== undefined)
      throw bad(name, `The step ${step} takes no ${name}.`);
  if (needs?.every((name) => parameters.one(name) === undefined))
    throw new Fault('missing-element', `The step ${step} needs ${needs.join(' or ')}.`, {
      expression: `http.${needs[0]}`,
    });
  const texts = { reason: textOf(parameters, 'reason'), conclusion: textOf(parameters, 'conclusion') };
  const told = { ...texts, diagnosis: diagnosisOf(parameters), place: placeOf(parameters) };
  return { step, at: start ?? timeOf(parameters, step, now), ...told };
}

const bad = (name: string, text: string) => new Fault('bad-value', text, { expression: `http.${name}` });

function timeOf(parameters: Arguments, step: ReferralStep, now: number): number {
  const text = parameters.text('time');
  if (text === undefined) return now;
  if (!/T\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(text))
    throw bad('time', 'A time has its zone, as 2026-12-01T09:30:00+03:00.');
  const time = Date.parse(text);
  // What is planned lies ahead, what has happened behind; a clock of another may be some minutes fast.
  const [least, most] = step === 'plan' ? [now - day, now + 1000 * day] : [now - 1000 * day, now + day / 24];
  if (!(time >= least && time <= most)) throw bad('time', `The step ${step} is not possible at this time.`);
  return time;
}

function textOf(parameters: Arguments, name: keyof typeof longest): string | undefined {
  const text = parameters.text(name)?.trim();
  if (text === '') throw bad(name, `The parameter ${name} is empty.`);
  if (text !== undefined && text.length > longest[name])
    throw bad(name, `The parameter ${name} has ${longest[name]} characters at most.`);
  return text;
}

const places = 'urn:oid:1.2.643.2.69.1.1.1.64';

function placeOf(parameters: Arguments): string | undefined {
  const identifier = parameters.one('organization') as { system?: string; value?: string } | undefined;
  if (identifier === undefined) return undefined;
  if (identifier.system === places && /^\S{1,64}$/.test(identifier.value ?? '')) return identifier.value;
  throw bad('organization', `An organization is an Identifier of the system ${places}.`);
}

const icd = ['http://hl7.org/fhir/sid/icd-10', 'urn:oid:1.2.643.5.1.13.13.11.1005'];

function diagnosisOf(parameters: Arguments): string | undefined {
  const coding = parameters.one('diagnosis') as { system?: string; code?: string } | undefined;
  if (coding === undefined) return undefined;
  if (icd.includes(coding.system ?? '') && /^[A-Z]\d\d(\.\d{1,2})?$/.test(coding.code ?? '')) return coding.code;
  throw bad('diagnosis', `A diagnosis is a code of ICD-10 such as I10, of the system ${icd.join(' or ')}.`);
}
