/** `RequestFault` of PixService: a tree of numbers, names of properties and texts that may quote a person (protocols/regiz.md §3.1). */
import { SoapFault } from '../soap.ts';
import { childOf, type XmlNode } from '../xml.ts';
import { requestFaultUri } from './contract/pix.ts';

/** The index understood and said no. Its texts are never shown. */
export class RefusedByIndex extends Error {
  /** ErrorCodes, of the innermost faults. */
  readonly codes: readonly (number | undefined)[];

  constructor(complaints: readonly Complaint[]) {
    super(
      `PIX refused: ${complaints.map(({ code, property }) => [code, property].filter(Boolean).join(' ')).join(', ')}`,
    );
    this.name = 'RefusedByIndex';
    this.codes = complaints.map(({ code }) => code);
  }
}

interface Complaint {
  readonly code: number | undefined;
  /** A path of the contract, e.g. `patient.BirthDate`; of nothing else. */
  readonly property: string | undefined;
}

/** Undefined for what is no typed fault: an exception of the server, which says nothing of the question. */
export function refusalIn(error: unknown): RefusedByIndex | undefined {
  if (!(error instanceof SoapFault) || error.detail === undefined) return undefined;
  const complaints = complaintsIn(error.detail);
  return complaints.length === 0 ? undefined : new RefusedByIndex(complaints);
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
