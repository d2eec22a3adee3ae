/** A hub with two clinics, whose HubService is called by a concentrator that sees the first and by a portal that sees the second. */

import {
  type HubOperation,
  type HubParameters,
  type HubResult,
  hubContract,
} from '../../../src/connectors/regiz/contract/hub.ts';
import { readXml, type XmlNode } from '../../../src/connectors/xml.ts';
import { addHubService, type HubService, path } from '../../../src/doors/hub-service/mount.ts';
import { type HubServiceSettings, hubServiceSettings } from '../../../src/hub-service-settings.ts';
import type { Clock } from '../../../src/instant.ts';
import { localOf } from '../../../src/instant.ts';
import { type SoapVersion, soapHeaders, writeEnvelope } from '../../../src/wcf/envelope.ts';
import { readResult } from '../../../src/wcf/read.ts';
import { writeRequest } from '../../../src/wcf/write.ts';
import { createMemoryHub, type MemoryHub } from '../../support/memory-hub.ts';
import { begin, quarterSlots } from '../../support/memory-mis.ts';

export const guids = {
  concentrator: '11111111-2222-4333-8444-555555555555',
  portal: '99999999-8888-4777-8666-555555555555',
} as const;

/** Of the clinics, in the directory of the concentrator. */
export const lpu = { one: 44, two: 45 } as const;

export interface Reply<O extends HubOperation> {
  readonly status: number;
  readonly body: string;
  readonly result: HubResult<O>;
  /** Its errors, by their numbers. */
  readonly errors: readonly number[];
}

export interface Stage {
  readonly hub: MemoryHub;
  readonly service: HubService;
  call<O extends HubOperation>(
    operation: O,
    parameters?: HubParameters<O>,
    options?: { readonly version?: SoapVersion; readonly absent?: 'omit' | 'nil' },
  ): Promise<Reply<O>>;
  /** A request as it is. */
  send(body: string | Buffer, headers?: Record<string, string>, at?: string): Promise<{ status: number; body: string }>;
  /** A new patient of the first clinic, by the service. @returns the id */
  patient(surname?: string): Promise<string>;
  /** Ids of free times of the first clinic's first doctor, in their order, and of the doctor. */
  times(): Promise<{ doctor: string; slots: readonly string[] }>;
  close(): Promise<void>;
}

export const moscow = (at: number): string => localOf(at, 'Europe/Moscow');

export interface StagePlan {
  readonly settings?: object;
  readonly clock?: Clock;
  readonly quarters?: number;
}

export function settingsOf(more: object = {}): HubServiceSettings {
  return hubServiceSettings.parse({
    waitSeconds: 1,
    callers: {
      concentrator: {
        guid: guids.concentrator,
        perMinute: 0,
        member: '77777777-2222-4333-8444-555555555555',
        clinics: { one: { idLpu: lpu.one, oid: '1.2.3', lpuType: 1, district: { id: 7, name: 'Невский' } } },
      },
      portal: { guid: guids.portal, clinics: { two: { idLpu: lpu.two } } },
    },
    ...more,
  });
}

export async function createStage({ settings: more, clock, quarters = 40 }: StagePlan = {}): Promise<Stage> {
  const slots = [
    ...quarterSlots('doctor-1;branch-1', begin + 6 * 3_600_000, quarters),
    ...quarterSlots('doctor-2;branch-1', begin + 86_400_000, 3),
  ];
  const hub = await createMemoryHub({ keys: ['one', 'two'], slots, ...(clock && { clock }) });
  const settings = settingsOf(more);
  const service = addHubService(hub.app, hub.context, settings, { url: 'http://hub.test' });
  await hub.read('one');
  await hub.read('two');
  const send: Stage['send'] = async (body, headers = {}, at = path) => {
    const answer = await hub.app.inject({ method: 'POST', url: at, headers, payload: body });
    return { status: answer.statusCode, body: answer.body };
  };
  const stage: Stage = {
    hub,
    service,
    send,
    async call(operation, parameters = {}, { version = '1.1', absent = 'omit' } = {}) {
      const given = { guid: guids.concentrator, ...parameters };
      const envelope = writeEnvelope(version, writeRequest(hubContract, operation, given, absent));
      const headers = soapHeaders(version, `http://tempuri.org/IHubService/${operation}`);
      const { status, body } = await send(envelope, headers, version === '1.2' ? `${path}/soap12` : path);
      const result = readResult(hubContract, operation, bodyOf(body)) as HubResult<typeof operation>;
      const { ErrorList = [] } = result as unknown as { ErrorList?: readonly { IdError?: number }[] };
      return { status, body, result, errors: ErrorList.map((e) => e.IdError!) };
    },
    async patient(surname = 'Тестова') {
      const patient = { Surname: surname, Name: 'Мария', SecondName: 'Олеговна', Birthday: '1980-02-29T00:00:00' };
      const { result } = await stage.call('AddNewPatient', { idLpu: lpu.one, patient });
      if (result.IdPat === undefined) throw new Error(JSON.stringify(result));
      return result.IdPat;
    },
    async times() {
      const { result: list } = await stage.call('GetAvailableDoctors', { idLpu: lpu.one });
      const doctor = list.ListSpeciality!.find((s) => s.NameSpeciality === 'Терапия')!.Docs![0]!.IdDoc!;
      const { result } = await stage.call('GetAvaibleAppointments', { idLpu: lpu.one, idDoc: doctor });
      return { doctor, slots: result.ListAppointments!.map((a) => a.IdAppointment!) };
    },
    close: () => hub.close(),
  };
  return stage;
}

/** The only element in the body. */
export function bodyOf(envelope: string): XmlNode {
  return readXml(envelope).children.find((child) => child.name === 'Body')!.children[0]!;
}
