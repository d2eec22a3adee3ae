/**
 * JSON Patch. https://datatracker.ietf.org/doc/html/rfc6902
 *
 * Not the library rfc6902 (5.x): `replace /name/length` empties a list there and `/name/x` gives it a property, an index may have
 * leading zeros, the root cannot be replaced, a bad pointer is thrown while other errors are returned, and copies of
 * copies double without bound. It is the oracle of the test.
 */
import { Fault } from '../../fault.ts';
import { isPlain, Work } from './work.ts';

interface Operation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: Pointer;
  readonly from: Pointer;
  readonly value: unknown;
  /** For the client: which operation. */
  readonly where: string;
}

type Pointer = readonly string[];

const maxOperations = 1000;
const longestPointer = 64;

/**
 * @param document is not changed
 * @throws Fault bad-request for a patch that is none, invalid-content for one that does not fit the document, `test` included:
 * RFC 5789 §2.2 has 422 for both
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new Fault('bad-request', 'A JSON Patch is a list of operations.');
  if (patch.length > maxOperations)
    throw new Fault('too-large', `A JSON Patch has ${maxOperations} operations at most.`);
  const operations = patch.map((operation, i) => readOperation(operation, `http.body[${i}]`));
  const work = new Work();
  const root = { document: work.copy(document) };
  for (const operation of operations) apply(root, operation, work);
  return root.document;
}

const operators = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;

function readOperation(given: unknown, where: string): Operation {
  const malformed = (text: string, member: string) => new Fault('bad-request', text, { expression: where + member });
  if (!isPlain(given)) throw malformed('An operation is a JSON object.', '');
  const op = operators.find((name) => name === given['op']);
  if (op === undefined) throw malformed(`"op" is one of ${operators.join(', ')}.`, '.op');
  const needsFrom = op === 'move' || op === 'copy';
  const needsValue = op === 'add' || op === 'replace' || op === 'test';
  if (needsValue && !Object.hasOwn(given, 'value')) throw malformed(`"${op}" needs a "value".`, '.value');
  const path = readPointer(given['path'], () => malformed(pointerHint('path'), '.path'));
  const from = needsFrom ? readPointer(given['from'], () => malformed(pointerHint('from'), '.from')) : [];
  if (op === 'move' && from.length < path.length && from.every((token, i) => token === path[i]))
    throw malformed('A value cannot be moved into itself.', '.from');
  return { op, path, from, value: given['value'], where };
}

const pointerHint = (name: string) =>
  `"${name}" is a JSON Pointer of at most ${longestPointer} steps, e.g. /name/0/family (RFC 6901).`;

/** `~1` is a slash and `~0` a tilde; any other tilde is a mistake. */
function readPointer(text: unknown, fault: () => Fault): Pointer {
  if (text === '') return [];
  if (typeof text !== 'string' || text[0] !== '/' || /~(?![01])/.test(text)) throw fault();
  const tokens = text.slice(1).split('/');
  if (tokens.length > longestPointer || tokens.includes('__proto__')) throw fault();
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Container = Record<string, unknown> | unknown[];

/** The root stands in `{ document }`, so that it can be replaced as any member. */
type Root = { document: unknown };

function apply(root: Root, { op, path, from, value, where }: Operation, work: Work): void {
  const missing = (member: string) => () =>
    new Fault('invalid-content', `The patch does not fit the resource: there is nothing at "${member}" of "${op}".`, {
      expression: `${where}.${member}`,
    });
  const target = (pointer: Pointer, member: string) => locate(root, pointer, missing(member));
  if (op === 'test') check(read(target(path, 'path')), value, where, work);
  else if (op === 'remove') remove(target(path, 'path'));
  else if (op === 'replace') replace(target(path, 'path'), work.copy(value));
  else if (op === 'move') move(target(from, 'from'), () => target(path, 'path'), work);
  else add(target(path, 'path'), work.copy(op === 'copy' ? read(target(from, 'from')) : value));
}

function check(found: unknown, expected: unknown, where: string, work: Work): void {
  if (isSame(found, expected, work)) return;
  throw new Fault('invalid-content', 'The resource is not as "test" says: read it again.', {
    expression: where,
    code: 'patch-test-failed',
  });
}

/** A place in a container, which need not be taken. */
interface Place {
  readonly container: Container;
  readonly key: string;
  readonly missing: () => Fault;
}

function locate(root: Root, pointer: Pointer, missing: () => Fault): Place {
  let place: Place = { container: root as Container, key: 'document', missing };
  for (const key of pointer) {
    const container = read(place);
    if (!Array.isArray(container) && !isPlain(container)) throw missing();
    place = { container, key, missing };
  }
  return place;
}

function read(place: Place): unknown {
  const { container, key, missing } = place;
  if (Array.isArray(container)) return container[indexOf(place, container.length - 1)];
  if (!Object.hasOwn(container, key)) throw missing();
  return container[key];
}

function indexOf({ key, missing }: Place, last: number): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : Number.NaN;
  if (!(index <= last)) throw missing();
  return index;
}

function add(place: Place, value: unknown): void {
  const { container, key } = place;
  if (!Array.isArray(container)) container[key] = value;
  else container.splice(key === '-' ? container.length : indexOf(place, container.length), 0, value);
}

function remove(place: Place): void {
  const { container, key } = place;
  if (Array.isArray(container)) container.splice(indexOf(place, container.length - 1), 1);
  else {
    read(place);
    delete container[key];
  }
}

function replace(place: Place, value: unknown): void {
  const { container, key } = place;
  read(place);
  if (Array.isArray(container)) container[indexOf(place, container.length - 1)] = value;
  else container[key] = value;
}

function move(from: Place, target: () => Place, work: Work): void {
  const value = read(from);
  work.weigh(value);
  remove(from);
  add(target(), value);
}

function isSame(a: unknown, b: unknown, work: Work): boolean {
  work.spend(1);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i], work));
  if (!isPlain(a) || !isPlain(b)) return numberOf(a) === numberOf(b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key], work))
  );
}

/** A decimal that keeps its digits is an object; 1.10 and 1.1 are the same number (§4.6). */
const numberOf = (value: unknown): unknown => (value instanceof Number ? value.valueOf() : value);
