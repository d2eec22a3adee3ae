/** The part of the connector contract that is about schedules made of templates. Types only. */
import type { Interval } from '../instant.ts';

/** A week by which a schedule offers time (FEATURES B5), in the words of the clinic: local days, minutes after local midnight. */
export interface Template {
  readonly id: string;
  /** By which people tell it from the others of the schedule. */
  readonly name: string;
  /** One that is not offers nothing. */
  readonly active: boolean;
  /** `yyyy-mm-dd`, the first day on which it offers time. */
  readonly firstDay: string;
  /** The last one; absent: it has no end. */
  readonly lastDay?: string;
  /** 1 is Monday, 7 Sunday. */
  readonly weekdays: readonly number[];
  /** Beginnings of the first and of the last visit. */
  readonly first: number;
  readonly last: number;
  /** Beginnings of the quarters of an hour that are offered, between `first` and `last`. */
  readonly cells: readonly number[];
  /** Length of a visit. */
  readonly minutes: number;
}

/** What becomes different; a new template needs all but `active`, `lastDay` and `minutes`. `lastDay` null: it has no end any more. */
export type TemplateChange = Partial<Omit<Template, 'id' | 'lastDay'>> & { readonly lastDay?: string | null };

/** A coming visit. */
export interface BookedTime extends Interval {
  /** Id of the booking in the hub. */
  readonly booking: string;
}

export type TemplateOutcome =
  | {
      readonly outcome: 'done';
      /** As it is now; absent: it has been removed. */
      readonly template?: Template;
      /** Visits to come that no active template offers time for any more. They stand, and somebody has to look at them. */
      readonly outside: readonly BookedTime[];
    }
  | {
      readonly outcome: 'refused';
      /** `missing`: a new template needs more. `wrong`: what is asked for cannot be. */
      readonly reason: 'missing' | 'wrong' | 'no-template' | 'no-schedule';
      /** To blame for `missing` and `wrong`. */
      readonly element?: keyof TemplateChange;
      /** Sentence for the client. */
      readonly text: string;
    };

/** Nothing that changes here moves or cancels a visit. Failures are those of where the templates are kept, thrown on. */
export interface TemplateAbility {
  /** Of a schedule, by its key; by name. @throws MisReadError */
  list(schedule: string, signal: AbortSignal): Promise<readonly Template[]>;
  /** @param id undefined: a new one */
  put(schedule: string, id: string | undefined, change: TemplateChange, signal: AbortSignal): Promise<TemplateOutcome>;
  remove(schedule: string, id: string, signal: AbortSignal): Promise<TemplateOutcome>;
}
