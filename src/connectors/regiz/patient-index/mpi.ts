/** Search of Patients in the MPI, FHIR R4 (protocols/regiz.md §3.6). */
import { z } from 'zod';
import type { MisRecord } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import { type Http, statusError } from '../../http.ts';
import type { Seen } from '../../line.ts';
import type { RegizSettings } from '../settings.ts';
import type { Asking } from './patient-index.ts';
import type { Question } from './query.ts';
import { redactFhir } from './redact.ts';
import type { MpiSettings } from './settings.ts';

/** Documents of N3 as identifiers. */
const documents = 'urn:oid:1.2.643.2.69.1.1.1.6';

export function openMpi(http: Http, settings: MpiSettings, { answerBytes }: RegizSettings['limits']): Asking {
  return {
    kind: 'mpi-patient',
    ask: (line, question, signal) =>
      line.read({
        operation: 'Mpi.Search',
        timeout: settings.patienceMilliseconds,
        signal,
        redact: redactFhir,
        attempt: async (seen, until) => {
          const found = await search(http, settings, question, answerBytes, seen, until);
          return found.slice(0, settings.most);
        },
      }),
  };
}

/** By POST, which every server of FHIR that searches has to take: what stands in an address is kept in logs on the way. */
async function search(
  http: Http,
  { url, guid, most }: MpiSettings,
  question: Question,
  maxBytes: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<MisRecord[]> {
  const body = new URLSearchParams({ ...parametersOf(question), _count: String(most) }).toString();
  seen.request = body;
  const headers = {
    authorization: `N3 ${guid}`,
    accept: 'application/fhir+json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  const address = `${url.replace(/\/$/, '')}/Patient/_search`;
  const answer = await http.post({ url: address, headers, body, maxBytes, signal });
  Object.assign(seen, { response: answer.text, status: answer.status });
  if (answer.status !== 200) throw statusError(answer.status);
  return peopleIn(answer.text);
}

const parametersOf = (question: Question): Record<string, string> =>
  'number' in question
    ? { identifier: `${documents}.${question.type}|${question.number}` }
    : { family: question.FamilyName, given: question.GivenName, birthdate: question.BirthDate };

const text = z.string().trim().min(1);

/** Of each list only what is whole; a member that is none is not there. */
const patient = z.object({
  resourceType: z.literal('Patient'),
  id: text,
  identifier: z
    .array(z.object({ system: text.optional().catch(undefined), value: text.optional().catch(undefined) }))
    .default([]),
  name: z.array(z.object({ family: text.optional(), given: z.array(text).optional() })).default([]),
  birthDate: z
    .string()
    .regex(/^\d{4}(-\d{2}){0,2}$/)
    .optional()
    .catch(undefined),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional().catch(undefined),
});

const bundle = z.object({
  resourceType: z.literal('Bundle'),
  type: z.literal('searchset'),
  entry: z.array(z.object({ resource: z.looseObject({ resourceType: z.string() }) })).default([]),
});

/** Of the first page: who stands on a further one fits no better. @throws ExchangeError */
function peopleIn(body: string): MisRecord[] {
  const page = bundle.safeParse(jsonOf(body));
  if (!page.success) throw new ExchangeError('untrusted', 'the answer is no Bundle of a search');
  const people = page.data.entry.filter(({ resource }) => resource.resourceType === 'Patient');
  return people.map(({ resource }) => {
    const read = patient.safeParse(resource);
    if (!read.success) throw new ExchangeError('untrusted', 'a Patient of the answer cannot be read');
    return recordOf(read.data);
  });
}

function recordOf({ id, identifier, name, birthDate, gender }: z.infer<typeof patient>): MisRecord {
  const whole = identifier.filter(({ system, value }) => system !== undefined && value !== undefined);
  const present = Object.entries({ birthDate, gender }).filter(([, value]) => value !== undefined);
  return { key: id, identifier: whole, name, ...Object.fromEntries(present) };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ExchangeError('untrusted', 'the answer is not JSON', { cause });
  }
}
