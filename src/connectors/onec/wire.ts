/**
 * What a profile's wire can do for 1С's connector: ask for lists and schedules, and the four calls about one booking. What
 * they mean together is the same for all profiles and stands in this folder; a profile is a folder of its own.
 */
import type { MisHealth, MisRecord } from '../connector.ts';
import type { BookingRequest } from './booking-request.ts';
import type { Branch, Employee } from './employee.ts';
import type { ScheduleEntry } from './schedule-entry.ts';

/** Every call: @throws ExchangeError, RefusedByOnec. Reads are repeated within the deadline, writes are sent once. */
export interface Wire {
  listBranches(call: Call): Promise<Branch[]>;
  /** Doctors, nurses and cabinets. */
  listEmployees(call: Call): Promise<Employee[]>;
  /** Records `service` of a branch. */
  listPrices(branch: string, call: Call): Promise<MisRecord[]>;
  /** A base may ignore the filter: the answer holds more than was asked for, never less. */
  readSchedule(time: SchedulePeriod, filter: ScheduleFilter, call: Call): Promise<ScheduleEntry[]>;
  /** Holds the time for about 15 minutes. @returns УИД of the reservation */
  reserve(request: BookingRequest, call: Call): Promise<string>;
  /**
   * Turns the reservation into a booking, or rewrites the booking that has this УИД. Its success proves little: ask for
   * the status afterwards.
   */
  book(request: BookingRequest, guid: string, call: Call): Promise<void>;
  /** For a base without reservations: it books at once, and only then is there a УИД. Absent where time can be reserved. */
  readonly atOnce?: AtOnce;
  /** Code of the state that 1С computes for a booking, e.g. `1`. */
  readStatus(guid: string, call: Call): Promise<string>;
  /** Frees the time. */
  cancel(guid: string, reason: string, call: Call): Promise<void>;
  health(): MisHealth;
  close(): Promise<void>;
}

export interface AtOnce {
  /** @returns УИД of the booking */
  book(request: BookingRequest, call: Call): Promise<string>;
  /** Codes that a booking has which was made this moment: a УИД with another one is somebody else's. */
  readonly freshStatuses: readonly string[];
}

export interface Call {
  /** The caller's deadline. */
  readonly signal: AbortSignal;
  /** Booking that this call serves, for the message log. */
  readonly booking?: string;
}

export interface SchedulePeriod {
  /** Local times of the clinic; the end is included as 1С means it, to the second. */
  readonly start: string;
  readonly finish: string;
}

export interface ScheduleFilter {
  readonly clinic?: string;
  readonly employees?: readonly string[];
}
