/** Calls of HubService that are right in the main, and wrong in some small way; all chance comes from one seed. */
import { type HubOperation, hubContract } from '../../../src/connectors/regiz/contract/hub.ts';
import { type Contract, literalsOf, membersOf, parseReference, type Reference } from '../../../src/wcf/contract.ts';
import { type SoapVersion, soapHeaders, writeEnvelope } from '../../../src/wcf/envelope.ts';
import { writeRequest } from '../../../src/wcf/write.ts';
import { pick, type Random } from '../../support/random.ts';
import { guids, lpu } from './stage.ts';

const contract: Contract = hubContract;
export const operations = Object.keys(hubContract.operations) as HubOperation[];
/** Those that do most come oftener. */
const often: HubOperation[] = [
  'CheckPatient',
  'SearchTop10Patient',
  'AddNewPatient',
  'SetAppointment',
  'CreateClaimForRefusal',
];

/** Ids that there are, by the members that name them. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** Half of the calls are right: what is hostile in them is their order, and what they ask for. */
interface Dice {
  readonly random: Random;
  readonly known: Known;
  readonly tame: boolean;
}

export interface FuzzedCall {
  readonly operation: HubOperation;
  readonly version: SoapVersion;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const texts = [
  ...[
    '',
    ' ',
    '0',
    '%',
    '_',
    '\\',
    "'; drop table document; --",
    '<b>&amp;</b>',
    ']]>',
    'null',
    'Ёлкина',
    'ТЕСТ',
    'й',
    'a\u0301',
  ],
  ...[
    '\ud83d\ude00',
    '\u202e',
    '\u00a0',
    '\ufeff',
    'x'.repeat(300),
    'ы'.repeat(5000),
    '000-000-600 04',
    '112-233-445 96',
  ],
  ...[
    '7850000000000014',
    '+7 900 000 00 01',
    '--',
    '1e9',
    '00000000-0000-0000-0000-000000000000',
    '../..',
    '\t\r\n',
    '{"a":1}',
  ],
];
const times = [
  ...[
    '2026-12-01T00:00:00',
    '1980-02-29T00:00:00',
    '9999-12-31T23:59:59',
    '0001-01-01T00:00:00',
    '0000-00-00T00:00:00',
  ],
  ...[
    '2026-02-31T00:00:00',
    '2026-12-01T24:00:00',
    '1600-01-01T00:00:00+14:00',
    '0000-01-01T00:00:00Z',
    '0050-01-01T00:00:00',
  ],
  ...['2026-12-01T12:00:00.1234567', '2026-12-01T12:00:00.5Z', '2026-13-01T00:00:00', '9999-12-31T23:59:59-14:00'],
];
const numbers = [lpu.one, lpu.one, lpu.one, lpu.two, 0, -1, 7, 2_147_483_647, -2_147_483_648, 2_147_483_648];

const tameTexts = ['Ёлкина', 'Тестова', 'Мария', 'терапевт'];
const tameTimes = ['2026-12-01T00:00:00', '1980-02-29T00:00:00', '2031-01-01T10:15:00'];

function anyOf(dice: Dice, name: string, reference: Reference, depth: number): unknown {
  const { random, known, tame } = dice;
  if (reference.list)
    return Array.from({ length: Math.floor(random() * 3) }, () =>
      anyOf(dice, name, { ...reference, list: false }, depth - 1),
    );
  const literals = literalsOf(contract, reference);
  if (literals !== undefined) return tame || random() < 0.9 ? pick(random, literals) : pick(random, texts);
  switch (reference.name) {
    case 'string':
      if (known[name] !== undefined && (tame || random() < 0.8)) return pick(random, known[name]);
      return pick(random, tame ? tameTexts : texts);
    case 'dateTime':
      return pick(random, tame ? tameTimes : times);
    case 'boolean':
      return pick(random, tame ? ['true', 'false'] : ['1', 'да', '']);
    case 'guid':
      return pick(random, [guids.concentrator, guids.portal, 'x', '']);
    case 'int':
    case 'short':
    case 'long':
    case 'double':
    case 'unsignedByte':
      return tame ? 7 : pick(random, [...numbers, 'NaN', '1.5', '']);
    default:
      return dataOf(dice, reference, depth);
  }
}

function dataOf(dice: Dice, { prefix, name }: Reference, depth: number): object {
  if (depth <= 0) return {};
  const members = membersOf(contract, prefix, name).filter(
    ({ name: own }) => dice.random() < (dice.known[own] === undefined ? 0.4 : 0.8),
  );
  return Object.fromEntries(members.map((m) => [m.name, anyOf(dice, m.name, m.reference, depth - 1)]));
}

export function fuzzCall(random: Random, known: Known): FuzzedCall {
  const operation = random() < 0.4 ? pick(random, often) : pick(random, operations);
  const tame = random() < 0.5;
  const declared = Object.entries(hubContract.operations[operation].parameters) as [string, string][];
  const parameters: Record<string, unknown> = {};
  for (const [name, text] of declared)
    if (random() < (tame ? 0.95 : 0.85))
      parameters[name] = anyOf({ random, known, tame }, name, parseReference(text, ''), 5);
  if (tame || random() < 0.95) parameters['guid'] = guids.concentrator;
  if (tame || random() < 0.7) parameters['idLpu'] = lpu.one;
  const version: SoapVersion = random() < 0.5 ? '1.1' : '1.2';
  const inner = writeRequest(contract, operation, parameters, random() < 0.5 ? 'omit' : 'nil');
  const envelope = writeEnvelope(tame || random() < 0.98 ? version : '1.1', inner);
  const spoilt = !tame && random() < 0.6 ? spoil(random, envelope) : envelope;
  return {
    operation,
    version,
    headers: headersOf(random, version, operation),
    body: tame ? Buffer.from(spoilt) : bytesOf(random, spoilt),
  };
}

function headersOf(random: Random, version: SoapVersion, operation: string): Record<string, string> {
  const action = `http://tempuri.org/IHubService/${random() < 0.97 ? operation : pick(random, operations)}`;
  const headers = soapHeaders(version, random() < 0.9 ? action : undefined);
  if (random() < 0.02)
    headers['content-type'] = pick(random, ['application/json', 'text/plain', '', 'text/xml; charset=koi8-r', 'a;b;c']);
  if (random() < 0.01) headers['content-encoding'] = pick(random, ['gzip', 'br', 'x']);
  return headers;
}

const snippets = [
  ...[
    '<',
    '>',
    '&',
    '&#0;',
    '&#xD800;',
    '&e;',
    '<a>',
    '</a>',
    '<!--',
    '-->',
    '<![CDATA[',
    '<?x ?>',
    '<!DOCTYPE a>',
    ' xmlns="urn:x"',
  ],
  ...[
    ' xmlns:h=""',
    ' a="1" a="2"',
    '\0',
    '\u0008',
    '<guid>x</guid>',
    '<idLpu>1</idLpu>',
    ' i:nil="true"',
    '\ufffe',
    '__proto__',
  ],
];

/** Something is missing, doubled, put in or in another place. */
function spoil(random: Random, text: string): string {
  const at = Math.floor(random() * text.length);
  const length = Math.floor(random() * random() * 60);
  const part = text.slice(at, at + length);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (Math.floor(random() * 6)) {
    case 0:
      return before + text.slice(at + length);
    case 1:
      return before + part + after;
    case 2:
      return before + pick(random, snippets) + after;
    case 3:
      return text.replace(
        pick(random, ['tempuri.org', 'HubService2', '<guid>', 'Body', 'xmlns', 'schemas']),
        pick(random, snippets),
      );
    case 4:
      return text.slice(0, at);
    default:
      return before + '<a>'.repeat(Math.floor(random() * 200)) + after;
  }
}

function bytesOf(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (random() < 0.03 && bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}
