/** Opens the connector the way the hub does, for tests. */
import type { Exchange, Operations } from '../../../src/connectors/connector.ts';
import connector from '../../../src/connectors/onec/index.ts';
import { contextOf } from '../../support/connection.ts';

export interface Connected {
  readonly operations: Operations;
  readonly exchanges: Exchange[];
}

/** 2026-11-30T21:00:00Z: the first of December begins in Moscow. */
export const now = Date.UTC(2026, 10, 30, 21);

/** @param settings as in the clinics file */
export function connect(settings: Record<string, unknown>, clock: () => number = () => now): Connected {
  const exchanges: Exchange[] = [];
  const operations = connector.connect(
    connector.settings.parse({ login: 'hub', password: 'secret', ...settings }),
    contextOf(clock, (exchange) => void exchanges.push(exchange)),
  );
  return { operations, exchanges };
}

export const employee = 'ac30e13a-3087-11dc-8594-005056c00008';
export const branch = 'f679444a-22b7-11df-8618-002618dcef2c';
export const guid = '432a40a2-2ea3-11f1-9bf7-8fedb1ae9f50';

/** What the mapping makes of an Appointment; the person is invented. */
export const request = {
  EmployeeID: employee,
  Clinic: branch,
  Specialization: 'Офтальмология',
  Date: '2026-12-01T09:00:00',
  TimeBegin: '2026-12-01T09:00:00',
  Duration: 15,
  PatientSurname: 'Проверкина',
  PatientName: 'Аглая',
  PatientFatherName: 'Тестовна',
  Phone: '+79000000001',
  Email: 'aglaya@example.org',
  Birthday: '1990-02-03',
  Comment: 'medmost 7d3c9a52',
};

export const write = () => ({ signal: AbortSignal.timeout(5000), booking: 'b-1' });
