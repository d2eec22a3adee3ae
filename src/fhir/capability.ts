/**
 * The CapabilityStatement, made of the declarations. https://hl7.org/fhir/R4/capabilitystatement.html. Each claim in it is tried by
 * test/fhir/claims.test.ts.
 */
import { securityOf } from '../access/smart/discovery.ts';
import { fhirInstant } from '../instant.ts';
import { compartmentParameters } from '../r4/table.ts';
import { canonicalBase } from './base.ts';
import { type ByteString, bytesOf } from './byte-string.ts';
import type { Served } from './call.ts';
import { describe, listed, operationsAlone } from './capability-type.ts';
import { resultParameters } from './search/result-parameter.ts';
import { extensions } from './subscription/topic.ts';
import { websocketUrl } from './subscription/websocket.ts';

export interface Program {
  readonly version: string;
  /** When it began to serve, in milliseconds since 1970: before that it may have been another program. */
  readonly since: number;
  /** Origins of the web pages that may call it; none by default. */
  readonly origins: readonly string[];
}

/** By program and base: 68 kB that take 2 ms to make, and whoever asks needs no token. */
const made = new WeakMap<Program, Map<string, ByteString>>();
/** One is usual; a hub that believes the header Host may be called by any number of names. */
const mostBases = 20;

/** The CapabilityStatement as it is sent. */
export function statementBytes(served: Served, program: Program, base: string): ByteString {
  const byBase = made.get(program) ?? new Map<string, ByteString>();
  made.set(program, byBase);
  const known = byBase.get(base);
  if (known !== undefined) return known;
  const bytes = bytesOf(JSON.stringify(capabilityStatement(served, program, base)));
  if (byBase.size >= mostBases) byBase.clear();
  byBase.set(base, bytes);
  return bytes;
}

/** @param base absolute FHIR base URL by which the client sees the hub */
function capabilityStatement(served: Served, program: Program, base: string): object {
  return {
    ...introduction('CapabilityStatement', program, base),
    name: 'Medmost',
    title: 'medmost: FHIR R4 over the information systems of clinics',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
    patchFormat: ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'],
    rest: [rest(served, program.origins.length > 0, base)],
  };
}

/** How every statement of what this instance can do begins. */
export const introduction = (type: string, { version, since }: Program, base: string) => ({
  resourceType: type,
  id: 'medmost',
  url: `${canonicalBase}/${type}/medmost`,
  version,
  status: 'active',
  experimental: false,
  date: fhirInstant(since),
  publisher: 'medmost',
  kind: 'instance',
  software: { name: 'medmost', version },
  implementation: { description: 'medmost', url: base },
});

const documentation =
  'A booking is an Appointment: 201 booked, 202 pending (ask again at Content-Location), 409 taken, 422 refused, 503 not sent, ' +
  '504 not known (repeat with the same key). Unknown search parameters are refused (400), or with Prefer: ' +
  'handling=lenient left out and told. Send Idempotency-Key or If-None-Exist with every create.';

function rest({ declarations, operations }: Served, cors: boolean, base: string): object {
  return {
    extension: [{ url: extensions.websocket, valueUri: websocketUrl(base) }],
    mode: 'server',
    documentation,
    security: securityOf(`${base.replace(/\/fhir$/, '')}/auth`, cors),
    resource: [
      ...[...declarations.values()].map((d) => describe(d, declarations, operations.all)),
      ...operationsAlone(declarations, operations.all),
    ],
    interaction: ['transaction', 'batch', 'history-system'].map((code) => ({ code })),
    searchParam: resultParameters.map(([name, type, documentation]) => ({ name, type, documentation })),
    ...listed(operations.all.filter((o) => o.levels.includes('system'))),
    compartment: [...declarations.keys()]
      .filter((type) => compartmentParameters(type, type) !== undefined)
      .map((type) => `http://hl7.org/fhir/CompartmentDefinition/${type.toLowerCase()}`),
  };
}
