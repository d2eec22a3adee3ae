/** Whatever is thrown → an error of the contract (protocols/regiz.md §1.5). */
import { MappingError } from '../../connectors/mapping.ts';
import { Fault } from '../../fault.ts';
import { isDatabaseDown, sqlState } from '../../postgres.ts';
import { HubError, unknownOutcome } from './error.ts';

/** Undefined for what is our own failure. */
export function errorOf(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error;
  if (error instanceof Fault) return ofFault(error);
  if (error instanceof MappingError)
    return new HubError(99, 'Медицинской организации не хватает данных о пациенте: дополните их');
  if (isDatabaseDown(error)) return new HubError(99, 'Сервис перегружен или перезапускается: повторите запрос');
  // Classes 22 and 54: a value that Postgres cannot hold, so the caller's.
  return /^(22|54)/.test(sqlState(error) ?? '') ? new HubError(4) : undefined;
}

const ofCodes: Readonly<Record<string, HubError>> = {
  'slot-unknown': new HubError(38),
  'slot-in-the-past': new HubError(38, 'Время талона прошло'),
  'patient-unknown': new HubError(20),
  'patient-of-other-clinic': new HubError(20),
  'patient-inactive': new HubError(20),
  'not-attached': new HubError(36),
  'referral-needed': new HubError(33),
  'no-booking': new HubError(99, 'Медицинская организация не принимает записи через этот сервис'),
  'patient-of-other-appointment': new HubError(75),
};

const ofKinds: Readonly<Record<string, HubError>> = {
  'slot-taken': new HubError(39),
  'already-booked': new HubError(99, unknownOutcome),
  'in-progress': new HubError(99, 'Эта запись ещё не подтверждена медицинской организацией: повторите запрос позже'),
  'not-found': new HubError(75),
  'outcome-unknown': new HubError(99, unknownOutcome),
  transient: new HubError(99, 'Медицинская организация не отвечает, изменений не было: повторите запрос позже'),
  frozen: new HubError(99, 'Запись в эту медицинскую организацию временно остановлена'),
};

function ofFault({ kind, message, details: { code = '' } }: Fault): HubError | undefined {
  // What a clinic says to a patient is Russian, and without anything personal (connector.ts).
  if (code === 'refused-by-clinic') return new HubError(99, message);
  if (Object.hasOwn(ofCodes, code)) return ofCodes[code];
  if (Object.hasOwn(ofKinds, kind)) return ofKinds[kind];
  return kind === 'internal' ? undefined : new HubError(99, 'Запрос нельзя выполнить с этими данными');
}
