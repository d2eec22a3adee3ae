/** What an operation is to hold or to book: a proposed Appointment by its reference, or an Appointment that the client has made. */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import { input, type OperationCall, type OperationParameter } from '../operation.ts';
import type { Asked } from '../resource.ts';
import { referencedIdOf } from './reference.ts';

export type Source =
  | { readonly id: string; readonly bundled: true }
  | { readonly resource: Resource; readonly bundled: boolean };

/** IHE's names, and those of Argonaut and ISiK; with exactly one of them something is named. */
export const sourceParameters: readonly OperationParameter[] = [
  input(
    'appointment-reference',
    '0..1',
    'Reference',
    'IHE: an Appointment that `$find` has proposed. Not with one of the three others.',
  ),
  input('appt-id', '0..1', 'uri', 'Argonaut: the same as `Appointment/<id>`'),
  input(
    'appt-resource',
    '0..1',
    'Appointment',
    'ISiK, Argonaut: an Appointment, `proposed`. Sent by itself it is the body. The answer is an Appointment by itself.',
  ),
];

/** @throws Fault when not exactly one is named */
export function sourceOf(asked: Asked, { id, parameters }: OperationCall): Source {
  const named = [
    ...(id === undefined ? [] : [() => byReference(asked, 'id', `Appointment/${id}`)]),
    ...['appointment-reference', 'appt-id'].flatMap((name) =>
      parameters.all(name).map((value) => () => byReference(asked, name, value)),
    ),
    ...['appointment-resource', 'appt-resource'].flatMap((name) =>
      parameters
        .all(name)
        .map((value) => (): Source => ({ resource: value as Resource, bundled: name === 'appointment-resource' })),
    ),
  ];
  // Argonaut calls an instance and repeats its id among the parameters.
  const repeated = id !== undefined && named.length === 2 && parameters.text('appt-id') === `Appointment/${id}`;
  if (named.length === 1 || repeated) return named[0]!();
  throw new Fault('bad-request', 'Name one Appointment: by appointment-reference, or as a resource.', {
    expression: 'http.appointment-reference',
  });
}

function byReference(asked: Asked, name: string, value: unknown): Source {
  return { id: referencedIdOf(asked.base, 'Appointment', name, value), bundled: true };
}
