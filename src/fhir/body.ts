/** What a client sends: read as UTF-8, validated as R4 says, with Russian identifiers checked, before anything is done. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../fault.ts';
import { checkIdentifiers, normaliseIdentifier } from '../r4/identifier.ts';
import { validate } from '../r4/validate.ts';
import type { Resource } from '../store/resource.ts';

type Done = (error: Error | null, body?: unknown) => void;
type Parser = (request: FastifyRequest, text: string, done: Done) => void;

export function addBodyParsers(app: FastifyInstance): void {
  // Fastify's own parser keeps its protection against __proto__, which plain JSON.parse has not (RELIABILITY §0.10).
  const parseJson = app.getDefaultJsonParser('error', 'error') as Parser;
  const parseForm: Parser = (_request, text, done) => done(null, new URLSearchParams(text));
  app.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer' } as const;
  app.addContentTypeParser(['application/fhir+json', 'application/json'], options, parserOf(parseJson));
  app.addContentTypeParser('application/x-www-form-urlencoded', options, parserOf(parseForm));
}

/** An error that a parser throws instead of handing it over would end the process. */
function parserOf(parse: Parser): (request: FastifyRequest, body: Buffer, done: Done) => void {
  return (request, body, done) => {
    let text: string;
    try {
      text = readText(request.headers['content-type'], body);
    } catch (error) {
      return done(error as Error);
    }
    parse(request, text, done);
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A body as text: FHIR's JSON is UTF-8 and nothing else. @throws Fault instead of replacing what cannot be read */
function readText(contentType: string | undefined, body: Buffer): string {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw new Fault('unsupported-media-type', 'Send the body in UTF-8.', { expression: 'http.content-type' });
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new Fault('bad-structure', 'The body is not in UTF-8.', { cause });
  }
}

/** @throws Fault with every issue at once */
export function parseResource(type: string, body: unknown): Resource {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new Fault('bad-structure', `Send one ${type} as a JSON object.`);
  const { resourceType } = body as { resourceType?: unknown };
  if (resourceType !== type)
    throw new Fault('bad-structure', `The resource sent to /${type} must have "resourceType": "${type}".`, {
      expression: 'resourceType',
    });
  const issues = validate(body).filter((i) => i.severity === 'error');
  if (issues.length > 0) throw invalid(type, 'bad-structure', issues);
  const wrong = checkIdentifiers(body as Resource);
  if (wrong.length > 0) throw invalid(type, 'invalid-content', wrong);
  return withOurIdentifiers(body as Resource);
}

/** СНИЛС and ЕНП under the one system and in the one spelling by which they are found. */
function withOurIdentifiers(resource: Resource): Resource {
  const { identifier } = resource;
  return Array.isArray(identifier) ? { ...resource, identifier: identifier.map(normaliseIdentifier) } : resource;
}

function invalid(
  type: string,
  kind: 'bad-structure' | 'invalid-content',
  issues: readonly { code: string; text: string; expression: string }[],
): Fault {
  const [first, ...others] = issues;
  return new Fault(kind, first!.text, { expression: first!.expression || type, issues: others.slice(0, 50) });
}
