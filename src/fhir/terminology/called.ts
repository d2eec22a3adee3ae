/** Which dictionary an operation is called for: of an instance, by URL, or sent along. */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import type { OperationCall } from '../operation.ts';
import type { Asked } from '../resource.ts';
import type { Terminology, TerminologyType } from './terminology.ts';

interface Names {
  /** Of the parameter with the canonical URL; default `url`. */
  readonly url?: string;
  readonly version?: string;
  /** Of the parameter with the resource itself. */
  readonly inline?: string;
}

/**
 * @returns undefined when the call names none
 * @throws Fault bad-request for several at once, not-found for one that is not known here
 */
export function calledFor(
  terminology: Terminology,
  asked: Asked,
  { id, parameters }: OperationCall,
  type: TerminologyType,
  { url: urlName = 'url', version: versionName, inline: inlineName }: Names = {},
): Resource | undefined {
  const url = parameters.text(urlName);
  const inline = inlineName === undefined ? undefined : parameters.resource(inlineName);
  if ([id, url, inline].filter((one) => one !== undefined).length > 1)
    throw new Fault('bad-request', `Name one ${type}: by its address, by "${urlName}", or send it along.`, {
      expression: `http.${urlName}`,
    });
  if (inline !== undefined) return inline;
  if (id === undefined && url === undefined) return undefined;
  const version = versionName === undefined ? undefined : parameters.text(versionName);
  const found =
    id === undefined
      ? terminology.find(asked.viewer, type, version === undefined ? url! : `${url}|${version}`)
      : terminology.read(asked.viewer, type, id);
  if (found === undefined)
    throw new Fault('not-found', `This ${type} is not known here.`, {
      expression: id === undefined ? `http.${urlName}` : 'http.id',
    });
  return found;
}

export interface Asking {
  readonly system: string | undefined;
  readonly code: string;
  readonly display: string | undefined;
  readonly version: string | undefined;
}

interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
  readonly version?: string;
}

/**
 * The codes that an operation is asked about: `code` with `system`, `coding`, or each coding of `codeableConcept`.
 * @throws Fault missing-element for none, bad-request for several of the three
 */
export function askedCodes({ parameters }: OperationCall): Asking[] {
  const code = parameters.text('code');
  const coding = parameters.one('coding') as Coding | undefined;
  const concept = parameters.one('codeableConcept') as { coding?: readonly Coding[] } | undefined;
  const given = [code, coding, concept].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new Fault('bad-request', 'Ask by one of code, coding and codeableConcept.', { expression: 'http.code' });
  if (code !== undefined) {
    const [system, display, version] = ['system', 'display', 'version'].map((name) => parameters.text(name));
    return [{ system, code, display, version }];
  }
  const codings = coding === undefined ? (concept?.coding ?? []) : [coding];
  const codes = codings.flatMap(({ system, code: own, display, version }) =>
    own === undefined ? [] : [{ system, code: own, display, version }],
  );
  if (codes.length === 0)
    throw new Fault('missing-element', 'Send a code with its system, a coding, or a codeableConcept with a coding.', {
      expression: 'http.code',
    });
  return codes;
}
