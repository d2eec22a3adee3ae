/** `RequestFault` of PixService and EMKService: a tree of numbers, names of properties and texts that may quote a person (protocols/regiz.md §3.1, §3.2). */
import { SoapFault } from '../soap.ts';
import { childOf, type XmlNode } from '../xml.ts';
import { requestFaultUri } from './contract/pix.ts';

/** The index, or the record of patients, understood and said no. Its texts are never shown. */
export class RefusedByIndex extends Error {
  /** ErrorCodes, of the innermost faults. */
  readonly codes: readonly (number | undefined)[];
  /** PropertyNames of the same. */
  readonly properties: readonly (string | undefined)[];

  constructor(complaints: readonly Complaint[], service: string) {
    const told = complaints.map(({ code, property }) => [code, property].filter(Boolean).join(' '));
    super(`${service} refused: ${told.join(', ')}`);
    this.name = 'RefusedByIndex';
    this.codes = complaints.map(({ code }) => code);
    this.properties = complaints.map(({ property }) => property);
  }
}

interface Complaint {
  readonly code: number | undefined;
  /** A path of the contract, e.g. `patient.BirthDate`; of nothing else. */
  readonly property: string | undefined;
}

/** Undefined for what is no typed fault: an exception of the server, which says nothing of the question. */
export function refusalIn(error: unknown, service = 'PIX'): RefusedByIndex | undefined {
  if (!(error instanceof SoapFault) || error.detail === undefined) return undefined;
  const complaints = complaintsIn(error.detail);
  return complaints.length === 0 ? undefined : new RefusedByIndex(complaints, service);
}

/** A fault of EMKService that refuses nothing: what was sent is taken, and something in it is not as it should be. */
export function isWarning(error: unknown): boolean {
  if (!(error instanceof SoapFault) || error.detail === undefined) return false;
  const named = new Set(error.detail.children.filter((node) => node.namespace === requestFaultUri).map((n) => n.name));
  const others = ['RequestFault', 'ArrayOfRequestFault'].some((name) => named.has(name));
  return !others && (named.has('RequestWarning') || named.has('ArrayOfRequestWarning'));
}

/** The detail is one fault or a list; a fault that holds others says nothing by itself. */
function complaintsIn(node: XmlNode): Complaint[] {
  const inner = node.children.flatMap(complaintsIn);
  if (inner.length > 0 || node.name !== 'RequestFault' || node.namespace !== requestFaultUri) return inner;
  const [code, property] = [childOf(node, 'ErrorCode')?.text.trim() ?? '', childOf(node, 'PropertyName')?.text.trim()];
  return [
    {
      code: /^-?\d{1,9}$/.test(code) ? Number(code) : undefined,
      property: property !== undefined && /^[A-Za-z][\w.[\]]{0,60}$/.test(property) ? property : undefined,
    },
  ];
}
