/** All JSON services: the process engine, the index of patients, the dictionaries. */
import { patientIndexRoutes } from './patient-index.ts';
import { processRoutes } from './process-engine.ts';
import type { RestRoute } from './rest-service.ts';
import { terminologyRoutes } from './terminology.ts';

export const restRoutes: readonly RestRoute[] = [...processRoutes, ...patientIndexRoutes, ...terminologyRoutes];
