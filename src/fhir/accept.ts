/** Headers of content negotiation taken apart. https://www.rfc-editor.org/rfc/rfc9110#section-12.5 */

export interface Wish {
  /** In lower case: `application/fhir+json`, `application/*`, `gzip`. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 forbids, 1 is wished most. */
  readonly quality: number;
}

/** Beyond it a header is no wish but a burden. */
const mostWishes = 50;

/** The items of Accept, Accept-Charset or Accept-Encoding; what is no item is left out. */
export function wishesOf(header: string): Wish[] {
  return header
    .split(',', mostWishes)
    .map(wishOf)
    .filter((wish) => wish.name !== '');
}

function wishOf(text: string): Wish {
  const [name = '', ...rest] = text.split(';');
  const parameters = new Map(rest.map(parameterOf));
  const quality = Number(parameters.get('q') ?? 1);
  parameters.delete('q');
  return { name: name.trim().toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 1 };
}

function parameterOf(text: string): [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2);
  return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
}

/** A media type with its parameters: `application/fhir+json; fhirVersion=4.0`. */
export function mediaTypeOf(text: string): Wish {
  return wishOf(text);
}

/**
 * What is wished most of what there is; of equals what is named most closely, then what is offered first.
 * @param specificity how closely a wish names an offer: 0 not at all; the closest wish says how much it is wished
 * @returns undefined when all of it is forbidden or nothing of it is wished
 */
export function choose<T>(
  offered: readonly T[],
  wishes: readonly Wish[],
  specificity: (wish: Wish, offer: T) => number,
): T | undefined {
  let best: { offer: T | undefined; quality: number; closest: number } = { offer: undefined, quality: 0, closest: 0 };
  for (const offer of offered) {
    const { quality, closest } = qualityOf(offer, wishes, specificity);
    const isBetter = quality > best.quality || (quality === best.quality && closest > best.closest);
    if (quality > 0 && isBetter) best = { offer, quality, closest };
  }
  return best.offer;
}

function qualityOf<T>(offer: T, wishes: readonly Wish[], specificity: (wish: Wish, offer: T) => number) {
  let closest = 0;
  let quality = 0;
  for (const wish of wishes) {
    const how = specificity(wish, offer);
    if (how > closest || (how === closest && how > 0 && wish.quality > quality)) quality = wish.quality;
    closest = Math.max(closest, how);
  }
  return { quality, closest };
}
