/** Dictionaries that are not published here and may be known to НСИ, by OID. */
import { MisReadError } from '../../connectors/connector.ts';
import type { Dictionary, FoundConcept, Nsi } from '../../connectors/nsi.ts';
import { Fault } from '../../fault.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import type { Code } from './expansion.ts';

const oid = /^urn:oid:[0-2](\.(0|[1-9]\d{0,9})){1,30}$/;

/** The service to ask about it; undefined when the hub publishes it itself, when it is no OID, and where no НСИ is configured. */
export function foreignSource(
  { nsi, terminology }: Pick<Context, 'nsi' | 'terminology'>,
  { viewer }: Pick<Asked, 'viewer'>,
  type: 'CodeSystem' | 'ValueSet',
  url: string | undefined,
): Nsi | undefined {
  return url !== undefined && oid.test(url) && terminology.find(viewer, type, url) === undefined ? nsi : undefined;
}

/** The codes of a dictionary, as a ValueSet of all of them. @throws Fault not-found, transient */
export async function expandForeign(nsi: Nsi, system: string): Promise<{ set: object; codes: Code[] }> {
  const { version, concepts } = await told<Dictionary>(() => nsi.dictionary(system), 'http.url');
  const codes = concepts.map((concept) => ({ system, ...concept, inactive: false, concept: { ...concept } }));
  const set = { resourceType: 'ValueSet', url: system, ...(version !== undefined && { version }), status: 'active' };
  return { set, codes };
}

/** @throws Fault not-found, transient */
export const lookUpForeign = (nsi: Nsi, system: string, code: string): Promise<FoundConcept> =>
  told(() => nsi.concept(system, code), 'http.code');

async function told<T>(asking: () => Promise<T | undefined>, expression: string): Promise<T> {
  let found: T | undefined;
  try {
    found = await asking();
  } catch (cause) {
    if (!(cause instanceof MisReadError)) throw cause;
    throw new Fault('transient', 'The service of dictionaries (НСИ) does not answer: repeat the request later.', {
      ...{ code: 'nsi-unreachable', retryAfter: 10, cause },
    });
  }
  if (found === undefined)
    throw new Fault('not-found', 'Neither the hub nor НСИ knows this dictionary or code.', { expression });
  return found;
}
