/** Who may call: known by the guid in the call, of which only a digest is kept (protocols/regiz.md §1.3). */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../access/principal.ts';
import { rightsOf } from '../../access/rights.ts';
import { ConfigError } from '../../config.ts';
import type { Clinic, Clinics } from '../../connectors/clinic.ts';
import type { HubServiceSettings, PlaceSettings } from '../../hub-service-settings.ts';

export interface CallersClinic extends PlaceSettings {
  readonly clinic: Clinic;
}

export interface Caller {
  readonly name: string;
  readonly perMinute: number;
  readonly clinics: readonly CallersClinic[];
  readonly principal: Principal;
  /** Types of resources that it may read. */
  readonly types: readonly string[];
}

export interface Callers {
  readonly all: readonly Caller[];
  /** Takes the same time for every guid. */
  find(guid: string | undefined): Caller | undefined;
}

/** Subject of its bookings' keys and of its events in the audit; no name of an OAuth client has a colon. */
export const subjectOf = (name: string): string => `hub-service:${name}`;

/** What the contract asks for, and nothing else of what an app may. */
const scope = [
  ...['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'Schedule', 'Slot', 'ServiceRequest'].map(
    (type) => `system/${type}.rs`,
  ),
  'system/Patient.crus',
  'system/Appointment.crus',
].join(' ');

/** Of a text that people type in upper or lower case. */
const digestOf = (guid: string): Buffer => hash('sha256', guid.trim().toLowerCase(), 'buffer');

/** @throws ConfigError for a clinic that there is not, and for what does not tell two of a kind apart */
export function openCallers(settings: HubServiceSettings, clinics: Clinics): Callers {
  const known = Object.entries(settings.callers).map(([name, { guid, perMinute, clinics: own }]) => {
    const places = Object.entries(own).map(([key, place]) => ({ ...place, clinic: clinicOf(clinics, name, key) }));
    if (new Set(places.map((p) => p.idLpu)).size < places.length)
      throw new ConfigError(`hubService.callers.${name}.clinics · two clinics have the same idLpu`);
    const keys = places.map((p) => p.clinic.key);
    const principal: Principal = { subject: subjectOf(name), role: 'app', clinics: keys, client: name, scope };
    const caller: Caller = { name, perMinute, clinics: places, principal, types: rightsOf(principal).types };
    return { caller, digest: digestOf(guid) };
  });
  if (new Set(known.map((k) => k.digest.toString('hex'))).size < known.length)
    throw new ConfigError('hubService.callers · two callers have the same guid');
  return {
    all: known.map((k) => k.caller),
    find(guid) {
      const digest = digestOf(guid ?? '');
      let found: Caller | undefined;
      for (const one of known) if (timingSafeEqual(one.digest, digest)) found = one.caller;
      return found;
    },
  };
}

function clinicOf(clinics: Clinics, caller: string, key: string): Clinic {
  const clinic = clinics.byKey(key);
  if (clinic === undefined)
    throw new ConfigError(`hubService.callers.${caller}.clinics.${key} · there is no such clinic`);
  return clinic;
}
