/** The HTTP twin of the web service, `/hs/bwi/<Pattern>`: one POST from its bytes to its answer. protocols/onec.md §2. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeRefusal } from '../operations.ts';
import { admitted, openCall, play, type Service } from '../service.ts';
import type { OperationName } from '../wsdl.ts';
import { argumentsIn, type Body } from './arguments.ts';
import { jsonWire } from './json-wire.ts';

interface Pattern {
  /** Value of `Method` → operation. */
  methods: { readonly [method: string]: OperationName };
  /** Without `Method`; undefined where it is mandatory. */
  usual?: OperationName;
}

const schedule: Pattern = {
  methods: {
    GetSchedule: 'GetSchedule',
    GetSchedule20: 'GetSchedule20',
    GetEnlargementSchedule: 'GetEnlargementSchedule',
    // The manual's own examples spell it so.
    GetEnlargmenetSchedule: 'GetEnlargementSchedule',
  },
  usual: 'GetSchedule20',
};
const create: Pattern['methods'] = {
  BookAnAppointment: 'BookAnAppointment',
  BookAnAppointmentWithParams: 'BookAnAppointmentWithParams',
  FastBookAnAppointment: 'FastBookAnAppointment',
};
const dictionary: Pattern['methods'] = {
  GetListClinic: 'GetListClinic',
  GetListEmployees: 'GetListEmployees',
  GetNomenclatureAndPrices: 'GetNomenclatureAndPrices',
};
const only = (usual: OperationName): Pattern => ({ methods: {}, usual });

/** The last four are the other names that bases were seen with. */
const patterns: { readonly [name: string]: Pattern } = {
  Schedule: schedule,
  AppointmentCreate: { methods: create },
  AppointmentStatus: only('GetAppointmentStatus'),
  AppointmentCancel: only('CancelBookAnAppointment'),
  DictionaryData: { methods: dictionary },
  Reservation: only('GetReserve'),
  GetShedule20: schedule,
  BookAnAppointmentWithParams: { methods: create, usual: 'BookAnAppointmentWithParams' },
  CancelBookAnAppointment: only('CancelBookAnAppointment'),
  ClinicData: { methods: dictionary },
};

/** @param pattern what follows `/hs/bwi/`. Never throws. */
export async function serveBwi(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  pattern: string,
  text: string,
): Promise<void> {
  if (!admitted(service, request, response) || !admittedByHeader(service, request, response)) return;
  const settings = service.state.settings();
  try {
    const body = JSON.parse(text) as Body;
    const operation = operationOf(pattern, body, settings.jsonReservation ? [] : ['Reservation']);
    const flat = operation.includes('Schedule') && (settings.jsonFlat || String(body['OnlyFreeTime']) === 'true');
    const wire = jsonWire(settings, service.state.now(), flat);
    const wrong = wrongIn(service, pattern, body);
    if (wrong !== undefined) {
      const { status, type, body: said } = wire.reply(writeRefusal('ОтветНаЗаписьССайта', wrong));
      return void response.writeHead(status, { 'content-type': type }).end(said);
    }
    const filtered = settings.jsonEmployeeFilter === 'used' && operation === 'GetSchedule20';
    const args = argumentsIn(body, settings, filtered);
    await play(service, openCall(service, { operation, args, wire, response, origin: url.origin }));
  } catch (error) {
    crash(response, error);
  }
}

/** An unhandled exception of the module: HTTP 500 with its text. */
function crash(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const text = `{ОбщийМодуль.ВебИнтеграция.Модуль(1)}: ${error instanceof Error ? error.message : String(error)}`;
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** @throws Error for a pattern or a method that is not there */
function operationOf(pattern: string, body: Body, unpublished: readonly string[]): OperationName {
  const found = Object.hasOwn(patterns, pattern) && !unpublished.includes(pattern) ? patterns[pattern]! : undefined;
  if (found === undefined) throw new Error(`Метод сервиса не найден: ${pattern}`);
  const method = typeof body['Method'] === 'string' ? body['Method'] : '';
  const named = Object.hasOwn(found.methods, method) ? found.methods[method] : undefined;
  const operation = named ?? (method === '' || Object.keys(found.methods).length === 0 ? found.usual : undefined);
  if (operation === undefined) throw new Error(`Поле объекта не обнаружено (Method): ${method}`);
  return operation;
}

/** The key of the exchange settings, and keys that must be there even when they are empty. */
function wrongIn(service: Service, pattern: string, body: Body): string | undefined {
  if (body['Key'] !== service.apiKey)
    return 'Не обнаружен элемент справочника «Настройки обмена с сайтом» по ключу API';
  const needed = pattern.includes('Cancel') ? ['Reason', 'AdditionalInformation'] : [];
  const lacking = needed.find((name) => !Object.hasOwn(body, name));
  return lacking === undefined ? undefined : `Не передан обязательный параметр ${lacking}`;
}

function admittedByHeader(service: Service, request: IncomingMessage, response: ServerResponse): boolean {
  if (!service.state.settings().jsonHeaderKey || request.headers['x-api-key'] === service.apiKey) return true;
  response.writeHead(401, { 'content-type': 'text/plain; charset=utf-8' }).end('Неверный ключ');
  return false;
}
