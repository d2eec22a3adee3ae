import { expect, test } from 'vitest';
import { idOf } from '../src/id.ts';

test('an id is a version 5 UUID that follows from clinic, type and MIS id alone', () => {
  const id = idOf('demo', 'Slot', 'врач 1;2026-12-01T06:00:00Z');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(idOf('demo', 'Slot', 'врач 1;2026-12-01T06:00:00Z')).toBe(id);
});

test('ids are those that were served before: changing how they are made would change them all', () => {
  expect(idOf('demo', 'Practitioner', 'ac30e13a-3087-11dc-8594-005056c00008')).toBe(
    'b8ab460c-7b6a-559b-9285-3a256f568504',
  );
});

test('a part cannot run over into the next one', () => {
  expect(idOf('a', 'Slot', 'x')).not.toBe(idOf('a\nSlot', 'x', ''));
  expect(idOf('a', 'Slot', '1')).not.toBe(idOf('b', 'Slot', '1'));
});
