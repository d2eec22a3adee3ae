/** Sets and rows as 1С publishes them. */
export interface Field {
  readonly name: string;
  readonly type: 'Edm.Guid' | 'Edm.String' | 'Edm.Boolean' | 'Edm.DateTime' | 'Edm.Int16' | 'Edm.Int64' | 'Edm.Double';
  readonly maxLength?: number;
}

export type Row = Readonly<Record<string, string | boolean | number>>;

export interface EntitySet {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly rows: Row[];
}

export type Base = ReadonlyMap<string, EntitySet>;

export const nothing = '00000000-0000-0000-0000-000000000000';
export const noDate = '0001-01-01T00:00:00';

export const standard: readonly Field[] = [
  { name: 'Ref_Key', type: 'Edm.Guid' },
  { name: 'DataVersion', type: 'Edm.String' },
  { name: 'DeletionMark', type: 'Edm.Boolean' },
  { name: 'Code', type: 'Edm.String', maxLength: 9 },
  { name: 'Description', type: 'Edm.String', maxLength: 100 },
];
export const folders: readonly Field[] = [
  { name: 'IsFolder', type: 'Edm.Boolean' },
  { name: 'Parent_Key', type: 'Edm.Guid' },
];

/** A GUID that anybody can tell by eye: `kind` is one hexadecimal digit. */
export const guidOf = (kind: string, number: number): string =>
  `${kind.repeat(8)}-22b7-11df-8618-${String(number).padStart(12, '0')}`;

export function row(kind: string, number: number, name: string, more: Row = {}): Row {
  return {
    Ref_Key: guidOf(kind, number),
    DataVersion: 'AAAAAQAAAAA=',
    DeletionMark: false,
    Code: String(number).padStart(9, '0'),
    Description: name,
    ...more,
  };
}
