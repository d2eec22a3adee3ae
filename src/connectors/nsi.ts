/** НСИ, the dictionaries of a region and of the federation by OID (protocols/regiz.md §3.6): read, remembered, never changed. */
import { z } from 'zod';
import { withDeadline } from '../deadline.ts';
import type { Clock } from '../instant.ts';
import { MisReadError } from './connector.ts';
import { ExchangeError } from './exchange.ts';
import { openGuard } from './guard.ts';
import { type Http, openHttp, statusError } from './http.ts';
import { openMemory } from './nsi-memory.ts';

export interface NsiSettings {
  /** FHIR base, without the last slash. */
  readonly url: string;
  /** Of `Authorization: N3 <token>`; never logged. */
  readonly token: string;
  /** Milliseconds of one question with its repeats. */
  readonly timeout: number;
  /** Hours for which an answer is as good as new. */
  readonly keepHours: number;
}

export interface Concept {
  readonly code: string;
  readonly display?: string;
}

export interface Dictionary {
  readonly version?: string;
  readonly concepts: readonly Concept[];
}

export interface FoundConcept {
  /** Of the dictionary. */
  readonly name?: string;
  readonly version?: string;
  readonly display?: string;
}

export interface Nsi {
  /** All of a dictionary; undefined when НСИ has none by this OID. @param system `urn:oid:…` @throws MisReadError */
  dictionary(system: string): Promise<Dictionary | undefined>;
  /** Undefined when НСИ knows no such dictionary or code. @throws MisReadError */
  concept(system: string, code: string): Promise<FoundConcept | undefined>;
  close(): Promise<void>;
}

const guarding = { concurrency: 4, queue: 50, breakAfter: 5, breakMilliseconds: 10_000, readRepeats: 1 };
/** About as many codes as an expansion may have. */
const maxBytes = 8_388_608;

export function openNsi(settings: NsiSettings, clock: Clock): Nsi {
  const http = openHttp({ connectTimeout: Math.min(2000, settings.timeout), keepAlive: true });
  const guard = openGuard({ ...guarding, repeatAfter: 200 });
  const ask = <T>(operation: string, parameters: Readonly<Record<string, string>>, read: (body: unknown) => T) =>
    telling(() =>
      withDeadline(settings.timeout, (until) =>
        guard.read((signal) => post(http, settings, { operation, parameters, read, signal }), until),
      ),
    );
  const keep = settings.keepHours * 3_600_000;
  const dictionaries = openMemory({ most: 50, keep, clock }, (system) => ask('$expand', { system }, readDictionary));
  const concepts = openMemory({ most: 10_000, keep, clock }, (key) => {
    const [system, code] = key.split(' ', 2) as [string, string];
    return ask('$lookup', { system, code }, readConcept);
  });
  return {
    dictionary: dictionaries,
    concept: (system, code) => concepts(`${system} ${code}`),
    close: () => http.close(),
  };
}

/** @throws MisReadError */
async function telling<T>(asking: () => Promise<T>): Promise<T> {
  try {
    return await asking();
  } catch (error) {
    if (error instanceof ExchangeError) throw new MisReadError(`НСИ: ${error.message}`, error.retryable, error);
    throw error;
  }
}

interface Question<T> {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly read: (body: unknown) => T;
  readonly signal: AbortSignal;
}

/** @returns undefined for 404, by which НСИ says that there is no such thing @throws ExchangeError */
async function post<T>(
  http: Http,
  { url, token }: NsiSettings,
  { operation, parameters, read, signal }: Question<T>,
): Promise<T | undefined> {
  const parameter = Object.entries(parameters).map(([name, valueString]) => ({ name, valueString }));
  const headers = { authorization: `N3 ${token}`, accept: 'application/json', 'content-type': 'application/json' };
  const body = JSON.stringify({ resourceType: 'Parameters', parameter });
  const answer = await http.post({
    ...{ url: `${url}/ValueSet/${operation}?_format=json`, headers, body, maxBytes, signal },
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw statusError(answer.status);
  try {
    return read(JSON.parse(answer.text));
  } catch (cause) {
    if (cause instanceof ExchangeError) throw cause;
    throw new ExchangeError('untrusted', `the answer to ${operation} cannot be read`, { cause });
  }
}

const text = z.string().trim().min(1);
const coded = z.object({ code: text, display: text.optional().catch(undefined), version: text.optional() });
const expanded = z.object({
  resourceType: z.literal('ValueSet'),
  expansion: z.object({ total: z.number().optional(), contains: z.array(z.unknown()).default([]) }),
});

function readDictionary(body: unknown): Dictionary {
  const { expansion } = expanded.parse(body);
  const concepts: Concept[] = [];
  let version: string | undefined;
  const left = expansion.contains.toReversed();
  while (left.length > 0) {
    const item = left.pop();
    const { code, display, version: told } = coded.parse(item);
    version ??= told;
    concepts.push({ code, ...(display !== undefined && { display }) });
    const below = (item as { contains?: unknown }).contains;
    if (Array.isArray(below)) left.push(...below.toReversed());
  }
  // A page would be taken for the whole.
  if (expansion.total !== undefined && expansion.total > concepts.length)
    throw new ExchangeError('untrusted', 'only a part of the dictionary was answered', { retryable: false });
  return { concepts, ...(version !== undefined && { version }) };
}

const looked = z.object({
  resourceType: z.literal('Parameters'),
  parameter: z.array(z.looseObject({ name: z.string(), valueString: z.unknown().optional() })),
});

function readConcept(body: unknown): FoundConcept {
  const { parameter } = looked.parse(body);
  const told = ['name', 'version', 'display'].flatMap((name) => {
    const value = text.safeParse(parameter.find((one) => one.name === name)?.valueString);
    return value.success ? [[name, value.data] as const] : [];
  });
  return Object.fromEntries(told);
}
