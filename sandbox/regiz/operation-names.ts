/** Every operation that a fault may be ordered for; those of the Hub have no prefix. */
import { readContract } from './contract.ts';
import { restRoutes } from './rest-routes.ts';

const hub = readContract('hub24', 'hub25').operations;
const queue = readContract('mq').operations.map((name) => `Mq.${name}`);
const pix = readContract('pix').operations.map((name) => `Pix.${name}`);
export const emkOperations: readonly string[] = readContract('emk').operations.map((name) => `Emk.${name}`);

export const hubOperations: readonly string[] = hub;
export const soapOperations: readonly string[] = [...hub, ...queue, ...pix, ...emkOperations];
export const allOperations: readonly string[] = [...soapOperations, ...restRoutes.map((route) => route.operation)];
