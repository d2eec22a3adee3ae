/** Faults with a typed detail, as УО and PIX have them: a tree of property, message and number. protocols/regiz.md §3.1, §3.3. */
import type { Contract } from './contract.ts';
import type { DataObject } from './data.ts';
import { createDataWriter } from './data-writer.ts';
import { SoapFault } from './soap.ts';

/** What is wrong with a property. */
export interface Complaint {
  readonly property: string;
  readonly message: string;
  readonly code: number;
}

/** Numbers of the errors are not in public material: these are the sandbox's own. */
export const faultCodes = { denied: 1, missing: 2, unknown: 3, notAllowed: 4, duplicate: 5, ambiguous: 6 } as const;

/** A fault with one complaint, or with several inside a common one. */
export function typedFault(
  contract: Contract,
  { name, nested }: { name: 'MqFault' | 'RequestFault'; nested: 'MqFaults' | 'Errors' },
  complaints: readonly Complaint[],
): SoapFault {
  const [first] = complaints as [Complaint, ...Complaint[]];
  const one = ({ property, message, code }: Complaint): DataObject => ({
    ErrorCode: code,
    Message: message,
    PropertyName: property,
  });
  const common = { ErrorCode: first.code, Message: 'Ошибка валидации', PropertyName: null };
  const detail = complaints.length === 1 ? one(first) : { ...common, [nested]: complaints.map(one) };
  const type = contract.find(name, 'http://tempuri.org/');
  if (type?.kind !== 'class') throw new Error(`no ${name} in the contract`);
  const writer = createDataWriter(contract, { style: 'wcf', emptyLists: 'empty', nulls: 'nil' });
  return new SoapFault(String(detail.Message), name, writer.writeRoot(type, detail), first.code);
}
