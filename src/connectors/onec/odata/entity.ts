/** What the descriptions of all sets of a base have alike. */
import { z } from 'zod';

export const name = z.string().regex(/^[\p{L}_][\p{L}\p{N}_]*$/u, 'is not a name such as "Catalog_Сотрудники"');
export const filter = z
  .string()
  .default('')
  .describe('Further condition in the language of OData, e.g. "Уволен eq false"; deleted ones and folders never come');
export const key = name.default('Ref_Key').describe('Field with the GUID');
export const title = name.default('Description').describe('Field with the name');
