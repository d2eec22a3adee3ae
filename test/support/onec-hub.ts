/** A hub over a sandbox 1С, as processes. */
import { createProcessHub, guard, type HubOptions, type MisBooking, type ProcessHub } from './process-hub.ts';

export interface OnecHubOptions extends HubOptions {
  readonly uniqueness?: boolean;
  readonly profile?: 'umc-soap' | 'umc-http';
  /** False: a base of umc-http that publishes none. */
  readonly reservation?: boolean;
}

export type OnecHub = ProcessHub;

export function createOnecHub(options: OnecHubOptions): Promise<OnecHub> {
  const { grace, request = 700, doctors = 30, uniqueness = true, profile = 'umc-soap', reservation = true } = options;
  return createProcessHub(options, {
    mis: 'onec',
    sandboxArgs: [
      ...['--doctors', String(doctors), '--uniqueness', uniqueness ? 'on' : 'off'],
      ...['--login', 'hub', '--password', 'test', '--reserve-seconds', '3'],
    ],
    connection: (origin) => ({
      ...(profile === 'umc-http' && { profile, key: '5a11db0c0ffee5a11db0c0ffee5a11db' }),
      url: `${origin}/umc`,
      login: 'hub',
      password: 'test',
      booking: { graceMilliseconds: grace, ...(!reservation && { reservation }) },
      timeouts: { connect: 500, request, schedule: 10_000, total: 20_000 },
      guard,
    }),
    bookings: readBookings,
  });
}

/** Reservations aside; state numbers of protocols/onec.md §1.4. */
async function readBookings({ control }: OnecHub): Promise<MisBooking[]> {
  const { bookings } = (await control('GET', 'state')) as { bookings: Record<string, unknown>[] };
  return bookings
    .filter((b) => ['1', '2', '3', '4'].includes(String(b['status'] ?? b['state'])))
    .map((b) => ({
      id: String(b['guid']),
      doctor: String(b['employee']),
      start: String(b['start']),
      end: String(b['end']),
      patient: String((b['patient'] as Record<string, unknown> | undefined)?.['surname'] ?? b['surname'] ?? ''),
    }));
}
