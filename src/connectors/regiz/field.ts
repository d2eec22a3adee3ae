/** What mappings fill for the region's services beside the HubService: members of their records, and what of them is lacking. */
import { z } from 'zod';

/** Blank is absent; what is too long is cut. */
export const text = (longest: number) =>
  z
    .string()
    .optional()
    .transform((value) => value?.trim().slice(0, longest) || undefined);

/** Local, without a zone. */
export const time = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/)
  .optional();

export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .optional();

export const person = { id: text(64), family: text(100), given: text(100), middle: text(100) };

/** A member that a service demands, by its name in Russian. */
export type Demand<Request> = readonly [name: string, valueIn: (request: Request) => unknown];

/** Names of what is not there. */
export const lackingOf = <Request>(demands: readonly Demand<Request>[], request: Request): string[] =>
  demands.filter(([, valueIn]) => valueIn(request) === undefined).map(([name]) => name);
