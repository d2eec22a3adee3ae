/** Random records for comparing the compiler with jsonata: missing, null, empty, nested and mixed values, Cyrillic. */
import { pick, type Random } from '../../support/random.ts';

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
