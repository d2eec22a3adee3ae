/** $validate: what is wrong with a resource, without keeping it. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { Fault, type FaultIssue } from '../../fault.ts';
import { checkIdentifiers } from '../../r4/identifier.ts';
import type { Issue } from '../../r4/issue.ts';
import { isObject } from '../../r4/json.ts';
import { isResourceType } from '../../r4/table.ts';
import { validate } from '../../r4/validate.ts';
import type { Resource } from '../../store/resource.ts';
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import { mostIssues, understood, withLines } from '../invalid.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { issueOf, outcomeOf } from '../outcome.ts';
import { read } from '../read.ts';
import { rehearse } from '../rehearsal.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked, ResourceDeclaration } from '../resource.ts';

const declaration: OperationDeclaration = {
  code: 'validate',
  title: 'Validate a resource',
  documentation:
    'Answers 200 with an OperationOutcome whose issues say what is wrong with the resource: everything that a create or update ' +
    'would refuse, and warnings and information besides. Nothing is kept. "All OK" is answered when there is nothing to say.',
  base: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  types: [],
  levels: ['type', 'instance'],
  affectsState: false,
  needs: [],
  parameters: [
    {
      ...input(
        'resource',
        '0..1',
        'Resource',
        'The resource; on an instance it may be left out, and the one that is kept is meant.',
      ),
      unchecked: true,
    },
    input(
      'mode',
      '0..1',
      'code',
      'create, update, delete or profile: what is to be done with it. Without, its content alone is judged.',
    ),
    input(
      'profile',
      '0..1',
      'uri',
      "R4's own definition of the type; no other profile is known here, and asking for one is an error.",
    ),
    output('return', '1..1', 'OperationOutcome', 'What was found.'),
  ],
  handle,
};

export default declaration;

const modes = new Set(['create', 'update', 'delete', 'profile']);

async function handle(context: Context, asked: Asked, { type, id, parameters }: OperationCall): Promise<Reply> {
  const declaration = context.declarations.get(type!)!;
  const mode = parameters.text('mode');
  if (mode !== undefined && !modes.has(mode))
    throw new Fault('bad-value', `mode is one of: ${[...modes].join(', ')}.`, { expression: 'http.mode' });
  const kept = id === undefined ? undefined : await readKept(context, asked, declaration, id);
  if (mode === 'delete') return answer([], await rehearseRemoval(context, asked, declaration, id));
  const resource = mode === 'profile' ? kept : (parameters.resource('resource') ?? kept);
  if (resource === undefined)
    throw new Fault('missing-element', 'Give the resource, or ask of one by its id.', { expression: 'http.resource' });
  const issues = [...judge(resource, declaration, id), ...judgeProfile(parameters.text('profile'), resource)];
  const isWrong = issues.some((i) => i.severity === 'error');
  if (isWrong || (mode !== 'create' && mode !== 'update')) return answer(withLines(resource, issues));
  return answer(
    withLines(resource, issues),
    await rehearse(context, asked, declaration, { interaction: mode, resource, id }),
  );
}

async function readKept(context: Context, asked: Asked, type: ResourceDeclaration, id: string): Promise<Resource> {
  const { body } = await read(context, { ...asked, headers: {} }, type, id);
  return JSON.parse(textOf(body!)) as Resource;
}

function rehearseRemoval(context: Context, asked: Asked, declaration: ResourceDeclaration, id: string | undefined) {
  if (id !== undefined) return rehearse(context, asked, declaration, { interaction: 'delete', id });
  throw new Fault('missing-element', 'Ask of one by its id whether it may be deleted.', { expression: 'http.mode' });
}

function judge(resource: Resource, { type }: ResourceDeclaration, id: string | undefined): Issue[] {
  const issues = validate(resource, { warnings: true, understood });
  if (resource.resourceType !== type)
    return [wrong(`The resource sent to /${type} must have "resourceType": "${type}".`, 'resourceType'), ...issues];
  if (id !== undefined && resource.id !== undefined && resource.id !== id)
    issues.unshift(wrong('The id in the body is not the id in the address.', `${type}.id`));
  return [...issues, ...checkIdentifiers(resource), ...claimedProfiles(resource)];
}

function wrong(text: string, expression: string): Issue {
  return { severity: 'error', code: 'structure', text, expression };
}

const definitions = 'http://hl7.org/fhir/StructureDefinition/';

/** Only R4 itself is known. To say nothing of another profile would pass for conformance. */
function judgeProfile(profile: string | undefined, resource: Resource): Issue[] {
  if (profile === undefined || isOwn(profile, resource)) return [];
  const name = profile.startsWith(definitions) ? profile.slice(definitions.length).split('|')[0]! : '';
  if (isResourceType(name)) return [wrong('The resource is of another type than the profile.', 'http.profile')];
  const text = 'This server does not know the profile that was asked for: the resource was compared with R4 alone.';
  return [{ severity: 'error', code: 'not-supported', text, expression: 'http.profile' }];
}

function claimedProfiles(resource: Resource): Issue[] {
  const profiles: unknown = isObject(resource.meta) ? resource.meta['profile'] : undefined;
  if (!Array.isArray(profiles)) return [];
  return profiles.flatMap((profile, i): Issue[] => {
    if (typeof profile !== 'string' || isOwn(profile, resource)) return [];
    const text = 'This server does not know the profile: the resource was compared with R4 alone.';
    const expression = `${resource.resourceType}.meta.profile[${i}]`;
    return [{ severity: 'warning', code: 'not-supported', text, expression }];
  });
}

/** R4's own definition of the type, of any version. */
function isOwn(profile: string, { resourceType }: Resource): boolean {
  return profile.startsWith(definitions) && profile.slice(definitions.length).split('|')[0] === resourceType;
}

const allOk = { severity: 'information', code: 'informational', text: 'All OK' } as const;

function answer(found: readonly FaultIssue[], refusal?: Fault): Reply {
  const issue = [...found.map(issueOf), ...(refusal === undefined ? [] : outcomeOf(refusal).issue)];
  return replyWith({
    resourceType: 'OperationOutcome',
    issue: issue.length === 0 ? [issueOf(allOk)] : issue.slice(0, mostIssues),
  });
}
