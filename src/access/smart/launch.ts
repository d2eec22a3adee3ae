/**
 * A cabinet of a doctor tells which patient is in front of him, and opens an app with what it is answered.
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Fault } from '../../fault.ts';
import { type Principal, staffRoles } from '../principal.ts';
import { resourceScopes } from '../scope.ts';
import { digestOf } from './adapter.sql.ts';
import { clientId } from './client.ts';
import { findClient } from './clients.sql.ts';
import { insertLaunch } from './launch.sql.ts';
import type { Smart } from './smart.ts';
import type { Desk } from './stage.ts';

/** Seconds. */
const life = 300;

const launchRequest = z.strictObject({
  client: clientId,
  patient: z.uuid(),
  encounter: z.uuid().optional(),
});

type LaunchRequest = z.infer<typeof launchRequest>;

/** `POST /auth/launch` with a token of somebody who works at a clinic: 201 `{ launch, expires_in, url? }`. Failures are Faults. */
export function addLaunch(app: FastifyInstance, { smart, at }: Desk): void {
  const allowOrigin = ({ headers: { origin } }: FastifyRequest, reply: FastifyReply) => {
    void reply.header('vary', 'Origin');
    if (origin !== undefined && smart.origins.includes(origin))
      void reply.header('access-control-allow-origin', origin);
  };
  const allowed = {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Authorization, Content-Type',
  };
  app.options('/launch', async (request, reply) => {
    allowOrigin(request, reply);
    return reply.code(204).headers(allowed).send();
  });
  app.post('/launch', async (request, reply) => {
    allowOrigin(request, reply);
    const principal = staffOf(await smart.authenticate(request.headers.authorization));
    const wanted = parse(request.body);
    const client = await checkWanted(smart, principal, wanted);
    const launch = randomBytes(32).toString('base64url');
    const { client: id, patient, encounter = null } = wanted;
    const row = { client: id, account: principal.account!, role: principal.role, patient, encounter };
    await insertLaunch(smart.pool, digestOf(launch), row, life);
    const url = client.launch_uri === null ? undefined : launchUrl(client.launch_uri, at.fhir, launch);
    return reply.code(201).header('cache-control', 'no-store').send({ launch, expires_in: life, url });
  });
}

/** @throws Fault forbidden */
function staffOf(principal: Principal): Principal {
  const isStaff = (staffRoles as readonly string[]).includes(principal.role) && principal.account !== undefined;
  const reads = resourceScopes(principal.scope ?? '').some((s) => s.level === 'user' && s.permissions.includes('r'));
  if (isStaff && reads) return principal;
  throw new Fault(
    'forbidden',
    'Only people who work at a clinic open an app for a patient, with a token of scopes user/….',
    {
      expression: 'http.authorization',
    },
  );
}

/** @throws Fault bad-structure, bad-value */
function parse(body: unknown): LaunchRequest {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : '');
  } catch (cause) {
    throw new Fault('bad-structure', 'Send JSON: { "client": "…", "patient": "…", "encounter": "…" }.', { cause });
  }
  const { data, error } = launchRequest.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new Fault('bad-value', `The launch cannot be read: ${issue!.path.join('.') || 'body'}: ${issue!.message}.`);
}

/**
 * What is not there, what may not be seen, what is of a clinic at which the app is not used, and an encounter of another patient look
 * alike. @throws Fault bad-value, not-found
 */
async function checkWanted(smart: Smart, principal: Principal, { client: id, patient, encounter }: LaunchRequest) {
  const client = await findClient(smart.pool, id);
  if (client?.audience !== 'staff')
    throw new Fault('bad-value', 'There is no app of that id for people who work at a clinic.');
  const clinics = principal.clinics.filter((key) => client.clinics?.includes(key) ?? true);
  const there = { ...principal, clinics };
  const seen =
    (await smart.patientOf(there, 'Patient', patient)) === patient &&
    (encounter === undefined || (await smart.patientOf(there, 'Encounter', encounter)) === patient);
  if (!seen) throw new Fault('not-found', 'The patient is not known, or has no such encounter.');
  return client;
}

function launchUrl(uri: string, fhir: string, launch: string): string {
  const url = new URL(uri);
  url.searchParams.set('iss', fhir);
  url.searchParams.set('launch', launch);
  return url.href;
}
