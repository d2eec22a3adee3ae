/** What travels in a contract's XML, as plain data: absent is undefined, nil is null. */

export type Data = string | number | boolean | null | undefined | readonly Data[] | DataObject;

export interface DataObject {
  readonly [name: string]: Data;
}

/** Key of a derived type's name, `i:type` on the wire. */
export const typeKey = '$type';

/** Text of a member; empty when it is nil, absent or not a plain value. */
export function textOf(data: DataObject | undefined, name: string): string {
  const value = data?.[name];
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

export function numberOf(data: DataObject | undefined, name: string): number | undefined {
  const value = data?.[name];
  return typeof value === 'number' ? value : undefined;
}

export function objectOf(data: DataObject | undefined, name: string): DataObject | undefined {
  const value = data?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as DataObject) : undefined;
}

export function listOf(data: DataObject | undefined, name: string): readonly Data[] {
  const value = data?.[name];
  return Array.isArray(value) ? (value as readonly Data[]) : [];
}
