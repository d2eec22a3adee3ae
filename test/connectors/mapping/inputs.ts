/** Random records for comparing the compiler with jsonata: missing, null, empty, nested and mixed values, Cyrillic. */

export type Random = () => number;

/** A seeded source of numbers in [0, 1): the same seed gives the same test. Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

const names = ['a', 'b', 'c', 'Имя', 'e f'];
const scalars = [
  ...[
    '',
    'x',
    'y',
    '1',
    '-2.50',
    '0x1F',
    'Иванова Ёлка',
    ' a  b ',
    'a,b;c',
    'Терапия',
    'терапия',
    '2026-12-01T09:00:00',
  ],
  ...[0, 1, 2, -1, 0.1, 1.5, 1e21, 1 / 3, true, false, null],
];

export function randomValue(random: Random, depth: number): unknown {
  const kind = random();
  if (depth === 0 || kind < 0.45) return pick(random, scalars);
  if (kind < 0.7) return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth - 1));
  return randomRecord(random, depth - 1);
}

export function randomRecord(random: Random, depth: number): Record<string, unknown> {
  const present = names.filter(() => random() < 0.7);
  return Object.fromEntries(present.map((name) => [name, randomValue(random, depth)]));
}
