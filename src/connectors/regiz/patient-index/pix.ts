/** GetPatient of PixService (protocols/regiz.md §3.1). */
import { soapHeaders, writeEnvelope } from '../../../wcf/envelope.ts';
import { readResult, WcfError } from '../../../wcf/read.ts';
import { writeRequest } from '../../../wcf/write.ts';
import type { MisRecord } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import type { Http } from '../../http.ts';
import type { Seen } from '../../line.ts';
import { postSoap } from '../../soap.ts';
import type { XmlNode } from '../../xml.ts';
import { type PatientDto, pixContract } from '../contract/pix.ts';
import { refusalIn } from '../request-fault.ts';
import type { RegizSettings } from '../settings.ts';
import type { Asking } from './patient-index.ts';
import { type Question, valuesOf } from './query.ts';
import { redactSoap } from './redact.ts';
import type { PixSettings } from './settings.ts';

const operation = 'GetPatient';

export function openPix(http: Http, settings: PixSettings, { answerBytes }: RegizSettings['limits']): Asking {
  return {
    kind: 'pix-patient',
    ask: (line, question, signal) =>
      line.read({
        operation: `Pix.${operation}`,
        timeout: settings.patienceMilliseconds,
        signal,
        redact: (seen) => redactSoap(seen, valuesOf(question)),
        attempt: async (seen, until) => {
          const found = await getPatient(http, settings, { question, maxBytes: answerBytes, seen, signal: until });
          return found.slice(0, settings.most).flatMap((patient) => recordOf(patient, settings));
        },
      }),
  };
}

interface Attempt {
  readonly question: Question;
  readonly maxBytes: number;
  readonly seen: Seen;
  readonly signal: AbortSignal;
}

/** @throws ExchangeError, RefusedByIndex */
async function getPatient(http: Http, settings: PixSettings, attempt: Attempt): Promise<readonly PatientDto[]> {
  const { url, soapVersion, soapAction, nobody } = settings;
  const xml = requestOf(settings, attempt.question);
  attempt.seen.request = xml;
  const { maxBytes, signal } = attempt;
  const headers = soapHeaders(soapVersion, soapAction.replace('{operation}', operation));
  const onResponse = (answer: { text: string; status: number }) =>
    void Object.assign(attempt.seen, { response: answer.text, status: answer.status });
  try {
    return resultOf(await postSoap(http, { url, headers, xml, maxBytes, signal, onResponse }));
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === undefined) throw error;
    if (refusal.codes.every((code) => code !== undefined && nobody.includes(code))) return [];
    throw refusal;
  }
}

function requestOf({ guid, lpu, source, soapVersion }: PixSettings, question: Question): string {
  const patient =
    'number' in question
      ? { Documents: [{ DocN: question.number, IdDocumentType: question.type }] }
      : { ...question, BirthDate: `${question.BirthDate}T00:00:00` };
  const parameters = { guid, idLPU: lpu, patient, idSource: source };
  return writeEnvelope(soapVersion, writeRequest(pixContract, operation, parameters));
}

/** Nil is an empty list, as .NET writes it; an answer without its element is none. @throws ExchangeError */
function resultOf(content: XmlNode): readonly PatientDto[] {
  const { namespace } = pixContract;
  if (content.name !== `${operation}Response` || content.namespace !== namespace)
    throw new ExchangeError('untrusted', `the answer is not that of ${operation}`);
  const [only, ...others] = content.children;
  if (only?.name !== `${operation}Result` || only.namespace !== namespace || others.length > 0)
    throw new ExchangeError('untrusted', `the answer has no ${operation}Result`);
  if (only.children.length === 0 && only.text.trim() === '') return [];
  try {
    return readResult(pixContract, operation, content) as unknown as readonly PatientDto[];
  } catch (error) {
    throw error instanceof WcfError ? new ExchangeError('untrusted', error.message, { cause: error }) : error;
  }
}

/** Somebody without any id could not be named again, and is left out. */
function recordOf(patient: PatientDto, { lpu }: PixSettings): MisRecord[] {
  const { IdGlobal, IdPatientMIS, FamilyName, GivenName, MiddleName, BirthDate, Sex, Documents = [] } = patient;
  const key = IdGlobal ?? (IdPatientMIS && `${lpu} ${IdPatientMIS}`);
  if (key === undefined) return [];
  const told = { key, IdGlobal, FamilyName, GivenName, MiddleName, Sex, BirthDate: BirthDate?.slice(0, 10) };
  const documents = Documents.flatMap(({ IdDocumentType, DocN }) =>
    IdDocumentType === undefined || DocN === undefined ? [] : [{ IdDocumentType, DocN }],
  );
  const present = Object.entries(told).filter(([, value]) => value !== undefined && value !== '');
  return [{ ...Object.fromEntries(present), ...(documents.length > 0 && { Documents: documents }) }];
}
