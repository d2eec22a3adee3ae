/** A practitioner at a branch: whose time a Schedule is. */
import type { StandaloneSettings } from './settings.ts';

export interface Place {
  /** `practitioner;branch` */
  readonly key: string;
  readonly practitioner: string;
  readonly practitionerName: string;
  readonly branch: string;
  readonly branchName: string;
  readonly specialty?: string;
}

export function placesOf({ branches, practitioners }: StandaloneSettings): Place[] {
  const names = new Map(branches.map(({ key, name }) => [key, name]));
  return practitioners.flatMap(({ key: practitioner, name, specialty, branches: where }) =>
    where.map((branch) => ({
      key: `${practitioner};${branch}`,
      practitioner,
      practitionerName: name,
      branch,
      branchName: names.get(branch)!,
      ...(specialty !== undefined && { specialty }),
    })),
  );
}
