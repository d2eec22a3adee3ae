/** What the webhooks need of the hub: slots, patients and appointments, found and written as FHIR. */
import { fhirInstant } from '../../instant.ts';
import { type Hub, type HubAnswer, HubRefusal } from './hub.ts';
import { type Client, fingerprintOf, type Order } from './order.ts';
import { ours, readPlaces } from './places.ts';
import { type Appointment, appointment, isId, patient, resourcesIn, type Slot, slot } from './resources.ts';
import type { MedflexSettings } from './settings.ts';

/** Systems of the identifiers by which the door knows again what it has written. */
export const clientSystem = 'https://medmost.ru/doors/medflex/client';
export const claimSystem = 'https://medmost.ru/doors/medflex/claim';

/** All throw HubRefusal, and Error when the hub does not answer. */
export interface Desk {
  /** Of that doctor at that branch, beginning and ending then. */
  findSlot(order: Order): Promise<Slot | undefined>;
  findPatient(client: Client): Promise<string | undefined>;
  /** One that is there already is found, also by two who look at the same time. */
  createPatient(client: Client): Promise<string>;
  /** Of one slot, cancelled ones too. */
  appointmentsOf(patient: string, slot: string): Promise<Appointment[]>;
  /** Other appointments of the patient that overlap. */
  appointmentsBeside(patient: string, slot: Slot): Promise<Appointment[]>;
  /** Undefined when there is none that the door has made. */
  readAppointment(id: string): Promise<Appointment | undefined>;
  /** By the search parameters given, of those that the door has made. */
  findAppointments(query: Readonly<Record<string, string>>): Promise<Appointment[]>;
  cancel(appointment: Appointment, reason: string): Promise<HubAnswer>;
}

/** Made by the door, not by another app. */
export const isOurs = ({ identifier = [] }: Appointment): boolean => identifier.some((i) => i.system === claimSystem);

const day = 86_400_000;

export function createDesk(hub: Hub, settings: MedflexSettings): Desk {
  const find = async (query: URLSearchParams) =>
    resourcesIn(await hub.find('Appointment', query), 'Appointment', appointment);
  return {
    async findSlot({ filial, doctor, start, end }) {
      const practitioner = ours(settings.doctors, doctor);
      if (!isId(practitioner)) return undefined;
      const all = await readPlaces(hub, settings, practitioner);
      const places = all.filter((p) => p.filial === filial && p.doctor === doctor);
      if (places.length === 0) return undefined;
      const schedules = places.map((p) => `Schedule/${p.schedule}`).join(',');
      const query = new URLSearchParams({ schedule: schedules, start: fhirInstant(start) });
      const found = resourcesIn(await hub.find('Slot', query), 'Slot', slot);
      const fitting = found.filter((s) => end === undefined || Date.parse(s.end) === end);
      return fitting.find((s) => s.status === 'free') ?? fitting[0];
    },
    async findPatient(client) {
      const query = new URLSearchParams({ identifier: `${clientSystem}|${fingerprintOf(client)}` });
      return resourcesIn(await hub.find('Patient', query), 'Patient', patient)[0]?.id;
    },
    async createPatient(client) {
      const identifier = { system: clientSystem, value: fingerprintOf(client) };
      const answer = await hub.ask({
        method: 'POST',
        path: 'Patient',
        headers: { 'if-none-exist': `identifier=${identifier.system}|${identifier.value}` },
        body: {
          resourceType: 'Patient',
          identifier: [identifier],
          name: [{ use: 'official', family: client.family, given: client.given }],
          telecom: [{ system: 'phone', value: client.phone }],
          ...(client.birthday !== undefined && { birthDate: client.birthday }),
        },
      });
      if (answer.status !== 200 && answer.status !== 201) throw new HubRefusal(answer);
      return patient.parse(answer.body).id;
    },
    appointmentsOf: (person, place) =>
      find(new URLSearchParams({ patient: `Patient/${person}`, slot: `Slot/${place}`, _count: '100' })),
    async appointmentsBeside(person, { id, start, end }) {
      const query = new URLSearchParams([
        ['patient', `Patient/${person}`],
        ['status', 'booked,pending'],
        ['date', `lt${end}`],
        ['date', `ge${fhirInstant(Date.parse(start) - day)}`],
      ]);
      const near = await find(query);
      return near.filter(
        (a) =>
          a.slot?.every((s) => s.reference !== `Slot/${id}`) &&
          Date.parse(a.start ?? '') < Date.parse(end) &&
          Date.parse(a.end ?? '') > Date.parse(start),
      );
    },
    async readAppointment(id) {
      const answer = await hub.ask({ method: 'GET', path: `Appointment/${id}` });
      if (answer.status === 404 || answer.status === 410) return undefined;
      if (answer.status !== 200) throw new HubRefusal(answer);
      const found = appointment.parse(answer.body);
      return isOurs(found) ? found : undefined;
    },
    findAppointments: (query) => find(new URLSearchParams({ identifier: `${claimSystem}|`, _count: '1000', ...query })),
    cancel: (one, reason) =>
      hub.ask({
        method: 'PUT',
        path: `Appointment/${one.id}`,
        body: { ...one, status: 'cancelled', cancelationReason: { text: reason } },
      }),
  };
}
