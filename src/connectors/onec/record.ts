/** Small things that all lists of 1С have alike (protocols/onec.md §1.3). */
import { textOf, type XmlNode } from '../xml.ts';
import { untrusted } from './answer.ts';

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that are undefined: absent means that the key is not there. */
export function present<T extends object>(record: T): Present<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** @throws ExchangeError when there is a child of another name: the list is not what it seems */
export function childrenOf(root: XmlNode, name: string): readonly XmlNode[] {
  if (root.children.some((child) => child.name !== name)) throw untrusted(`a stranger among ${root.name}`);
  return root.children;
}

export function nameOf(node: XmlNode): string {
  const name = textOf(node, 'Наименование')?.replace(/\s+/g, ' ');
  if (name === undefined) throw untrusted(`${node.name} has no Наименование`);
  return name;
}
