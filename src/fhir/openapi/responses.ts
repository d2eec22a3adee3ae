/** Answers, as the OpenAPI document tells them. https://spec.openapis.org/oas/v3.1.0#responses-object */
import { Fault, type FaultKind, faultKinds } from '../../fault.ts';
import { outcomeOf } from '../outcome.ts';
import { type Schema, schemaOf } from './schemas.ts';

type Responses = Readonly<Record<string, object>>;

/** A resource in both formats. */
export function contentOf(schema: Schema, example?: object): object {
  const inJson = { schema, ...(example !== undefined && { example }) };
  return { 'application/fhir+json': inJson, 'application/fhir+xml': { schema: { type: 'string' } } };
}

/** An error of each status that an interaction may end with, as the catalogue has it. */
const examples: readonly (readonly [kind: FaultKind, text: string, expression?: string])[] = [
  ['bad-structure', 'Patient.gender takes male, female, other or unknown.', 'Patient.gender'],
  ['unauthenticated', 'Send an access token in the header "Authorization: Bearer <token>".', 'http.authorization'],
  ['forbidden', 'A Patient is written by: app, operator.'],
  ['not-found', 'There is no such Patient.'],
  ['not-acceptable', 'Nothing that Accept names is served.', 'http.accept'],
  ['conflict', 'Other resources refer to this Patient: delete or change them first.'],
  ['gone', 'This Patient has been deleted.'],
  ['version-mismatch', 'The current version is 3: read it again and repeat the change.', 'http.if-match'],
  ['too-large', 'The body is larger than 2 MB.'],
  ['unsupported-media-type', 'Send application/fhir+json or application/fhir+xml.', 'http.content-type'],
  ['business-rule', 'There is no such Patient.', 'Encounter.subject'],
  ['transient', 'The service is busy or restarting: repeat the request.'],
];

const statusOf = (kind: FaultKind) => String(faultKinds[kind][0]);

/** `components.responses`. */
export const errorResponses: Responses = Object.fromEntries(
  examples.map(([kind, text, expression]) => {
    const outcome = outcomeOf(new Fault(kind, text, expression === undefined ? {} : { expression }));
    return [`Error${statusOf(kind)}`, { description: text, content: contentOf(schemaOf('OperationOutcome'), outcome) }];
  }),
);

export function errors(...statuses: readonly number[]): Responses {
  return Object.fromEntries(statuses.map((s) => [String(s), { $ref: `#/components/responses/Error${s}` }]));
}

const headers: Responses = {
  ETag: { description: 'The version: W/"3"', schema: { type: 'string' } },
  'Last-Modified': { description: 'When that version was written', schema: { type: 'string' } },
  Location: { description: 'Address of the version', schema: { type: 'string' } },
};

const pick = (...names: string[]) => ({ headers: Object.fromEntries(names.map((n) => [n, headers[n]])) });

/** One resource and its version. */
export const found = (type: string, description = 'The resource') => ({
  description,
  ...pick('ETag', 'Last-Modified'),
  content: contentOf(schemaOf(type)),
});

export const created = (type: string) => ({
  description: 'It has been created',
  ...pick('ETag', 'Last-Modified', 'Location'),
  content: contentOf(schemaOf(type)),
});

export const answered = (type: string, description: string) => ({ description, content: contentOf(schemaOf(type)) });

export const empty = (description: string) => ({ description });
