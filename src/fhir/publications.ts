/** All that this program publishes. */
import { idOf } from '../id.ts';
import type { Resource } from '../store/resource.ts';
import { everybody } from '../store/visibility.ts';
import type { Context } from './context.ts';
import { operationDefinition } from './operation-definition.ts';
import type { Publication } from './publication.ts';
import { ownDefinitions } from './search/parameter.ts';

export function publicationsOf({ declarations, operations, terminology }: Context): Publication[] {
  const parameters = (ownDefinitions(declarations) as Resource[]).map((resource) => ({
    ...resource,
    id: idOf('', 'SearchParameter', String(resource['url'])),
  }));
  const definitions = operations.all.map((o) => operationDefinition(o, declarations));
  const own = [...parameters, ...definitions].map((resource) => ({ clinic: everybody, resource }));
  return [...own, ...terminology.all];
}
