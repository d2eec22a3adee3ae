/** Patient: kept here per clinic, told to the MIS with the first booking. https://hl7.org/fhir/R4/patient.html */
import { randomUUID } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { prepareDocument } from '../../store/document.ts';
import { putDocument, readDocument } from '../../store/documents.sql.ts';
import type { Resource } from '../../store/resource.ts';
import { contentOf } from '../../workflows/appointment.ts';
import { createOnce } from '../condition.ts';
import type { Context } from '../context.ts';
import { checkVersion } from '../precondition.ts';
import type { Asked, ResourceDeclaration, Written } from '../resource.ts';

const declaration: ResourceDeclaration = {
  type: 'Patient',
  documentation: 'A person as a patient of one clinic. Create the Patient before booking; СНИЛС and ЕНП are checked.',
  interactions: ['read', 'search-type', 'create', 'update'],
  create: (context, asked, body) =>
    createOnce(context, asked, 'Patient', body, (inside) => create(inside, asked, body)),
  update,
};

export default declaration;

async function create(context: Context, asked: Asked, body: Resource): Promise<Written> {
  checkRole(asked);
  const [number, ...others] = asked.viewer.clinics;
  if (number === undefined || others.length > 0)
    throw new Fault('business-rule', 'The token must name exactly one clinic, whose Patient this becomes.', {
      code: 'clinic-ambiguous',
    });
  return write(context, number, { ...body, id: randomUUID() }, 1, 201);
}

async function update(context: Context, asked: Asked, id: string, body: Resource): Promise<Written> {
  checkRole(asked);
  const current = await readDocument(context.db, asked.viewer, 'Patient', id);
  if (current === undefined) throw new Fault('not-found', 'There is no such Patient.');
  checkVersion(asked.headers['if-match'], current.version);
  if (body.id !== undefined && body.id !== id)
    throw new Fault('bad-value', 'The id in the body is not the id in the address.', { expression: 'Patient.id' });
  const number = await clinicOf(context, id);
  return write(context, number, { ...body, id }, current.version + 1, 200);
}

/** What the clinic knows a patient by is not the patient's own to change. */
function checkRole(asked: Asked): void {
  if (asked.principal.role !== 'app' && asked.principal.role !== 'operator')
    throw new Fault('forbidden', 'Patients are written by an app or an operator.');
}

async function clinicOf(context: Context, id: string): Promise<number> {
  const { rows } = await context.db.query<{ clinic: number }>(
    `select clinic from document where type = 'Patient' and id = $1`,
    [id],
  );
  return rows[0]!.clinic;
}

async function write(
  context: Context,
  number: number,
  resource: Resource,
  version: number,
  status: 200 | 201,
): Promise<Written> {
  const { zone } = context.clinics.byNumber(number)!;
  const content = contentOf(JSON.stringify(resource));
  const document = prepareDocument(content, version, context.clock(), { clinic: number, zone }, context.parameters);
  if (!(await putDocument(context.db, document)))
    throw new Fault('version-mismatch', 'The Patient was changed by somebody else: read it again.');
  return {
    status,
    type: 'Patient',
    id: document.id,
    version,
    updated: new Date(document.updated),
    body: document.body,
  };
}
