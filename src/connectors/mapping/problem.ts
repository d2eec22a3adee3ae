/** What is wrong with a mapping folder, as data; DESIGN.md §Mappings: `file · FHIR path · message`, all at once. */

/** Where in a mapping file something is written. */
export interface Place {
  /** File name relative to its mapping folder, e.g. `patient.yaml`, `examples/new-patient.json`. */
  readonly file: string;
  /** Line in the file, from 1, where known. */
  readonly line?: number;
  /** FHIR path such as `Patient.name[0].family`, a key of the grammar, or `table["entry"]` of codes.yaml. */
  readonly path: string;
}

export interface Problem extends Place {
  /** Says what is wrong and how to mend it. */
  readonly message: string;
  /** An error stops the folder from being loaded, a warning does not. */
  readonly severity: 'error' | 'warning';
}

export type Report = (place: Place, message: string, severity?: Problem['severity']) => void;

/** `patient.yaml:12 · Patient.name[0].famly · message` */
export function formatProblem(problem: Problem): string {
  const line = problem.line === undefined ? '' : `:${problem.line}`;
  const weight = problem.severity === 'warning' ? 'warning: ' : '';
  return `${problem.file}${line} · ${problem.path} · ${weight}${problem.message}`;
}

/** A folder that cannot be loaded, with everything that is wrong in it. */
export class MappingErrors extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    super(`the mapping cannot be loaded:\n${errors.map(formatProblem).join('\n')}`);
    this.name = 'MappingErrors';
    this.problems = problems;
  }
}

/** A record that cannot be mapped. The message names the place, never the value, which may be personal. */
export class MappingError extends Error {
  readonly place: Place;
  /** The value that no code table knows, when that is the cause; for logs that may hold the MIS's words. */
  readonly value: unknown;

  constructor(place: Place, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : 'failed';
    super(`${formatProblem({ ...place, message: reason, severity: 'error' })}`, { cause });
    this.name = 'MappingError';
    this.place = place;
    this.value = (cause as { value?: unknown } | undefined)?.value;
  }
}
