/** Price lists of the branches (protocols/onec.md §1.4). */
import type { MisRecord } from '../connector.ts';
import { textOf, type XmlNode } from '../xml.ts';
import { extrasOf, guidOf, minutesOf, numberOf, RefusedByOnec, requiredGuidOf } from './answer.ts';
import type { Link } from './link.ts';
import { childrenOf, nameOf, present } from './record.ts';

const priceFields = new Set([
  'UID',
  'Наименование',
  'Артикул',
  'БазоваяЕдиницаИзмерения',
  'Цена',
  'Продолжительность',
  'Вид',
  'Родитель',
  'ЭтоПапка',
]);

/** Items of all branches, folders left out. @throws ExchangeError, RefusedByOnec */
export async function readServices(
  link: Link,
  branches: readonly { readonly key: string }[],
  signal: AbortSignal,
): Promise<MisRecord[]> {
  const services: MisRecord[] = [];
  for (const { key } of branches) services.push(...(await pricesOf(link, key, signal)));
  return services;
}

/** A branch for which 1С has no exchange settings has no price list; that is its ordinary state, not a failure. */
async function pricesOf(link: Link, branch: string, signal: AbortSignal): Promise<MisRecord[]> {
  try {
    return await link.wire.listPrices(branch, { signal });
  } catch (error) {
    if (error instanceof RefusedByOnec && error.sentence.includes('Не обнаружена настройка обмена')) return [];
    throw error;
  }
}

/** Records `service` of a price list; folders are named by what lies in them. @throws ExchangeError `untrusted` */
export function readPrices(root: XmlNode, branch: string): MisRecord[] {
  const items = childrenOf(root, 'Каталог');
  const isFolder = (node: XmlNode): boolean => textOf(node, 'ЭтоПапка')?.toLowerCase() === 'true';
  const folders = new Map(items.filter(isFolder).map((node) => [requiredGuidOf(node, 'UID'), nameOf(node)]));
  return items
    .filter((node) => !isFolder(node))
    .map((node) => {
      const service = requiredGuidOf(node, 'UID');
      return present({
        key: `${service};${branch}`,
        service,
        branch,
        name: nameOf(node),
        article: textOf(node, 'Артикул'),
        unit: textOf(node, 'БазоваяЕдиницаИзмерения'),
        price: numberOf(node, 'Цена'),
        minutes: minutesOf(node, 'Продолжительность'),
        type: textOf(node, 'Вид'),
        folder: folders.get(guidOf(node, 'Родитель') ?? ''),
        ...extrasOf(node, priceFields),
      });
    });
}
