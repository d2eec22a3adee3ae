/** For whom an app shall act, or as what somebody works: told by a cabinet, or chosen where there is a choice. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { digestOf } from './adapter.sql.ts';
import { type PatientChoice, readPatientChoices, readRoleChoices } from './grants.sql.ts';
import { claimLaunch } from './launch.sql.ts';
import { fullName, patientPage, rolePage } from './pages/choice.ts';
import { failedPage } from './pages/leave.ts';
import { textsOf } from './pages/texts.ts';
import type { Choice } from './policy.ts';
import { backTo, type Desk, finish, formOf, type Stage, show, stageOf } from './stage.ts';

const nobody = { card: null, patient: null, encounter: null, name: null } as const;

/** Goes on by itself where there is nothing to choose. */
export async function showContext(
  desk: Desk,
  stage: Stage,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (stage.details.params['launch'] !== undefined) return takeLaunch(desk, stage, request, reply);
  const given = { ...stage, clinicName: desk.smart.clinicName };
  if (stage.client.smart_audience === 'staff') {
    const roles = await rolesOf(desk, stage);
    if (roles.length === 0) return noRoles(stage, reply);
    if (roles.length > 1) return show(reply, rolePage(given, roles), backTo(stage));
    return choose(desk, request, reply, { ...nobody, role: roles[0]!.role });
  }
  if (!needsPatient(stage)) return choose(desk, request, reply, { ...nobody, role: 'patient' });
  const patients = await patientsOf(desk, stage);
  if (patients.length === 1) return choose(desk, request, reply, choiceOf(patients[0]!));
  return show(reply, patientPage(given, patients), backTo(stage));
}

export function addContext(app: FastifyInstance, desk: Desk): void {
  app.post('/interaction/:uid/patient', async (request, reply) => {
    const stage = await contextStage(desk, request);
    const wanted = formOf(desk, request, stage.details.uid).get('patient');
    const patients = await patientsOf(desk, stage);
    if (patients.length === 0 && wanted === '') return choose(desk, request, reply, { ...nobody, role: 'patient' });
    const found = patients.find((p) => p.patient === wanted);
    if (found === undefined)
      return show(reply, patientPage({ ...stage, clinicName: desk.smart.clinicName }, patients), backTo(stage), 400);
    return choose(desk, request, reply, choiceOf(found));
  });
  app.post('/interaction/:uid/role', async (request, reply) => {
    const stage = await contextStage(desk, request);
    const wanted = formOf(desk, request, stage.details.uid).get('role');
    const roles = await rolesOf(desk, stage);
    const found = roles.find((r) => r.role === wanted);
    if (found === undefined)
      return roles.length === 0
        ? noRoles(stage, reply)
        : show(reply, rolePage({ ...stage, clinicName: desk.smart.clinicName }, roles), backTo(stage), 400);
    return choose(desk, request, reply, { ...nobody, role: found.role });
  });
}

async function contextStage(desk: Desk, request: FastifyRequest): Promise<Stage> {
  const stage = await stageOf(desk, request);
  const { name } = stage.details.prompt;
  if (name === 'context') return stage;
  throw new errors.SessionNotFound(`a choice at the prompt ${name}`);
}

/** A launch is for one account and one client, and is used once. */
async function takeLaunch(
  desk: Desk,
  stage: Stage,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { client, account, details } = stage;
  const launch = await claimLaunch(
    desk.smart.pool,
    digestOf(String(details.params['launch'])),
    client.clientId,
    account!,
  );
  const roles = await rolesOf(desk, stage);
  // He works there still, the app is used there still, and the patient has not been erased.
  const works = roles.find((r) => r.role === launch?.role)?.clinics ?? [];
  const isThere =
    launch !== undefined && launch.clinics.length > 0 && launch.clinics.every((key) => works.includes(key));
  if (!isThere)
    return finish(desk, request, reply, {
      error: 'invalid_request',
      error_description: 'launch is not known, was used before, has expired, or is for somebody else',
    });
  const { role, patient, encounter } = launch;
  return choose(desk, request, reply, { ...nobody, role: role as Choice['role'], patient, encounter });
}

const choose = (desk: Desk, request: FastifyRequest, reply: FastifyReply, context: Choice) =>
  finish(desk, request, reply, { context });

const choiceOf = (p: PatientChoice): Choice => ({
  ...nobody,
  role: 'patient',
  card: p.card,
  patient: p.patient,
  name: fullName(p),
});

const needsPatient = ({ details }: Stage): boolean =>
  String(details.params['scope'] ?? '')
    .split(' ')
    .some((scope) => scope.startsWith('patient/') || scope === 'launch/patient');

const patientsOf = ({ smart }: Desk, { account, client }: Stage) =>
  readPatientChoices(smart.pool, account!, client.smart_clinics);

const rolesOf = ({ smart }: Desk, { account, client }: Stage) =>
  readRoleChoices(smart.pool, account!, client.smart_clinics);

function noRoles({ frame }: Stage, reply: FastifyReply): FastifyReply {
  return show(reply, failedPage(frame, textsOf(frame.language).noRoles), [], 403);
}
