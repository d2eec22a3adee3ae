/** Who the bearer of a token of the authorization server is by now: read anew, so that what was ended is ended. */
import type { Clock } from '../instant.ts';
import type { Queryable } from '../postgres.ts';
import type { LoginMethod, Principal, Role } from './principal.ts';
import type { Granted, Standing } from './token.ts';

export interface StandingGround {
  readonly db: Queryable;
  /** Keys of all clinics of the configuration. */
  readonly clinics: readonly string[];
  /** Of those that every patient who has signed in may look at. */
  readonly open: readonly string[];
}

export function clinicsOf({ all }: ClinicList): Pick<StandingGround, 'clinics' | 'open'> {
  return { clinics: all.map((c) => c.key), open: all.filter((c) => c.config.open).map((c) => c.key) };
}

interface ClinicList {
  readonly all: readonly { readonly key: string; readonly config: { readonly open: boolean } }[];
}

/** @returns undefined where the client, the grant or the account has ended */
export function createStanding(ground: StandingGround): Standing {
  return (granted) => (granted.grant === undefined ? readClient(ground, granted) : readPerson(ground, granted));
}

interface ClientRow {
  readonly role: 'app' | 'registry';
  readonly clinics: readonly string[] | null;
}

async function readClient({ db, clinics }: StandingGround, { client, scope }: Granted): Promise<Principal | undefined> {
  const { rows } = await db.query<ClientRow>({
    name: 'standing_of_client',
    text: `select role, clinics from client where id = $1 and disabled is null and audience = 'system'`,
    values: [client],
  });
  const [row] = rows;
  return row && { subject: client, role: row.role, clinics: row.clinics ?? clinics, scope, client };
}

interface PersonRow {
  readonly account: string;
  readonly role: Role;
  readonly method: LoginMethod;
  readonly patient: string | null;
  readonly limited: boolean;
  /** Of the client; null: all. */
  readonly allowed: readonly string[] | null;
  readonly employers: readonly string[];
  readonly cards: readonly { patient: string; clinic: string; self: boolean; speaks: boolean }[];
}

const person = `select g.account, g.role, g.method, g.patient, a.state = 'limited' as limited, c.clinics as allowed,
    array(select k.key from staff s join clinic k on k.id = s.clinic where s.account = g.account and s.role = g.role) as employers,
    coalesce((select json_agg(json_build_object('patient', p.patient, 'clinic', k.key, 'self', d.relation = 'self',
        'speaks', d.relation in ('self', 'child')))
      from card d join card_patient p on p.card = d.id join clinic k on k.id = p.clinic
      where g.role = 'patient' and d.account = g.account and (d.ends is null or d.ends > clock_timestamp())), '[]') as cards
  from smart_grant g join account a on a.id = g.account join client c on c.id = g.client
  where g.id = $1 and g.client = $2 and g.ended is null and g.ends > clock_timestamp()
    and a.state in ('limited', 'confirmed') and c.disabled is null`;

async function readPerson(ground: StandingGround, granted: Granted): Promise<Principal | undefined> {
  const { client, scope, grant } = granted;
  const { rows } = await ground.db.query<PersonRow>({
    name: 'standing_of_person',
    text: person,
    values: [grant, client],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { account, role, allowed } = row;
  const inClient = (keys: readonly string[]) => keys.filter((key) => allowed === null || allowed.includes(key));
  const patient = row.patient === null ? {} : { patient: row.patient };
  const common = { subject: account, account, role, scope, client, grant: grant!, ...patient };
  if (role !== 'patient') {
    const clinics = inClient(row.employers);
    return clinics.length === 0 ? undefined : { ...common, clinics };
  }
  const attached = row.limited ? [] : row.cards;
  const clinics = inClient([...new Set([...attached.map((card) => card.clinic), ...ground.open])]);
  // FEATURES D10: all visits are shown to a person whom Госуслуги know, and of himself alone.
  const cards = attached.map(({ patient, self, speaks }) => ({
    patient,
    whole: self && row.method === 'esia',
    speaks,
  }));
  return { ...common, clinics, cards, ...(row.limited && { limited: true as const }) };
}

/** Remembers for a second, for those who ask over and over about the same. */
export function rememberStanding(standing: Standing, clock: Clock): Standing {
  const known = new Map<string, { at: number; principal: Promise<Principal | undefined> }>();
  return (granted) => {
    const key = JSON.stringify(granted);
    const found = known.get(key);
    if (found !== undefined && Math.abs(clock() - found.at) < 1000) return found.principal;
    if (known.size > 10_000) known.clear();
    const principal = standing(granted);
    known.set(key, { at: clock(), principal });
    principal.catch(() => known.delete(key));
    return principal;
  };
}
