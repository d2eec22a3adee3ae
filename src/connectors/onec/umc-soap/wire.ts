/** 1С through its SOAP service `Integration` (protocols/onec.md §1). */
import type { ConnectionContext } from '../../connector.ts';
import { readBranches, readEmployees } from '../employee.ts';
import { readPrices } from '../price.ts';
import { readEntries } from '../schedule-entry.ts';
import type { Wire } from '../wire.ts';
import { openSoapLine } from './line.ts';
import {
  bookAnAppointment,
  cancelBookAnAppointment,
  getAppointmentStatus,
  getListClinic,
  getListEmployees,
  getNomenclatureAndPrices,
  getReserve,
  getSchedule20,
} from './operations.ts';
import type { UmcSoapSettings } from './settings.ts';

export function openUmcSoap(settings: UmcSoapSettings, context: ConnectionContext): Wire {
  const line = openSoapLine(settings, context);
  return {
    listBranches: async (call) => readBranches(await getListClinic(line, call), settings),
    listEmployees: async (call) => readEmployees(await getListEmployees(line, call), settings),
    listPrices: async (branch, call) => readPrices(await getNomenclatureAndPrices(line, branch, call), branch),
    readSchedule: async (time, filter, call) =>
      readEntries(await getSchedule20(line, time, filter, call), context.zone),
    reserve: (request, call) => getReserve(line, request, call),
    book: (request, guid, call) => bookAnAppointment(line, request, guid, call),
    readStatus: (guid, call) => getAppointmentStatus(line, guid, call),
    cancel: (guid, reason, call) => cancelBookAnAppointment(line, guid, reason, call),
    health: () => line.health(),
    close: () => line.close(),
  };
}
