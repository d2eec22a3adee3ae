/** An app as a stranger writes it: fhir-kit-client, the R4 types of @medplum/fhirtypes, and nothing of ours but a token. */
import type { Appointment, Bundle, CapabilityStatement, Patient, Resource, Slot } from '@medplum/fhirtypes';
import { Client } from 'fhir-kit-client';

export interface App {
  readonly client: Client;
  capabilities(): Promise<CapabilityStatement>;
  search<T extends Resource>(type: T['resourceType'], query: Query, byPost?: boolean): Promise<Bundle<T>>;
  /** All pages from this one on. */
  pages<T extends Resource>(first: Bundle<T>): Promise<Bundle<T>[]>;
  create<T extends Patient | Appointment>(resource: T, headers?: Record<string, string>): Promise<T & { id: string }>;
  read<T extends Resource>(type: T['resourceType'], id: string): Promise<T>;
  update<T extends Patient | Appointment>(resource: T & { id: string }): Promise<T & { id: string }>;
}

type Query = Record<string, string | number | (string | number)[]>;

export function createApp(baseUrl: string, bearerToken: string): App {
  const client = new Client({ baseUrl, bearerToken });
  // The client's own types say no more than that a resource has a resourceType.
  const as = <T>(answer: unknown) => answer as T;
  return {
    client,
    capabilities: async () => as(await client.capabilityStatement()),
    search: async (resourceType, searchParams, postSearch = false) =>
      as(await client.resourceSearch({ resourceType, searchParams, options: { postSearch } })),
    async pages(first) {
      const all = [first];
      for (let next = nextOf(client, first); next !== undefined; next = nextOf(client, all.at(-1)!))
        all.push(as(await next));
      return all;
    },
    create: async (body, headers = {}) =>
      as(await client.create({ resourceType: body.resourceType, body: { ...body }, options: { headers } })),
    read: async (resourceType, id) => as(await client.read({ resourceType, id })),
    update: async (body) =>
      as(await client.update({ resourceType: body.resourceType, id: body.id, body: { ...body } })),
  };
}

function nextOf(client: Client, { resourceType, link = [] }: Bundle): Promise<unknown> | undefined {
  return client.nextPage({ bundle: { resourceType, link } });
}

export function orderOf(slot: Slot, patient: Patient): Appointment {
  return {
    resourceType: 'Appointment',
    status: 'proposed',
    slot: [{ reference: `Slot/${slot.id}` }],
    participant: [{ actor: { reference: `Patient/${patient.id}` }, status: 'accepted' }],
    comment: 'Первый приём',
  };
}

export function resourcesOf<T extends Resource>(bundle: Bundle, type: T['resourceType']): T[] {
  return (bundle.entry ?? []).map((e) => e.resource).filter((r) => r?.resourceType === type) as T[];
}
