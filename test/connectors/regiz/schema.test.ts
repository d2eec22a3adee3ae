/** The connector's table of the contract against the sandbox's own transcription of the schema: written apart, they must agree. */
import { expect, test } from 'vitest';
import { type ClassType, readContract, type Type } from '../../../sandbox/regiz/contract.ts';
import { hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { type Contract, isDerived, parseReference, primitives } from '../../../src/wcf/contract.ts';

const sandbox = readContract('hub24', 'hub25');
const contract: Contract = hubContract;
const uris = Object.values(contract.namespaces).map(({ uri }) => uri);

/**
 * What the sandbox takes to stand last in Hub25, and what only Additional of one version has: none of it is certain, a server
 * of Hub24 knows none of it, and the connector neither sends nor reads it (protocols/regiz.md, appendix B).
 */
const uncertain: Readonly<Record<string, readonly string[]>> = {
  SendNotificationAboutAppointment: ['services', 'fedIdPosition'],
  SendNotificationAboutAppointmentStatus: ['registryArea', 'appointmentReason'],
  GetAvaibleAppointmentsResult: [
    'MedicalOrganization',
    'MedicalResource',
    'NextAvailableDate',
    'NotAvailableReasonCode',
    'VisitInfo',
  ],
  Additional: ['ExtraData'],
};

/** `Doctor[]`, `int?`, as the connector's table writes them, with the namespace of a type where it has one. */
function toldBySandbox(name: string, namespace: string, nillable: boolean): string {
  const type: Type | undefined = sandbox.find(name, namespace);
  if (type === undefined) return nillable && name !== 'string' ? `${name}?` : name;
  if (type.kind === 'list') return `${toldBySandbox(type.type, type.namespace, false)}[]`;
  return `{${type.namespace}}${type.name}`;
}

function toldByConnector(text: string, prefix: string): string {
  const { prefix: own, name, list, nullable } = parseReference(text, prefix);
  const one = primitives.has(name) ? name : `{${contract.namespaces[own]!.uri}}${name}`;
  return `${one}${nullable ? '?' : ''}${list ? '[]' : ''}`;
}

function membersInSandbox(type: ClassType): string[] {
  return type.members
    .filter(({ name }) => !uncertain[type.name]?.includes(name))
    .map(({ name, type: of, nillable }) => `${name}: ${toldBySandbox(of, type.namespace, nillable)}`);
}

const membersHere = (members: Readonly<Record<string, string>>, prefix: string): string[] =>
  Object.entries(members).map(([name, text]) => `${name}: ${toldByConnector(text, prefix)}`);

test('operations: the same 46, with the same parameters in the same order and the same results', () => {
  expect(Object.keys(contract.operations).toSorted()).toEqual([...sandbox.operations].toSorted());
  expect(sandbox.operations).toHaveLength(46);
  for (const [name, { parameters, result }] of Object.entries(contract.operations)) {
    expect(membersHere(parameters, ''), name).toEqual(membersInSandbox(sandbox.operation(name)!));
    const response = sandbox.find(`${name}Response`, contract.namespace) as ClassType;
    expect(membersHere({ [`${name}Result`]: result! }, ''), name).toEqual(membersInSandbox(response));
  }
});

test('types: every one has the same base and the same members in the same order', () => {
  let compared = 0;
  for (const [prefix, { uri, types }] of Object.entries(contract.namespaces))
    for (const [name, type] of Object.entries(types)) {
      const theirs = sandbox.find(name, uri);
      expect(theirs, name).toMatchObject({ kind: 'class', namespace: uri });
      const { base, ...rest } = theirs as ClassType;
      const own = isDerived(type) ? type[1] : type;
      expect(membersHere(own, prefix), name).toEqual(membersInSandbox({ base, ...rest }));
      expect(isDerived(type) ? parseReference(type[0], prefix).name : undefined, name).toBe(base);
      compared++;
    }
  expect(compared).toBeGreaterThan(100);
});

test('enumerations have the same literals', () => {
  for (const { uri, enums = {} } of Object.values(contract.namespaces))
    for (const [name, literals] of Object.entries(enums)) {
      const theirs = sandbox.find(name, uri);
      expect(theirs?.kind === 'enum' ? theirs.literals : [], name).toEqual(literals);
    }
});

test('the sandbox has no type that the connector lacks, but those that it may not know', () => {
  const known = new Set(
    Object.values(contract.namespaces).flatMap(({ uri, types, enums = {} }) =>
      [...Object.keys(types), ...Object.keys(enums)].map((name) => `{${uri}}${name}`),
    ),
  );
  const reached = new Set<string>();
  const reach = (type: Type | undefined): void => {
    if (type === undefined || type.kind === 'enum') return;
    if (type.kind === 'list') {
      reach(sandbox.find(type.type, type.namespace));
      return;
    }
    if (reached.has(`{${type.namespace}}${type.name}`)) return;
    reached.add(`{${type.namespace}}${type.name}`);
    for (const { name, type: of, namespace } of sandbox.membersOf(type))
      if (!uncertain[type.name]?.includes(name)) reach(sandbox.find(of, namespace));
  };
  for (const name of sandbox.operations) {
    reach(sandbox.operation(name));
    reach(sandbox.find(`${name}Response`, contract.namespace));
  }
  const data = [...reached].filter((name) => uris.some((uri) => name.startsWith(`{${uri}}`)));
  expect(data.length).toBeGreaterThan(90);
  expect(data.filter((name) => !known.has(name))).toEqual([]);
});
