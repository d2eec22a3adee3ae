/** What the slots of a reading share is kept once, and each keeps its own. */
import { expect, test } from 'vitest';
import { createSlotReader } from '../../src/connectors/read-slot.ts';

const mapped = (id: string, schedule: string, text?: string) => ({
  key: id,
  resource: {
    ...{ resourceType: 'Slot', id, status: 'free', schedule: { reference: `Schedule/${schedule}` } },
    ...{ start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:15:00Z' },
    ...(text && { specialty: [{ text }] }),
  },
});

test('slots of several schedules, in whatever order, have each what is shared within its own', () => {
  const read = createSlotReader();
  const order = ['one', 'two', 'one', 'one', 'two', 'three', 'one'];
  const slots = order.map((schedule, i) => read(mapped(`s${i}`, schedule, 'Терапия')));
  for (const [i, { id, schedule, shared }] of slots.entries()) {
    expect([id, schedule]).toEqual([`s${i}`, order[i]]);
    expect(JSON.parse(`{${shared}}`)).toEqual({
      schedule: { reference: `Schedule/${order[i]}` },
      specialty: [{ text: 'Терапия' }],
    });
  }
  expect(read(mapped('s7', 'one')).shared).not.toContain('specialty');
  expect(read(mapped('s8', 'one', 'Терапия')).shared).toBe(slots[0]!.shared);
});
