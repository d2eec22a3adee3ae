/** A statement that is being written for a search, and what its conditions need to know. */
import type { ParameterIds } from '../../store/parameters.ts';
import { documentVisible, slotVisible, type Viewer, viewerValues } from '../../store/visibility.ts';
import type { Declarations } from './request.ts';

/** A statement being written: text is the caller's, values get their numbers here. */
export class Statement {
  readonly values: unknown[] = [];
  readonly #oneClinic: boolean;

  constructor(viewer: Viewer) {
    this.values.push(...viewerValues(viewer));
    this.#oneClinic = viewer.clinics.length === 1;
  }

  value(value: unknown, cast = ''): string {
    this.values.push(value);
    return `$${this.values.length}${cast && `::${cast}`}`;
  }

  visible(alias: string): string {
    return documentVisible(alias, 1);
  }

  visibleSlot(alias: string): string {
    return slotVisible(alias, 1, this.#oneClinic);
  }
}

export interface SearchContext {
  readonly declarations: Declarations;
  readonly parameters: ParameterIds;
  /** Zone of days without an offset; null when the viewer's clinics have several. */
  readonly zone: string | null;
  /** Number of a clinic by its key in the configuration. */
  readonly clinicOf: (key: string) => number | undefined;
  /** Absolute base URL; absolute references below it are ours. */
  readonly base: string;
}
