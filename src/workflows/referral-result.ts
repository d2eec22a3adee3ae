/** What a clinic that was referred to answers with, in the ServiceRequest: a contained DiagnosticReport. https://hl7.org/fhir/R4/diagnosticreport.html */
import type { ReferralDocument, ReferralResult } from '../connectors/referral-ability.ts';
import { fhirInstant } from '../instant.ts';
import type { Resource } from '../store/resource.ts';
import type { ReferralStanding } from './referral-document.ts';

const id = 'result';
const reference = { reference: `#${id}` };

/** @param places system of the codes of clinics */
export function withResult(
  resource: Resource,
  standing: ReferralStanding | undefined,
  places: string | undefined,
): Resource {
  if (typeof standing !== 'object' || 'revoked' in standing || standing.result === undefined) return resource;
  const report = reportOf(resource, standing.result, places);
  const list = (name: string) => (resource[name] ?? []) as { id?: string; reference?: string }[];
  const contained = list('contained').filter((one) => one.id !== id);
  const info = list('supportingInfo').filter((one) => one.reference !== reference.reference);
  return { ...resource, contained: [...contained, report], supportingInfo: [...info, reference] };
}

function reportOf(
  { code, subject }: Resource,
  { opened, closed, place, doctor, diagnoses, document }: ReferralResult,
  places: string | undefined,
): object {
  const instant = (time: number | undefined) => (time === undefined ? undefined : fhirInstant(time));
  const words = diagnoses.flatMap(({ text }) => text ?? []).join('\n');
  const performer = {
    ...(place !== undefined && { identifier: { system: places, value: place } }),
    ...(doctor !== undefined && { display: doctor }),
  };
  // R4: a period that ends before it begins is none.
  const isPeriod = opened !== undefined && closed !== undefined && opened <= closed;
  return clean({
    resourceType: 'DiagnosticReport',
    id,
    status: 'final',
    code: code ?? { text: 'Консультация по направлению' },
    subject,
    effectivePeriod: isPeriod ? { start: instant(opened), end: instant(closed) } : undefined,
    effectiveDateTime: isPeriod ? undefined : instant(closed ?? opened),
    performer: Object.keys(performer).length === 0 ? undefined : [performer],
    conclusion: words === '' ? undefined : words,
    conclusionCode: listOrNone(diagnoses.flatMap((one) => (one.code === undefined ? [] : [conclusionOf(one.code)]))),
    presentedForm: document && [attachmentOf(document)],
  });
}

const conclusionOf = (code: string) => ({ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code }] });

const attachmentOf = ({ type, data, title, created }: ReferralDocument) =>
  clean({
    contentType: type,
    data,
    title,
    creation: created === undefined ? undefined : fhirInstant(created),
  });

const listOrNone = <T>(list: readonly T[]) => (list.length === 0 ? undefined : list);

const clean = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
