/** A principal → what its SQL reads are filtered by. */
import type { Principal } from '../access/principal.ts';
import { rightsOf } from '../access/rights.ts';
import { resourceScopes } from '../access/scope.ts';
import type { Standing } from '../access/token.ts';
import type { Clinics } from '../connectors/clinic.ts';
import type { Clock } from '../instant.ts';
import type { Queryable } from '../postgres.ts';
import { readClosed } from '../store/availability.sql.ts';
import { mayProcess } from '../store/consent.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import { accountKey, cardKey, type Viewer } from '../store/visibility.ts';
import type { Subscriber } from '../workflows/subscription.ts';

/** Deny by default: a clinic that is not configured is not seen, nor a type that is neither the role's nor within the scopes. */
export function viewerOf(principal: Principal, clinics: Clinics): Viewer {
  const found = viewers.get(principal);
  if (found?.clinics === clinics) return found.viewer;
  const viewer = findViewer(principal, clinics);
  viewers.set(principal, { clinics, viewer });
  return viewer;
}

/** A principal is read anew once a second, or never: nearly every request is of one that has been seen. */
const viewers = new WeakMap<Principal, { readonly clinics: Clinics; readonly viewer: Viewer }>();

function findViewer(principal: Principal, clinics: Clinics): Viewer {
  const numbers = principal.clinics.map((key) => clinics.byKey(key)?.number).filter((n) => n !== undefined);
  return { clinics: numbers, keys: keysOf(principal), types: rightsOf(principal).types, closed: [] };
}

export interface ViewerGround {
  readonly clinics: Clinics;
  readonly parameters: ParameterIds;
  readonly pool: Queryable;
  readonly clock: Clock;
}

const known = new WeakMap<Principal, { at: number; closed: Promise<readonly string[]> }>();

/** The same without the doctors whose time is not for a patient (FEATURES B3); what these are is looked up once a second. */
export async function openViewer(ground: ViewerGround, principal: Principal): Promise<Viewer> {
  const viewer = viewerOf(principal, ground.clinics);
  if (principal.role !== 'patient') return viewer;
  let found = known.get(principal);
  if (found === undefined || Math.abs(ground.clock() - found.at) >= 1000) {
    const patients = principal.cards?.map((card) => card.patient) ?? [principal.patient!];
    const closed = readClosed(ground.pool, ground.parameters, viewer.clinics, patients);
    found = { at: ground.clock(), closed: closed.then((list) => list.map((c) => c.id)) };
    known.set(principal, found);
    found.closed.catch(() => known.delete(principal));
  }
  return { ...viewer, closed: await found.closed };
}

/** Sees nothing any more. */
const ended: Viewer = { clinics: [], keys: [], types: [], closed: [] };

/**
 * Of one who was somebody when he subscribed: what he may be told by now, without Patients whose consent was withdrawn.
 * @param standing absent where there is no authorization server
 */
export function currentViewer(
  ground: ViewerGround,
  standing: Standing | undefined,
): (subscriber: Subscriber) => Promise<Viewer> {
  const mayTell = (patient: string) => mayProcess(ground.pool, patient, 'notification');
  return async (subscriber) => {
    const { client, scope, grant, patient } = subscriber;
    if (patient !== undefined && !(await mayTell(patient))) return ended;
    if (client === undefined || scope === undefined) return openViewer(ground, subscriber as Principal);
    const principal = await standing?.({ client, scope, grant });
    if (principal === undefined) return ended;
    const told = await Promise.all((principal.cards ?? []).map((card) => mayTell(card.patient)));
    const cards = principal.cards?.filter((_, i) => told[i]);
    return openViewer(ground, { ...principal, ...(cards && { cards }) });
  };
}

function keysOf(principal: Principal): readonly string[] | null {
  const { role, patient, cards, account, scope } = principal;
  if (role === 'registry') return [];
  if (role !== 'patient') return staffKeys(principal);
  if (cards === undefined) return patient === undefined ? [] : [patient];
  const scopes = scope === undefined ? undefined : resourceScopes(scope);
  const isForOne = scopes?.some((s) => s.level === 'patient') ?? false;
  const open = isForOne ? cards.filter((card) => card.patient === patient) : cards;
  const keys = open.flatMap((card) =>
    card.whole ? [card.patient] : [cardKey(card.patient), accountKey(account!, card.patient)],
  );
  // What is the account's own, its card file among it, is not for an app that was let in for one person alone.
  const isForAll = scopes?.every((s) => s.level !== 'patient') ?? true;
  return isForAll ? [...keys, account!] : keys;
}

/** In a launch for a patient, scopes that begin with `patient/` show that one alone. */
function staffKeys({ patient, scope }: Principal): readonly string[] | null {
  const isForOne = scope !== undefined && resourceScopes(scope).some((s) => s.level === 'patient');
  if (!isForOne) return null;
  return patient === undefined ? [] : [patient];
}
