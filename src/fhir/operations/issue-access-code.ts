/** Patient/$issue-access-code: what a registry prints for a patient, so that he attaches himself at home (FEATURES A1). */
import { issueCode } from '../../access/account/issue.ts';
import { drawQr, printSlip } from '../../access/account/slip.ts';
import { Fault } from '../../fault.ts';
import { fhirInstant } from '../../instant.ts';
import { parseKept } from '../../r4/json-reader.ts';
import { lockDocument } from '../../store/documents.sql.ts';
import { isId, type Resource } from '../../store/resource.ts';
import { type Context, transacted } from '../context.ts';
import { type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { notFound } from '../read.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';

const operation: OperationDeclaration = {
  code: 'issue-access-code',
  title: 'Issue an access code',
  documentation:
    'Makes a code by which this Patient, or who acts for him, attaches himself: to be typed together with the СНИЛС, or scanned as a QR code. ' +
    'It is told once, lives for some days, is used once, and ends with the next one. Answers Parameters with the code, its end, the QR code as PNG ' +
    'and SVG, and a page to be printed as PDF. For registrars, apps of a clinic and operators.',
  types: ['Patient'],
  levels: ['instance'],
  affectsState: true,
  // Whoever has the code sees the Patient from then on: that is more than to read.
  needs: [
    ['Patient', 'r'],
    ['Patient', 'u'],
  ],
  parameters: [
    output('code', '1..1', 'string', 'Sixteen digits in fours; the СНИЛС is asked with it'),
    output('expires', '1..1', 'instant', 'From then on it is of no use'),
    output('link', '1..1', 'uri', 'What the QR code holds, the secret behind its #'),
    output('png', '1..1', 'base64Binary', 'The QR code as image/png'),
    output('svg', '1..1', 'base64Binary', 'The QR code as image/svg+xml'),
    output('pdf', '1..1', 'base64Binary', 'A page to be printed, application/pdf, A5, in Russian'),
  ],
  handle,
};

export default operation;

const issuers = ['registrar', 'app', 'operator'];

async function handle(context: Context, asked: Asked, { id = '' }: OperationCall): Promise<Reply> {
  const { role, subject } = asked.principal;
  if (!issuers.includes(role)) throw new Fault('forbidden', `Access codes are issued by: ${issuers.join(', ')}.`);
  if (!isId(id)) throw notFound('Patient');
  const { issued, clinic, body } = await transacted(context, async (inside) => {
    const found = await lockDocument(inside.db, asked.viewer, 'Patient', id);
    if (found === undefined) throw notFound('Patient');
    const patient = { id, clinic: found.clinic };
    return { ...found, issued: await issueCode(context.accounts, inside.db, patient, subject) };
  });
  const { name, zone } = context.clinics.byNumber(clinic)!;
  const qr = await drawQr(issued.link);
  const page = `${context.accounts.url}/account/attach`.replace(/^https?:\/\//, '');
  const slip = { ...issued, clinic: name, zone, patient: nameOf(parseKept(body) as Resource), page };
  return replyWith({
    resourceType: 'Parameters',
    parameter: [
      { name: 'code', valueString: issued.code },
      { name: 'expires', valueInstant: fhirInstant(issued.ends.getTime()) },
      { name: 'link', valueUri: issued.link },
      { name: 'png', valueBase64Binary: qr.png.toString('base64') },
      { name: 'svg', valueBase64Binary: Buffer.from(qr.svg).toString('base64') },
      { name: 'pdf', valueBase64Binary: (await printSlip(slip, qr)).toString('base64') },
    ],
  });
}

function nameOf(patient: Resource): string {
  const [first] = (patient['name'] ?? []) as { text?: string; family?: string; given?: string[] }[];
  return first?.text ?? [first?.family, ...(first?.given ?? [])].filter(Boolean).join(' ');
}
