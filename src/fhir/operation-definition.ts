/** What an operation file declares, as it is published. https://hl7.org/fhir/R4/operationdefinition.html */
import { idOf } from '../id.ts';
import type { Resource } from '../store/resource.ts';
import { definitionUrl } from './capability-type.ts';
import type { OperationDeclaration, OperationParameter } from './operation.ts';
import type { Declarations } from './search/request.ts';

export function operationDefinition(operation: OperationDeclaration, declarations: Declarations): Resource {
  const { code, title, documentation, base, types, levels, affectsState, parameters } = operation;
  const url = definitionUrl(operation);
  const has = (level: (typeof levels)[number]) => levels.includes(level);
  const resource = types.length > 0 ? types : has('type') || has('instance') ? [...declarations.keys()] : [];
  return {
    resourceType: 'OperationDefinition',
    id: idOf('', 'OperationDefinition', url),
    url,
    name: pascal(url.slice(url.lastIndexOf('/') + 1)),
    title,
    status: 'active',
    kind: affectsState ? 'operation' : 'query',
    description: documentation,
    affectsState,
    code,
    ...(base !== undefined && { base }),
    ...(resource.length > 0 && { resource }),
    system: has('system'),
    type: has('type'),
    instance: has('instance'),
    ...(parameters.length > 0 && { parameter: parameters.map(parameterOf) }),
  };
}

const pascal = (text: string) => text.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

function parameterOf({ name, use, min, max, type, documentation, parts }: OperationParameter): object {
  return {
    name,
    use,
    min,
    max: String(max),
    documentation,
    // An abstract type of R4's list of all types, for a resource of any type.
    ...(type !== undefined && { type: type === 'Resource' ? 'Any' : type }),
    ...(parts !== undefined && { part: parts.map(parameterOf) }),
  };
}
