/** Calls of УО, PIX and EMK: data in the order of their contracts, faults taken apart. */
import { type Contract, readContract } from '../../../sandbox/regiz/contract.ts';
import type { Data, DataObject } from '../../../sandbox/regiz/data.ts';
import { createDataReader } from '../../../sandbox/regiz/data-reader.ts';
import { createDataWriter } from '../../../sandbox/regiz/data-writer.ts';
import { childOf, type Element, readXml } from '../../../sandbox/regiz/xml.ts';
import { send } from './client.ts';

export interface Complaint {
  code: number;
  property: string;
  message: string;
}

export interface TypedAnswer {
  status: number;
  result: Data;
  /** The leaves of the fault's detail. */
  complaints: Complaint[];
}

const services = {
  mq: { path: '/queues/MqService.svc', action: 'http://tempuri.org/IMqService/', contract: readContract('mq') },
  pix: { path: '/EMK5/PixService.svc', action: 'http://tempuri.org/IPixService/', contract: readContract('pix') },
  emk: { path: '/EMK5/EMKService.svc', action: 'http://tempuri.org/IEmkService/', contract: readContract('emk') },
};

export async function call(
  origin: string,
  service: keyof typeof services,
  operation: string,
  ask: DataObject,
): Promise<TypedAnswer> {
  const { path, action, contract } = services[service];
  const writer = createDataWriter(contract, { style: 'wcf', emptyLists: 'absent', nulls: 'absent' });
  const members = writer.writeMembers(contract.operation(operation)!, ask);
  const body = `<${operation} xmlns="http://tempuri.org/">${members}</${operation}>`;
  const response = await send(origin + path, body, { action: `${action}${operation}` });
  const inside = childOf(readXml(await response.text()), 'Body')!.children[0]!;
  const detail = childOf(inside, 'detail')?.children[0];
  if (detail !== undefined) return { status: response.status, result: undefined, complaints: leavesOf(detail) };
  return { status: response.status, result: resultOf(contract, operation, inside), complaints: [] };
}

function resultOf(contract: Contract, operation: string, response: Element): Data {
  const type = contract.find(`${operation}Response`, 'http://tempuri.org/');
  if (type?.kind !== 'class' || response.name !== type.name) throw new Error(`${response.name}: ${response.text}`);
  return createDataReader(contract, 'refuse').readClass(type, response)[`${operation}Result`];
}

function leavesOf(fault: Element): Complaint[] {
  const nested = childOf(fault, 'MqFaults') ?? childOf(fault, 'Errors');
  if (nested !== undefined && nested.children.length > 0) return nested.children.flatMap(leavesOf);
  const text = (name: string) => childOf(fault, name)?.text ?? '';
  return [{ code: Number(text('ErrorCode')), property: text('PropertyName'), message: text('Message') }];
}
